//! Records byte by byte, and that whatever travels comes back as it was sent.

mod random;

use proptest::prelude::*;

use super::*;
use crate::command::{Cancel, Command, NewOrder, PostOnly, Stp, TimeInForce};
use crate::event::{Event, Fee, Liquidity, Op, Total, What};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;
use crate::testing::generate::{Random, RandomCommands};
use crate::testing::wire_check::{
    check_command_bytes, check_command_round_trip, check_event_round_trip, check_wire_bytes,
};
use random::{commands, events, wild, wild32};

/// Written down from `docs/abi.md`, field by field, not by this crate.
#[rustfmt::skip]
const TRADE: [u8; EVENT_LEN] = [
    16, 1, 8, 0, 4, 3, 2, 1, // kind trade, side sell, flags has taker, instrument
    5, 0, 0, 0, 0, 0, 0, 0, // seq
    0xE8, 3, 0, 0, 0, 0, 0, 0, // at_ns 1000
    7, 0, 0, 0, 0, 0, 0, 0, // buyer
    0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, // price -2
    3, 0, 0, 0, 0, 0, 0, 0, // qty
    9, 0, 0, 0, 0, 0, 0, 0, // seller
    11, 0, 0, 0, 0, 0, 0, 0, // trade number
];

#[rustfmt::skip]
const FILLED: [u8; EVENT_LEN] = [
    3, 0, 0, 1, 2, 0, 0, 0, // kind filled, flags taker in the upper byte, instrument 2
    6, 0, 0, 0, 0, 0, 0, 0, // seq
    1, 0, 0, 0, 0, 0, 0, 0x80, // at_ns 2^63 + 1
    8, 0, 0, 0, 0, 0, 0, 0, // order
    100, 0, 0, 0, 0, 0, 0, 0, // price
    3, 0, 0, 0, 0, 0, 0, 0, // qty
    4, 0, 0, 0, 0, 0, 0, 0, // leaves
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, // fee -1
];

#[rustfmt::skip]
const BBO: [u8; EVENT_LEN] = [
    22, 0, 2, 0, 2, 0, 0, 0, // kind bbo, flags has ask and no bid, instrument 2
    6, 0, 0, 0, 0, 0, 0, 0, // seq
    0, 0, 0, 0, 0, 0, 0, 0, // at_ns
    0, 0, 0, 0, 0, 0, 0, 0, // no order
    0, 0, 0, 0, 0, 0, 0, 0, // no bid
    0, 0, 0, 0, 0, 0, 0, 0,
    0x9C, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, // ask -100
    50, 0, 0, 0, 0, 0, 0, 0, // ask quantity
];

#[rustfmt::skip]
const NEW: [u8; COMMAND_LEN] = [
    3, 1, 0, 2, 0x28, 0, 4, 0, // op new, side sell, limit, gtd, flags price and slide, stp, peg
    2, 0, 0, 0, 0x15, 0xCD, 0x5B, 7, // instrument 2, account 123456789
    77, 0, 0, 0, 0, 0, 0, 0, // stp_group 77, reserved
    1, 2, 3, 4, 5, 6, 7, 8, // id
    0, 0, 0, 0, 0, 0, 0, 0, // new_id
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, // price i64::MAX
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, // qty u64::MAX
    0, 0, 0, 0, 0, 0, 0, 0, // trigger
    0, 0, 0, 0, 0, 0, 0, 0, // limit
    0, 0, 0, 0, 0, 0, 0, 0, // display
    0, 0, 0, 0, 0, 0, 0, 0, // min_qty
    0, 0, 0, 0, 0, 0, 0, 0, // offset
    0, 1, 0, 0, 0, 0, 0, 0, // expire_at_ns 256
    0, 0, 0, 0, 0, 0, 0, 0, // group
    0, 0, 0, 0, 0, 0, 0, 0, // parent
    0, 0, 0, 0, 0, 0, 0, 0, // tag
];

fn new_order() -> NewOrder {
    NewOrder {
        instrument: InstrumentId(2),
        account: AccountId(123_456_789),
        tif: TimeInForce::Gtd,
        post_only: PostOnly::Slide,
        stp: Stp::Decrement,
        stp_group: 77,
        expire_at: Time(256),
        ..NewOrder::limit(OrderId(0x0807_0605_0403_0201), Side::Sell, Price::MAX, Qty::MAX)
    }
}

#[test]
fn golden_bytes_of_events() {
    let trade = What::Trade {
        trade_id: 11,
        price: Price(-2),
        qty: Qty(3),
        taker: Some(Side::Sell),
        buy_id: OrderId(7),
        sell_id: OrderId(9),
        maker_id: Some(OrderId(7)),
    };
    let filled = What::Filled {
        id: OrderId(8),
        account: AccountId(1),
        price: Price(100),
        qty: Qty(3),
        leaves: Qty(4),
        cumulative: Qty(5),
        liquidity: Liquidity::Taker,
        fee: Fee::new(-1),
    };
    let bbo = What::Bbo { bid: None, ask: Some((Price(-100), Total::new(50))) };
    for (bytes, seq, at, instrument, what) in [
        (TRADE, 5, 1_000, 0x0102_0304, trade),
        (FILLED, 6, (1 << 63) + 1, 2, filled),
        (BBO, 6, 0, 2, bbo),
    ] {
        let event = Event { seq, instrument: InstrumentId(instrument), what };
        assert_eq!(EventRecord::from_event(&event, Time(at)).to_bytes(), bytes, "{what:?}");
        check_event_round_trip(&event, Time(at));
    }
}

#[test]
fn golden_bytes_of_commands() {
    let bytes = NEW;
    let record = CommandRecord::from_command(&Command::New(new_order()));
    assert_eq!(record.map(|record| record.to_bytes()), Some(bytes));
    assert_eq!(CommandRecord::from_bytes(&bytes).to_command(), Ok(Command::New(new_order())));
}

#[test]
fn a_command_has_one_encoding_only() {
    let good = CommandRecord::from_command(&Command::New(new_order())).expect("it travels");
    let cancel = Cancel { instrument: InstrumentId(2), account: AccountId(3), id: OrderId(4) };
    let cancel = CommandRecord::from_command(&Command::Cancel(cancel)).expect("it travels");
    let tagged = CommandRecord { tag: 9, ..good };
    assert_eq!(tagged.to_command(), good.to_command(), "the tag is the sender's own");
    for bad in [
        CommandRecord { reserved: 1, ..good },
        CommandRecord { flags: good.flags | 1 << 14, ..good },
        CommandRecord { flags: good.flags | command_flag::POST_ONLY, ..good },
        CommandRecord { limit: 5, ..good },
        CommandRecord { trigger: 5, ..good },
        CommandRecord { new_id: 5, ..good },
        CommandRecord { flags: good.flags & !command_flag::HAS_PRICE, ..good },
        CommandRecord { qty: 1, ..cancel },
        CommandRecord { side: 1, ..cancel },
        CommandRecord { parent: 1, ..cancel },
    ] {
        assert_eq!(bad.to_command(), Err(WireError::NotZero), "{bad:?}");
    }
    for op in [0, Op::Instrument as u8, Op::Account as u8, 14, 255] {
        let bad = CommandRecord { op, ..good };
        assert_eq!(bad.to_command(), Err(WireError::UnknownOp(op)));
    }
    for (field, bad) in [
        ("side", CommandRecord { side: 2, ..good }),
        ("order_type", CommandRecord { order_type: 9, ..good }),
        ("tif", CommandRecord { tif: 8, ..good }),
        ("stp", CommandRecord { stp: 5, ..good }),
        ("peg", CommandRecord { peg: 3, ..good }),
    ] {
        let refused = bad.to_command();
        let named =
            matches!(refused, Err(WireError::BadField { field: name, .. }) if name == field);
        assert!(named, "{field}: {refused:?}");
    }
}

#[test]
fn sums_beyond_64_bits_are_held_at_the_end() {
    let large = Total::new(u128::from(u64::MAX) + 5);
    let level = What::Level { side: Side::Buy, price: Price(1), qty: large, orders: 2 };
    let event = Event { seq: 1, instrument: InstrumentId(1), what: level };
    assert_eq!(EventRecord::from_event(&event, Time(0)).qty, u64::MAX);
    check_event_round_trip(&event, Time(0));
}

#[test]
fn a_kind_of_the_future_is_no_event() {
    let record = EventRecord { kind: 200, ..EventRecord::default() };
    assert_eq!(record.to_event(AccountId(0)), None);
}

#[test]
fn random_commands_come_back_as_they_were_sent() {
    for (_, command) in RandomCommands::new(5).take(20_000) {
        if fits_a_record(&command) {
            check_command_round_trip(&command);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_command_comes_back_as_it_was_sent(seed: u64) {
        let mut random = Random::new(seed);
        for command in commands(&mut random) {
            check_command_round_trip(&command);
        }
    }

    #[test]
    fn any_event_comes_back_as_it_was_sent(seed: u64) {
        let mut random = Random::new(seed);
        for what in events(&mut random) {
            let (seq, instrument) = (wild(&mut random), InstrumentId(wild32(&mut random)));
            check_event_round_trip(&Event { seq, instrument, what }, Time(wild(&mut random)));
        }
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..160)) {
        check_wire_bytes(&bytes);
    }

    #[test]
    fn a_changed_byte_is_another_command_or_none(seed: u64, at in 0..COMMAND_LEN, by in 1_u8..) {
        for command in commands(&mut Random::new(seed)) {
            let record = CommandRecord::from_command(&command).expect("all of these travel");
            let mut bytes = record.to_bytes();
            bytes[at] ^= by;
            check_command_bytes(&bytes);
            let changed = CommandRecord::from_bytes(&bytes).to_command();
            let in_tag = at >= COMMAND_LEN - 8;
            prop_assert_eq!(changed.as_ref() == Ok(&command), in_tag);
        }
    }
}

/// Whether a record has room for all of a command: some that make no sense do not fit.
fn fits_a_record(command: &Command) -> bool {
    match command {
        Command::New(order) => {
            let trails = order.order_type.name().starts_with("trailing");
            order.trail == 0 && !trails && (order.notional == 0 || order.qty.is_zero())
        }
        Command::Replace(replace) => replace.new_id != Some(OrderId(0)),
        _ => true,
    }
}
