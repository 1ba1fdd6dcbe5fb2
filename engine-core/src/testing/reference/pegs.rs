//! Pegged orders: where they stand, looked up anew after every command.

use alloc::vec::Vec;

use super::book::Order;
use super::{Listing, Reference};
use crate::command::{NewOrder, OrderType, Peg, Phase};
use crate::id::OrderId;
use crate::instrument::InstrumentSpec;
use crate::quantity::{Price, Qty};
use crate::side::Side;

impl Reference {
    /// Takes in a pegged order: it stands at its price, or waits where it has none.
    pub(super) fn admit_pegged(&mut self, at: usize, mut order: Order) {
        self.entries += 1;
        order.entry = self.entries;
        self.set_down(at, order);
    }

    fn set_down(&mut self, at: usize, mut order: Order) {
        if order.terms.price.is_none() {
            order.top = false;
            return self.listings[at].book.wait(order);
        }
        (order.shown, order.top) = (order.tip(), false);
        self.crown(at, &mut order);
        self.listings[at].book.rest(order.clone());
        self.tell_added(at, &order);
    }

    /// Every command is finished with this: pegged orders that stand too near to the other side
    /// step back, the oldest first; then those that can stand nearer step forward.
    pub(super) fn follow(&mut self) {
        for at in 0..self.listings.len() {
            for id in self.pegged(at) {
                let listing = &self.listings[at];
                let order = listing.book.get(id).expect("it lives");
                let (side, aim) = (order.terms.side, aim(listing, &order.terms));
                let too_near = |price| aim.is_none_or(|aim| side.is_better(price, aim));
                if order.terms.price.is_some_and(too_near) {
                    self.move_to(at, id, aim);
                }
            }
            for id in self.pegged(at) {
                let listing = &self.listings[at];
                let order = listing.book.get(id).expect("it lives");
                let place = place(listing, &order.terms);
                if order.terms.price != place {
                    self.move_to(at, id, place);
                }
            }
        }
    }

    /// The pegged orders that have entered, oldest first.
    fn pegged(&self, at: usize) -> Vec<OrderId> {
        let all = self.listings[at].book.all();
        let mut pegged: Vec<&Order> =
            all.filter(|order| order.is_pegged() && order.terms.parent == 0).collect();
        pegged.sort_by_key(|order| order.entry);
        pegged.into_iter().map(|order| order.terms.id).collect()
    }

    fn move_to(&mut self, at: usize, id: OrderId, price: Option<Price>) {
        let old = self.listings[at].book.take(id);
        let mut new = old.clone();
        new.terms.price = price;
        self.tell_replaced(id, &new, false);
        self.tell_left(at, &old);
        self.set_down(at, new);
    }

    /// Asserts that no pegged order could stand elsewhere.
    pub(super) fn check_pegged(&self) {
        for (at, listing) in self.listings.iter().enumerate() {
            for id in self.pegged(at) {
                let terms = &listing.book.get(id).expect("it lives").terms;
                assert_eq!(terms.price, place(listing, terms), "it missed its price: {terms:?}");
            }
        }
    }
}

impl Order {
    /// Whether it follows a price.
    pub(super) fn is_pegged(&self) -> bool {
        self.terms.order_type == OrderType::Pegged
    }
}

/// Where a pegged order stands: at its aim, or behind the best of the other side if it would trade.
pub(super) fn place(listing: &Listing, terms: &NewOrder) -> Option<Price> {
    let aim = aim(listing, terms)?;
    match listing.book.best_price_for(terms.side.opposite(), Qty::ZERO) {
        Some(best) if terms.side.crosses(aim, best) => {
            let step = if terms.side == Side::Buy { -1 } else { 1 };
            on_tick(&listing.spec, terms.side, i128::from(best.0) + step)
        }
        _ => Some(aim),
    }
}

/// Where a pegged order would stand if it had no other side.
fn aim(listing: &Listing, terms: &NewOrder) -> Option<Price> {
    if listing.phase != Phase::Continuous {
        return None;
    }
    let best = |side| followed(listing, side);
    let buys = terms.side == Side::Buy;
    let price = match terms.peg {
        Peg::Primary => best(terms.side)?,
        Peg::Market => best(terms.side.opposite())?,
        Peg::Midpoint => {
            let sum = best(Side::Buy)? + best(Side::Sell)?;
            let half = i128::from(sum.rem_euclid(2) == 1 && !buys);
            sum.div_euclid(2) + half
        }
    };
    let price = price + i128::from(terms.offset);
    let (least, most) = (i128::from(i64::MIN), i128::from(i64::MAX));
    let bound = terms.limit.map(|limit| i128::from(limit.0));
    let price =
        if buys { price.min(bound.unwrap_or(most)) } else { price.max(bound.unwrap_or(least)) };
    on_tick(&listing.spec, terms.side, price)
}

/// The best price of a side at which something shows that is not pegged.
fn followed(listing: &Listing, side: Side) -> Option<i128> {
    let mut orders = listing.book.in_order_of_service(side).iter();
    let order = orders.find(|order| !order.shown.is_zero() && !order.is_pegged())?;
    order.terms.price.map(|price| i128::from(price.0))
}

/// The price on a tick that is nearest to `price` and no better for the other side: of every range
/// of the tick table the nearest one, and of those the nearest.
pub(super) fn on_tick(spec: &InstrumentSpec, side: Side, price: i128) -> Option<Price> {
    let (least, most) = (i128::from(i64::MIN), i128::from(i64::MAX));
    let mut ranges = Vec::from([(least, i128::from(spec.tick))]);
    ranges.extend(spec.ticks.iter().map(|&(from, tick)| (i128::from(from.0), i128::from(tick))));
    let ends = ranges.iter().skip(1).map(|&(next, _)| next - 1).chain([most]);
    let nearest = ranges.iter().zip(ends).filter_map(|(&(from, tick), end)| {
        let nearest = match side {
            Side::Buy => price.min(end).div_euclid(tick) * tick,
            Side::Sell => -((-price.max(from)).div_euclid(tick) * tick),
        };
        (from..=end).contains(&nearest).then_some(nearest)
    });
    let best = if side == Side::Buy { nearest.max() } else { nearest.min() };
    best.map(|price| Price(i64::try_from(price).expect("within a range")))
}
