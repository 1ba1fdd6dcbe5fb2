//! Commands and events of every kind, with anything in them.

use alloc::vec::Vec;

use crate::command::{
    Cancel, Command, NewOrder, NewQty, OrderType, Peg, Phase, PostOnly, Quote, Reduce, Replace,
    Scope, Stp, TimeInForce,
};
use crate::event::{CancelReason, Fee, Liquidity, Op, Reject, Surplus, Total, What};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;
use crate::testing::generate::{Choice, Random};

/// A number that is small, at an end, or anything.
pub(super) fn wild(choice: &mut impl Choice) -> u64 {
    match choice.below(6) {
        0 => 0,
        1 => u64::MAX,
        2 => 1 << 63,
        3 => choice.below(100),
        _ => choice.below(u64::MAX),
    }
}

pub(super) fn wild32(choice: &mut impl Choice) -> u32 {
    u32::try_from(wild(choice) >> 32).expect("the upper half")
}

fn price(choice: &mut impl Choice) -> Price {
    Price(wild(choice).cast_signed())
}

fn maybe<T>(choice: &mut Random, value: impl FnOnce(&mut Random) -> T) -> Option<T> {
    choice.chance(50).then(|| value(choice))
}

/// One command of every kind that travels, with anything in it.
pub(super) fn commands(random: &mut Random) -> Vec<Command> {
    let instrument = InstrumentId(wild32(random));
    let account = AccountId(wild32(random));
    let id = OrderId(wild(random));
    let side = random.pick(&Side::BOTH);
    let qty = Qty(wild(random));
    let pair = |random: &mut Random| (price(random), Qty(wild(random)));
    let scope = Scope {
        account: maybe(random, |_| account),
        instrument: maybe(random, |_| instrument),
        side: maybe(random, |_| side),
    };
    let new_qty = random.pick(&[NewQty::Keep, NewQty::Total(qty), NewQty::Open(qty)]);
    let new_id = maybe(random, |random| OrderId(wild(random).max(1)));
    let new_price = maybe(random, price);
    let phase = random.pick(Phase::ALL);
    Vec::from([
        Command::New(order(random, instrument, account, id, side)),
        Command::Cancel(Cancel { instrument, account, id }),
        Command::Reduce(Reduce { instrument, account, id, by: qty }),
        Command::Replace(Replace {
            instrument,
            account,
            id,
            new_id,
            price: new_price,
            qty: new_qty,
        }),
        Command::Quote(Quote {
            instrument,
            account,
            id,
            bid: maybe(random, pair),
            ask: maybe(random, pair),
        }),
        Command::MassCancel(scope),
        Command::Kill(scope),
        Command::Unblock(scope),
        Command::Phase { instrument, phase },
        Command::Uncross { instrument, then: phase },
        Command::Time,
    ])
}

fn order(
    random: &mut Random,
    instrument: InstrumentId,
    account: AccountId,
    id: OrderId,
    side: Side,
) -> NewOrder {
    let order_type = random.pick(OrderType::ALL);
    let trailing = matches!(order_type, OrderType::TrailingStop | OrderType::TrailingStopLimit);
    let by_worth = random.chance(20);
    NewOrder {
        id,
        instrument,
        account,
        side,
        order_type,
        tif: random.pick(TimeInForce::ALL),
        post_only: random.pick(PostOnly::ALL),
        stp: random.pick(Stp::ALL),
        peg: random.pick(Peg::ALL),
        hidden: random.chance(50),
        all_or_none: random.chance(50),
        reduce_only: random.chance(50),
        stp_group: wild32(random),
        price: maybe(random, price),
        qty: Qty(if by_worth { 0 } else { wild(random) }),
        notional: if by_worth { wild(random).max(1) } else { 0 },
        limit: maybe(random, price),
        stop: if trailing { None } else { maybe(random, price) },
        trail: if trailing { wild(random) } else { 0 },
        offset: wild(random).cast_signed(),
        display: Qty(wild(random)),
        min_qty: Qty(wild(random)),
        expire_at: Time(wild(random)),
        group: wild(random),
        parent: wild(random),
    }
}

/// One event of every kind, with anything in it.
pub(super) fn events(random: &mut Random) -> Vec<What> {
    let (id, new_id) = (OrderId(wild(random)), OrderId(wild(random)));
    let account = AccountId(wild32(random));
    let side = random.pick(&Side::BOTH);
    let (price_, qty, leaves) = (price(random), Qty(wild(random)), Qty(wild(random)));
    let optional = maybe(random, price);
    let total = Total::new(u128::from(wild(random)) << random.below(3));
    let surplus = i128::from(wild(random)) << random.below(60);
    let taker = maybe(random, |_| side);
    let maker_id = taker.map(|side| if side == Side::Buy { new_id } else { id });
    let level = |random: &mut Random| (price(random), Total::new(u128::from(wild(random))));
    Vec::from([
        What::Accepted { id, account, side, qty, price: optional },
        What::Rejected { op: random.pick(Op::ALL), id, account, reason: random.pick(Reject::ALL) },
        What::Trade {
            trade_id: wild(random),
            price: price_,
            qty,
            taker,
            buy_id: id,
            sell_id: new_id,
            maker_id,
        },
        What::Filled {
            id,
            account,
            price: price_,
            qty,
            leaves,
            cumulative: Qty(wild(random)),
            liquidity: random.pick(Liquidity::ALL),
            fee: Fee::new(i128::from(wild(random).cast_signed()) << random.below(3)),
        },
        What::Canceled { id, account, qty, reason: random.pick(CancelReason::ALL) },
        What::Replaced {
            id,
            new_id,
            account,
            price: optional,
            qty,
            leaves,
            kept_priority: random.chance(50),
        },
        What::Triggered { id, account, stop: price_ },
        What::Add { id, side, price: price_, qty },
        What::Execute { id, side, price: price_, qty },
        What::Reduce { id, side, price: price_, qty },
        What::Delete { id, side, price: price_, qty },
        What::Rename { id, new_id, side, price: price_, qty },
        What::Level { side, price: price_, qty: total, orders: wild32(random) },
        What::Bbo { bid: maybe(random, level), ask: maybe(random, level) },
        What::Phase { phase: random.pick(Phase::ALL) },
        What::Indicative { price: optional, qty: total, surplus: Surplus::new(surplus) },
        What::Uncrossed { price: optional, qty: total },
    ])
}
