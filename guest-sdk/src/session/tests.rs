use ringfence_core::{Event, InstrumentId, What};

use super::*;
use crate::prelude::*;

/// Notes what it is called with.
#[derive(Debug)]
struct Notes(Vec<String>);

impl Strategy for Notes {
    const NAME: &'static str = "notes";
    const VERSION: &'static str = "0.0.0";
    const SUBSCRIPTIONS: Interest = Interest::ALL;

    fn new(_: &Params<'_>) -> Result<Self, ParamError> {
        Ok(Self(Vec::new()))
    }

    fn on_start(&mut self, context: &mut Context<'_>) {
        self.0.push(format!("start at {}", context.time()));
    }

    fn on_trade(&mut self, trade: &Trade, context: &mut Context<'_>) {
        self.0.push(format!("{} at {}", trade.price, context.time()));
        context.limit(trade.instrument, Side::Buy, trade.price, trade.qty).unwrap();
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>) {
        self.0.push(format!("end, {} left", context.commands_left()));
    }

    fn on_stop(&mut self, context: &mut Context<'_>) {
        self.0.push(format!("stop at {}", context.time()));
    }
}

fn trade(price: i64, at: u64) -> EventRecord {
    let what = What::Trade {
        trade_id: 1,
        price: Price(price),
        qty: Qty(1),
        taker: None,
        buy_id: OrderId(1),
        sell_id: OrderId(2),
        maker_id: None,
    };
    EventRecord::from_event(&Event { seq: 1, instrument: InstrumentId(0), what }, Time(at))
}

#[test]
fn a_batch_is_handled_in_order_and_ends_once() {
    let mut session = Session::<Notes>::open("").unwrap();
    let mut commands = [[0; COMMAND_LEN]; 4];
    let events = [trade(100, 7).to_bytes(), trade(101, 8).to_bytes()];
    assert_eq!(session.on_events(&events, &mut commands), 2);
    assert_eq!(session.on_events(&events[..1], &mut commands), 1);
    session.stop();
    let said = [
        "start at 7",
        "100 at 7",
        "101 at 8",
        "end, 2 left",
        "100 at 7",
        "end, 3 left",
        "stop at 7",
    ];
    assert_eq!(session.strategy().0, said);
}

#[test]
fn an_empty_batch_is_nothing() {
    let mut session = Session::<Notes>::open("").unwrap();
    assert_eq!(session.on_events(&[], &mut []), 0);
    assert!(session.strategy().0.is_empty());
}

#[test]
fn a_kind_of_a_later_version_is_passed_over() {
    let mut session = Session::<Notes>::open("").unwrap();
    let later = EventRecord { kind: 200, at_ns: 5, ..EventRecord::default() };
    assert_eq!(session.on_events(&[later.to_bytes()], &mut []), 0);
    assert_eq!(session.strategy().0, ["start at 5", "end, 0 left"]);
}
