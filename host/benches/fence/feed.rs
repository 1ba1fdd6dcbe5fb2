//! A made-up feed of one book's orders: what a strategy that keeps the book is told.

use ringfence_core::quantity::{Price, Qty, Time};
use ringfence_core::wire::EventRecord;
use ringfence_core::{Event, InstrumentId, OrderId, Side, What};

use super::Feed;

/// The first `count` events: orders join near the middle, trade in part, and leave.
pub(super) fn feed(count: usize) -> Feed {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut below = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % bound
    };
    let mut live: Vec<(OrderId, Side, Price, u64)> = Vec::new();
    let mut feed = Feed::new();
    for seq in 1..=count as u64 {
        let what = if live.len() < 200 || (live.len() < 400 && below(2) == 0) {
            let side = [Side::Buy, Side::Sell][below(2)];
            let away = 1 + i64::try_from(below(40)).unwrap();
            let price = Price(if side == Side::Buy { 10_000 - away } else { 10_000 + away });
            let (id, qty) = (OrderId(seq), 10 + below(90) as u64);
            live.push((id, side, price, qty));
            What::Add { id, side, price, qty: Qty(qty) }
        } else {
            let at = below(live.len());
            let (id, side, price, qty) = live[at];
            if qty > 5 && below(3) == 0 {
                live[at].3 -= 5;
                What::Reduce { id, side, price, qty: Qty(5) }
            } else {
                live.swap_remove(at);
                What::Delete { id, side, price, qty: Qty(qty) }
            }
        };
        let event = Event { seq, instrument: InstrumentId(0), what };
        feed.push(EventRecord::from_event(&event, Time(seq)));
    }
    feed
}
