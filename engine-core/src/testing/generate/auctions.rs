//! Auctions of a few orders each, on few prices or far apart: what they come to is decided by the
//! last rules, at an order's price or between two of them.

use alloc::boxed::Box;

use super::{Choice, Random};
use crate::command::{Command, NewOrder, OrderType, Phase, Stp};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::instrument::InstrumentSpec;
use crate::quantity::{Price, Qty};
use crate::side::Side;

/// An instrument that begins in an auction, up to a dozen orders, and the end of the auction.
#[must_use]
pub fn small_auction(seed: u64) -> alloc::vec::Vec<Command> {
    let random = &mut Random::new(seed);
    let plain = InstrumentSpec::new(InstrumentId(1), "CALL");
    let prices = random.pick(&PRICES);
    let from = price(random, Prices { count: prices.count.min(12), ..prices });
    let spec = InstrumentSpec {
        phase: Phase::Auction,
        reference: random.chance(75).then(|| price(random, prices)),
        tick: random.pick(&[1, 1, 1, 4]),
        ticks: if random.chance(40) {
            [(from, 2), (Price(from.0 + 5), 3)].into_iter().collect()
        } else {
            plain.ticks.clone()
        },
        ..plain
    };
    let mut commands = alloc::vec![Command::Instrument(Box::new(spec.clone()))];
    for id in 1..=1 + random.below(12) {
        commands.push(Command::New(order(random, OrderId(id), &spec, prices)));
    }
    let then = random.pick(&[Phase::Continuous, Phase::Auction]);
    commands.push(Command::Uncross { instrument: spec.instrument, then });
    commands
}

fn order(random: &mut Random, id: OrderId, spec: &InstrumentSpec, prices: Prices) -> NewOrder {
    let side = random.pick(&Side::BOTH);
    let qty = Qty(1 + random.below(6));
    let at = price(random, prices);
    let at = spec.on_tick(Side::Buy, at).unwrap_or(at);
    let mut order = NewOrder {
        instrument: spec.instrument,
        account: AccountId(1),
        ..NewOrder::limit(id, side, at, qty)
    };
    match random.below(10) {
        0..=1 => {
            order = NewOrder { order_type: OrderType::Market, price: None, ..order };
            if random.chance(30) {
                order.order_type = OrderType::MarketToLimit;
            }
            order.limit = random.chance(25).then_some(at);
        }
        2 => (order.order_type, order.display) = (OrderType::Iceberg, Qty(1)),
        3 => order.hidden = true,
        4 => order.group = 1 + random.below(2),
        5 => (order.stp_group, order.stp) = (1, random.pick(Stp::ALL)),
        _ => {}
    }
    order
}

fn price(random: &mut Random, prices: Prices) -> Price {
    Price(prices.from.saturating_add_unsigned(random.below(prices.count)))
}

/// So many prices from one on.
#[derive(Clone, Copy)]
struct Prices {
    from: i64,
    count: u64,
}

/// Few, so that many orders meet at each; enough for gaps between them; at both ends; all.
const PRICES: [Prices; 6] = [
    Prices { from: -6, count: 13 },
    Prices { from: -6, count: 13 },
    Prices { from: -30, count: 60 },
    Prices { from: i64::MIN, count: 20 },
    Prices { from: i64::MAX - 19, count: 20 },
    Prices { from: i64::MIN, count: u64::MAX },
];
