//! The same name in two instruments is two orders, also where the index tells them apart by nothing.

use ringfence_core::{
    AccountId, Cancel, Capacity, Command, Discard, Engine, Event, InstrumentId, InstrumentSpec,
    NewOrder, NewQty, OrderId, Price, Qty, Reduce, Replace, Side, Time, What,
};

/// With so large a capacity an entry of the index has one bit of a name's mix, and the names in
/// these two instruments have the same one and the same first position.
const ORDERS: u32 = 1 << 26;
const HERE: InstrumentId = InstrumentId(0);
const THERE: InstrumentId = InstrumentId(7_582);

fn is_refused(engine: &mut Engine, command: &Command) -> bool {
    let mut events: Vec<Event> = Vec::new();
    engine.apply(Time(0), command, &mut events);
    matches!(events[..], [Event { what: What::Rejected { .. }, .. }])
}

fn new(instrument: InstrumentId, id: OrderId) -> Command {
    let limit = NewOrder::limit(id, Side::Buy, Price(5), Qty(5));
    Command::New(NewOrder { instrument, ..limit })
}

#[test]
fn a_name_elsewhere_is_not_found() {
    let capacity = Capacity { orders: ORDERS, instruments: THERE.0 + 1, ..Capacity::SMALL };
    let mut engine = Engine::new(capacity);
    for instrument in 0..=THERE.0 {
        let spec = InstrumentSpec::new(InstrumentId(instrument), "");
        engine.apply(Time(0), &Command::Instrument(spec.into()), &mut Discard);
    }
    let account = AccountId(0);
    let names = [1, 7, 1 << 40, u64::MAX].map(OrderId);
    for id in names {
        // One more at the price, so that the short way is gone.
        assert!(!is_refused(&mut engine, &new(HERE, OrderId(id.0 / 3 + 100))));
        assert!(!is_refused(&mut engine, &new(HERE, id)));
        let (instrument, price, qty) = (THERE, Some(Price(1)), NewQty::Keep);
        let cancel = Command::Cancel(Cancel { instrument, account, id });
        assert!(is_refused(&mut engine, &cancel), "{id:?}");
        let reduce = Command::Reduce(Reduce { instrument, account, id, by: Qty(1) });
        assert!(is_refused(&mut engine, &reduce), "{id:?}");
        let replace = Replace { instrument, account, id, new_id: None, price, qty };
        assert!(is_refused(&mut engine, &Command::Replace(replace)), "{id:?}");
        assert!(!is_refused(&mut engine, &new(THERE, id)), "the name is free there");
        assert!(is_refused(&mut engine, &new(THERE, id)), "and taken now");
        assert!(!is_refused(&mut engine, &reduce), "its own order is found behind the other");
    }
    for id in names {
        for instrument in [THERE, HERE] {
            let cancel = Command::Cancel(Cancel { instrument, account, id });
            assert!(!is_refused(&mut engine, &cancel), "{id:?}");
            assert!(is_refused(&mut engine, &cancel), "{id:?} is gone, and only once");
        }
    }
    engine.check_invariants();
}

/// Orders whose names were chosen to meet in the index: whatever it does about that, the events are
/// those of names that do not.
#[test]
fn names_that_meet_change_nothing() {
    let capacity = Capacity { orders: 4_096, ..Capacity::SMALL };
    let engines = [Engine::new(capacity), Engine::keyed(capacity, 1), Engine::keyed(capacity, 2)];
    let mut engines = engines.map(|mut engine| {
        let spec = InstrumentSpec::new(HERE, "");
        engine.apply(Time(0), &Command::Instrument(spec.into()), &mut Discard);
        engine
    });
    let account = AccountId(0);
    for at in 0..3_000u64 {
        let id = OrderId(meeting(at));
        let mut commands = vec![new(HERE, id)];
        if at % 3 == 2 {
            let id = OrderId(meeting(at / 2));
            commands.push(Command::Cancel(Cancel { instrument: HERE, account, id }));
        }
        for command in &commands {
            let told = engines.each_mut().map(|engine| {
                let mut events: Vec<Event> = Vec::new();
                engine.apply(Time(at), command, &mut events);
                events
            });
            assert!(told[0] == told[1] && told[0] == told[2], "{command:?}: {told:?}");
        }
    }
    assert_eq!(engines[0].state_hash(), engines[1].state_hash());
    assert_eq!(engines[0].state_hash(), engines[2].state_hash());
    let snapshot = engines[1].snapshot();
    let mut again = Engine::restore_keyed(&snapshot, None, 3).expect("it was written just now");
    assert!(is_refused(&mut again, &new(HERE, OrderId(meeting(2_999)))), "it is there");
    engines.iter().for_each(Engine::check_invariants);
}

/// One of the names that a multiplication with the golden ratio takes to the same upper half.
fn meeting(at: u64) -> u64 {
    let inverse = (0..6).fold(1u64, |x, _| {
        x.wrapping_mul(2u64.wrapping_sub(x.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    });
    let folded = (5 << 32 | at).wrapping_mul(inverse);
    folded ^ folded >> 32
}
