//! A quote has the room that the old one leaves, and no more.

use ringfence_core::testing::Reference;
use ringfence_core::{
    AccountId, Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, NewOrder, OrderId,
    Price, Qty, Quote, Reject, Side, Time, What,
};

const INSTRUMENT: InstrumentId = InstrumentId(0);

/// Engine and reference, with room for three levels.
struct Both {
    engine: Engine,
    reference: Reference,
}

impl Both {
    fn new() -> Self {
        let capacity = Capacity { orders: 9, levels: 3, instruments: 1, accounts: 2, positions: 2 };
        let mut both = Self { engine: Engine::new(capacity), reference: Reference::new(capacity) };
        both.is_refused(&Command::Instrument(InstrumentSpec::new(INSTRUMENT, "ROOM").into()));
        both
    }

    fn is_refused(&mut self, command: &Command) -> bool {
        let (mut told, mut expected): (Vec<Event>, Vec<Event>) = (Vec::new(), Vec::new());
        self.engine.apply(Time(0), command, &mut told);
        self.reference.apply(Time(0), command, &mut expected);
        assert_eq!(told, expected, "{command:?}");
        self.engine.check_invariants();
        let full = Reject::Capacity;
        told.iter().any(|e| matches!(e.what, What::Rejected { reason, .. } if reason == full))
    }

    fn quote(&mut self, bid: i64, ask: i64) -> bool {
        let (instrument, account, id) = (INSTRUMENT, AccountId(1), OrderId(10));
        let side = |price| Some((Price(price), Qty(1)));
        let quote = Quote { instrument, account, id, bid: side(bid), ask: side(ask) };
        self.is_refused(&Command::Quote(quote))
    }

    fn buy(&mut self, id: u64, price: i64) -> bool {
        self.is_refused(&Command::New(NewOrder::limit(
            OrderId(id),
            Side::Buy,
            Price(price),
            Qty(1),
        )))
    }
}

#[test]
fn a_level_that_the_old_quote_had_alone_is_free() {
    let mut both = Both::new();
    assert!(!both.quote(90, 110));
    assert!(!both.buy(1, 80));
    assert!(both.buy(2, 81), "three levels are all");
    assert!(!both.quote(91, 111), "its own two are free");
}

#[test]
fn a_level_that_others_stand_on_is_not() {
    // The old bid is the first of two at its price, then the last of two.
    for others in [[None, Some(90)], [Some(90), None]] {
        let mut both = Both::new();
        let [before, after] = others;
        assert!(before.is_none_or(|price| !both.buy(1, price)));
        assert!(!both.quote(90, 110));
        assert!(after.is_none_or(|price| !both.buy(1, price)));
        assert!(!both.buy(2, 80));
        assert!(both.quote(91, 110), "the level at 90 stays");
        assert!(!both.quote(90, 111), "the one at 110 does not");
        assert!(!both.quote(80, 111), "80 is there already");
    }
}
