//! One book: on each side a queue per price, and everything found by looking.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use crate::command::NewOrder;
use crate::engine::{LevelView, OrderView};
use crate::id::OrderId;
use crate::quantity::{Price, Qty};
use crate::side::Side;

/// An order: what its owner asked for (kept up to date), and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// What was asked for. `qty` is the total, `price` where it rests.
    pub(super) terms: NewOrder,
    /// What is open of it.
    pub(super) open: Qty,
    /// What is filled of it.
    pub(super) filled: Qty,
    /// When it first came to rest, counted over all orders; 0 before.
    pub(super) entry: u64,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) side: Side,
    pub(super) price: Price,
    /// How many orders stand before it at its price.
    pub(super) rank: usize,
}

/// The two sides of an instrument.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    sides: [BTreeMap<Price, VecDeque<Order>>; 2],
}

impl Order {
    /// A fresh order.
    pub(super) const fn new(terms: NewOrder) -> Self {
        Self { terms, open: terms.qty, filled: Qty::ZERO, entry: 0 }
    }

    /// What is shown of it.
    pub(super) const fn shown(&self) -> Qty {
        self.open
    }

    /// How it looks from outside where it rests at `price`.
    pub(super) const fn view(&self, price: Price) -> OrderView {
        OrderView {
            id: self.terms.id,
            account: self.terms.account,
            side: self.terms.side,
            price,
            open: self.open,
            displayed: self.shown(),
            filled: self.filled,
        }
    }
}

impl Book {
    /// The prices of a side, best first.
    fn prices(&self, side: Side) -> Vec<Price> {
        let mut prices: Vec<Price> = self.sides[side.index()].keys().copied().collect();
        if side == Side::Buy {
            prices.reverse();
        }
        prices
    }

    /// The queue at a price; empty where nothing stands there.
    fn queue(&self, side: Side, price: Price) -> impl Iterator<Item = &Order> {
        self.sides[side.index()].get(&price).into_iter().flatten()
    }

    /// Every order of a side with its price: best price first, then first come, first served.
    pub(super) fn in_order_of_service(&self, side: Side) -> impl Iterator<Item = (Price, &Order)> {
        let prices = self.prices(side).into_iter();
        prices.flat_map(move |price| self.queue(side, price).map(move |order| (price, order)))
    }

    /// What is shown at a price.
    pub(super) fn level(&self, side: Side, price: Price) -> LevelView {
        let shown = |order: &Order| u128::from(order.shown().0);
        LevelView {
            price,
            qty: self.queue(side, price).map(shown).sum(),
            orders: u32::try_from(self.queue(side, price).count()).expect("fewer than 2^32 orders"),
        }
    }

    /// The levels of a side, best first.
    pub(super) fn levels(&self, side: Side) -> impl Iterator<Item = LevelView> {
        self.prices(side).into_iter().map(move |price| self.level(side, price))
    }

    /// The best level of a side.
    pub(super) fn best(&self, side: Side) -> Option<LevelView> {
        self.levels(side).next()
    }

    /// Whether anything stands at a price.
    pub(super) fn has_level(&self, side: Side, price: Price) -> bool {
        self.queue(side, price).next().is_some()
    }

    /// How many orders rest on both sides.
    pub(super) fn order_count(&self) -> u64 {
        self.sides.iter().flat_map(BTreeMap::values).map(|queue| queue.len() as u64).sum()
    }

    /// How many price levels both sides have.
    pub(super) fn level_count(&self) -> u64 {
        self.sides.iter().map(|side| side.len() as u64).sum()
    }

    /// Where the order of this name stands.
    pub(super) fn find(&self, id: OrderId) -> Option<Place> {
        for side in Side::BOTH {
            for (&price, queue) in &self.sides[side.index()] {
                if let Some(rank) = queue.iter().position(|order| order.terms.id == id) {
                    return Some(Place { side, price, rank });
                }
            }
        }
        None
    }

    /// The order at a place.
    pub(super) fn at(&self, place: Place) -> &Order {
        &self.sides[place.side.index()][&place.price][place.rank]
    }

    /// The order at a place, to be changed where it stands.
    pub(super) fn at_mut(&mut self, place: Place) -> &mut Order {
        let queue = self.sides[place.side.index()].get_mut(&place.price);
        &mut queue.expect("a place is in the book")[place.rank]
    }

    /// Puts an order at the back of its price.
    pub(super) fn rest(&mut self, price: Price, order: Order) {
        let side = &mut self.sides[order.terms.side.index()];
        side.entry(price).or_default().push_back(order);
    }

    /// Takes an order off the book; a price where nothing is left is gone.
    pub(super) fn take(&mut self, place: Place) -> Order {
        let side = &mut self.sides[place.side.index()];
        let queue = side.get_mut(&place.price).expect("a place is in the book");
        let order = queue.remove(place.rank).expect("a place is in the book");
        if queue.is_empty() {
            side.remove(&place.price);
        }
        order
    }
}
