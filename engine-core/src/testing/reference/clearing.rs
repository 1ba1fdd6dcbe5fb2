//! The one price of an auction, by the letter of the rules.

use alloc::vec::Vec;
use core::cmp::Reverse;

use super::Listing;
use super::auction::{price_of, takes};
use super::book::Order;
use super::pegs::on_tick;
use crate::command::NewOrder;
use crate::instrument::InstrumentSpec;
use crate::quantity::Price;
use crate::side::Side;

/// What an auction would come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) price: Option<Price>,
    pub(super) qty: u128,
    pub(super) surplus: i128,
}

/// What an auction would come to if it ended now.
pub(super) fn outcome(listing: &Listing) -> Outcome {
    let [buyers, sellers] = Side::BOTH.map(|side| partners(listing, side));
    let sum = |orders: &[&Order], price: Option<Price>| -> u128 {
        let taking = orders.iter().filter(|order| match price {
            Some(price) => takes(order, price),
            None => order.gathered,
        });
        taking.map(|order| u128::from(order.open.0)).sum()
    };
    let volume = |price| sum(&buyers, price).min(sum(&sellers, price));
    let surplus = |price| {
        let (buying, selling) = (sum(&buyers, Some(price)), sum(&sellers, Some(price)));
        i128::try_from(buying).expect("2^32 orders at most")
            - i128::try_from(selling).expect("2^32 orders at most")
    };
    let greatest = |prices: &[Price]| prices.iter().map(|&price| volume(Some(price))).max();
    let reference = listing.spec.reference.or(listing.last_trade);
    let reference = reference.and_then(|price| nearest_on_tick(&listing.spec, price));
    let limits = buyers.iter().chain(&sellers).filter_map(|order| order.terms.price);
    let mut prices = candidates(&listing.spec, &limits.collect::<Vec<_>>(), reference);
    // Where limits add nothing to what market orders trade with each other.
    if greatest(&prices).unwrap_or(0) <= volume(None) {
        prices.extend(reference);
    }
    let most = greatest(&prices).unwrap_or(0);
    prices.retain(|&price| volume(Some(price)) == most);
    let least = prices.iter().map(|&price| surplus(price).unsigned_abs()).min();
    prices.retain(|&price| Some(surplus(price).unsigned_abs()) == least);
    // Pressure: with buyers left the highest, with sellers left the lowest.
    let highest = prices.iter().copied().filter(|&price| surplus(price) > 0).max();
    let lowest = prices.iter().copied().filter(|&price| surplus(price) < 0).min();
    prices.retain(|&price| match surplus(price).signum() {
        1 => Some(price) == highest,
        -1 => Some(price) == lowest,
        _ => true,
    });
    let far = |price: Price| reference.map_or(0, |reference| reference.distance(price));
    let price = prices.into_iter().min_by_key(|&price| (far(price), Reverse(price)));
    match price {
        Some(price) if most > 0 => {
            Outcome { price: Some(price), qty: most, surplus: surplus(price) }
        }
        _ => Outcome::default(),
    }
}

/// The prices that may decide, of all those on ticks from the lowest limit to the highest: between
/// two neighbouring limits all are alike, but for the outermost and the one at the reference price.
fn candidates(spec: &InstrumentSpec, limits: &[Price], reference: Option<Price>) -> Vec<Price> {
    let mut prices = limits.to_vec();
    for limit in limits {
        prices.extend(on_tick(spec, Side::Buy, i128::from(limit.0) - 1));
        prices.extend(on_tick(spec, Side::Sell, i128::from(limit.0) + 1));
    }
    prices.extend(reference);
    let (low, high) = (limits.iter().min(), limits.iter().max());
    prices.retain(|price| low.is_some_and(|low| price >= low));
    prices.retain(|price| high.is_some_and(|high| price <= high));
    prices
}

/// The orders of a side that take part in an auction, in the order of service: of several of one
/// OCO group the one with the best price, of equals the oldest.
pub(super) fn partners(listing: &Listing, side: Side) -> Vec<&Order> {
    let mut gathered = listing.book.gathered(side);
    gathered.retain(|order| !order.terms.all_or_none);
    let is_before = |a: &Order, b: &Order| {
        let (first, second) = (price_of(a), price_of(b));
        side.is_better(first, second) || (first == second && a.entry < b.entry)
    };
    let takes_part = |order: &&&Order| {
        let NewOrder { account, group, .. } = order.terms;
        let mut others = gathered.iter().filter(|other| other.is_of(account, group));
        !others.any(|other| match (other.gathered, order.gathered) {
            (true, false) => true,
            (false, true) => false,
            _ => is_before(other, order),
        })
    };
    gathered.iter().filter(takes_part).copied().collect()
}

/// The price nearest to this one that is on a tick; of two the higher.
fn nearest_on_tick(spec: &InstrumentSpec, price: Price) -> Option<Price> {
    let around = Side::BOTH.map(|side| on_tick(spec, side, price.0.into()));
    around.into_iter().flatten().min_by_key(|found| (found.distance(price), Reverse(*found)))
}
