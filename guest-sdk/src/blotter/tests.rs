use ringfence_core::{AccountId, CancelReason, Liquidity, Reject, Time};

use super::*;
use crate::state::{StateError, StateReader, StateWriter};

const AT: InstrumentId = InstrumentId(2);
const ME: AccountId = AccountId(0);

/// A blotter with one order of 10 lots on its way.
fn one_sent() -> Blotter {
    let mut blotter = Blotter::new();
    assert!(blotter.has_room(AT, 1));
    let (id, side, price) = (OrderId(1), Side::Sell, Some(Price(50)));
    let (open, filled) = (Qty(10), Qty(0));
    let order =
        OwnOrder { id, instrument: AT, side, price, open, filled, live: false, waiting: true };
    blotter.sent(order);
    blotter
}

fn tell(blotter: &mut Blotter, what: What) {
    // Through the record, as it comes in a guest.
    let event = Event { seq: 1, instrument: AT, what };
    let record = ringfence_core::wire::EventRecord::from_event(&event, Time(0));
    blotter.settle(&record.to_event(ME).expect("a known kind"));
}

fn accepted(id: u64) -> What {
    let (side, qty, price) = (Side::Sell, Qty(10), Some(Price(50)));
    What::Accepted { id: OrderId(id), account: ME, side, qty, price }
}

fn filled(id: u64, qty: u64, leaves: u64) -> What {
    What::Filled {
        id: OrderId(id),
        account: ME,
        price: Price(50),
        qty: Qty(qty),
        leaves: Qty(leaves),
        cumulative: Qty(0),
        liquidity: Liquidity::Maker,
        fee: ringfence_core::event::Fee::new(-3),
    }
}

fn rejected(op: Op, id: u64) -> What {
    What::Rejected { op, id: OrderId(id), account: ME, reason: Reject::Collar }
}

fn canceled(id: u64, qty: u64) -> What {
    let reason = CancelReason::Quote;
    What::Canceled { id: OrderId(id), account: ME, qty: Qty(qty), reason }
}

/// What is followed: name, open, filled, live, waiting.
fn orders(blotter: &Blotter) -> Vec<(u64, u64, u64, bool, bool)> {
    let orders = blotter.orders().iter();
    orders.map(|o| (o.id.0, o.open.0, o.filled.0, o.live, o.waiting)).collect()
}

#[test]
fn an_order_lives_from_sent_to_filled() {
    let mut blotter = one_sent();
    assert_eq!(orders(&blotter), [(1, 10, 0, false, true)]);
    tell(&mut blotter, accepted(1));
    assert_eq!(orders(&blotter), [(1, 10, 0, true, false)]);
    tell(&mut blotter, filled(1, 4, 6));
    assert_eq!(orders(&blotter), [(1, 6, 4, true, false)]);
    let fill = blotter.latest_fill().unwrap();
    assert_eq!((fill.side, fill.qty, fill.leaves, fill.fee), (Side::Sell, Qty(4), Qty(6), -3));
    tell(&mut blotter, filled(1, 6, 0));
    assert_eq!(orders(&blotter), []);
    assert_eq!((blotter.position(AT).lots, blotter.position(AT).cash), (-10, 506));
    assert_eq!(blotter.position(InstrumentId(0)), Position::FLAT);
}

#[test]
fn an_order_that_is_turned_away_is_gone() {
    let mut blotter = one_sent();
    tell(&mut blotter, rejected(Op::New, 1));
    assert_eq!(orders(&blotter), []);
}

#[test]
fn a_live_order_survives_a_second_of_its_name() {
    let mut blotter = one_sent();
    tell(&mut blotter, accepted(1));
    tell(&mut blotter, rejected(Op::New, 1));
    assert_eq!(orders(&blotter), [(1, 10, 0, true, false)]);
}

#[test]
fn a_request_is_waited_for_until_it_is_answered() {
    let mut blotter = one_sent();
    tell(&mut blotter, accepted(1));
    for answer in [rejected(Op::Cancel, 1), canceled(1, 4)] {
        blotter.asked(OrderId(1));
        assert!(blotter.orders()[0].waiting);
        tell(&mut blotter, answer);
        assert!(!blotter.orders()[0].waiting);
    }
    assert_eq!(orders(&blotter), [(1, 6, 0, true, false)]);
    tell(&mut blotter, canceled(1, 6));
    assert_eq!(orders(&blotter), []);
}

#[test]
fn a_replaced_order_has_its_new_name_and_quantities() {
    let mut blotter = one_sent();
    tell(&mut blotter, accepted(1));
    let (price, qty, leaves) = (Some(Price(51)), Qty(12), Qty(9));
    let (id, new_id) = (OrderId(1), OrderId(5));
    let kept_priority = false;
    tell(
        &mut blotter,
        What::Replaced { id, new_id, account: ME, price, qty, leaves, kept_priority },
    );
    assert_eq!(orders(&blotter), [(5, 9, 3, true, false)]);
    assert_eq!(blotter.orders()[0].price, price);
}

#[test]
fn a_quote_sent_again_is_followed_through_both_its_lives() {
    let mut blotter = one_sent();
    tell(&mut blotter, accepted(1));
    blotter.asked(OrderId(1));
    tell(&mut blotter, canceled(1, 10));
    tell(&mut blotter, accepted(1));
    tell(&mut blotter, accepted(2));
    assert_eq!(orders(&blotter), [(1, 10, 0, true, false), (2, 10, 0, true, false)]);
    blotter.asked(OrderId(1));
    blotter.asked(OrderId(2));
    tell(&mut blotter, rejected(Op::Quote, 1));
    assert_eq!(orders(&blotter), [(1, 10, 0, true, false), (2, 10, 0, true, false)]);
}

#[test]
fn a_quote_that_is_turned_away_leaves_nothing() {
    let mut blotter = one_sent();
    let second = OwnOrder { id: OrderId(2), ..blotter.orders()[0] };
    blotter.sent(second);
    tell(&mut blotter, rejected(Op::Quote, 1));
    assert_eq!(orders(&blotter), []);
}

#[test]
fn a_fill_of_an_unknown_order_is_not_taken_for_the_one_before() {
    let mut blotter = one_sent();
    tell(&mut blotter, accepted(1));
    tell(&mut blotter, filled(1, 4, 6));
    tell(&mut blotter, filled(9, 4, 6));
    assert_eq!(blotter.latest_fill(), None);
    assert_eq!(blotter.position(AT).lots, -4);
}

#[test]
fn full_books_are_handed_over_in_half_of_the_room() {
    let mut blotter = Blotter::new();
    for number in 0..ORDERS_MAX as u64 {
        let order = OwnOrder {
            id: OrderId(u64::MAX - number),
            instrument: InstrumentId(u32::MAX),
            side: if number % 2 == 0 { Side::Buy } else { Side::Sell },
            price: (number % 3 > 0).then_some(Price(-7)),
            open: Qty(number),
            filled: Qty(u64::MAX),
            live: number % 5 == 0,
            waiting: number % 7 == 0,
        };
        blotter.orders.push(order);
    }
    for number in 0..INSTRUMENTS_MAX as i64 {
        let (cash, fees) = (i128::MIN + i128::from(number), i128::from(number) << 64);
        let cost = -i128::from(number);
        let position = Position { lots: -number, cash, fees, cost, bought: 3, sold: u64::MAX };
        blotter.positions.push((InstrumentId(number as u32), position));
    }
    blotter.next_id = 99;
    let mut bytes = [0; 4096];
    let mut out = StateWriter::new(&mut bytes);
    blotter.export(&mut out);
    let len = out.finish().unwrap();
    let mut next = one_sent();
    next.import(&mut StateReader::new(&bytes[..len])).unwrap();
    assert_eq!(format!("{next:?}"), format!("{blotter:?}"));

    let mut read = |bytes: &[u8]| next.import(&mut StateReader::new(bytes));
    assert_eq!(read(&bytes[..len - 1]), Err(StateError::CutShort));
    bytes[16] += 1;
    assert!(matches!(read(&bytes), Err(StateError::Unfit(_))), "one order too many");
    bytes[0] += 1;
    assert!(matches!(read(&bytes), Err(StateError::Unfit(_))), "of another layout");
}
