//! The plain price-time book that the generator plays against.

use std::collections::{BTreeMap, HashMap};

use super::FillHash;

/// A book made of the obvious collections.
#[derive(Debug, Default)]
pub(super) struct Plain {
    bids: BTreeMap<i64, Vec<Resting>>,
    asks: BTreeMap<i64, Vec<Resting>>,
    found: HashMap<u64, (bool, i64)>,
    at: HashMap<u64, usize>,
    /// Names of live orders, in an order that only depends on the commands.
    pub(super) live: Vec<u64>,
    pub(super) trades: u64,
    pub(super) qty: u64,
    pub(super) hash: FillHash,
}

#[derive(Clone, Copy, Debug)]
struct Resting {
    id: u64,
    open: u32,
}

/// A live order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) buys: bool,
    pub(super) price: i64,
    pub(super) open: u32,
}

impl Plain {
    fn side(&mut self, buys: bool) -> &mut BTreeMap<i64, Vec<Resting>> {
        if buys { &mut self.bids } else { &mut self.asks }
    }

    pub(super) fn is_empty(&self, buys: bool) -> bool {
        if buys { self.bids.is_empty() } else { self.asks.is_empty() }
    }

    pub(super) fn find(&self, id: u64) -> Option<Found> {
        let &(buys, price) = self.found.get(&id)?;
        let level = if buys { &self.bids[&price] } else { &self.asks[&price] };
        let open = level.iter().find(|order| order.id == id)?.open;
        Some(Found { buys, price, open })
    }

    pub(super) fn add(&mut self, id: u64, buys: bool, price: i64, qty: u32) {
        let open = self.take(id, buys, price, qty);
        if open > 0 {
            self.side(buys).entry(price).or_default().push(Resting { id, open });
            self.found.insert(id, (buys, price));
            self.at.insert(id, self.live.len());
            self.live.push(id);
        }
    }

    /// Takes up to `limit`; returns what is left.
    pub(super) fn take(&mut self, id: u64, buys: bool, limit: i64, mut qty: u32) -> u32 {
        while qty > 0 {
            let side = self.side(!buys);
            let best = if buys { side.first_entry() } else { side.last_entry() };
            let Some(mut best) = best else { break };
            let price = *best.key();
            if (buys && price > limit) || (!buys && price < limit) {
                break;
            }
            let level = best.get_mut();
            let maker = &mut level[0];
            let lots = qty.min(maker.open);
            (qty, maker.open) = (qty - lots, maker.open - lots);
            let (maker_id, gone) = (maker.id, maker.open == 0);
            if gone {
                level.remove(0);
                if level.is_empty() {
                    best.remove();
                }
                self.forget(maker_id);
            }
            self.trades += 1;
            self.qty += u64::from(lots);
            self.hash.fill(id, maker_id, price, u64::from(lots));
        }
        qty
    }

    pub(super) fn cancel(&mut self, id: u64) {
        let Some(&(buys, price)) = self.found.get(&id) else { return };
        let side = self.side(buys);
        let level = side.get_mut(&price).expect("a live order has a level");
        level.retain(|order| order.id != id);
        if level.is_empty() {
            side.remove(&price);
        }
        self.forget(id);
    }

    pub(super) fn reduce(&mut self, id: u64, by: u32) {
        let (buys, price) = self.found[&id];
        let level = self.side(buys).get_mut(&price).expect("a live order has a level");
        let order = level.iter_mut().find(|order| order.id == id);
        order.expect("a live order is on its level").open -= by;
    }

    /// The price of the `levels`th level, or the last there is, and what stands up to it.
    pub(super) fn depth(&self, buys: bool, levels: u64) -> (i64, u64) {
        let levels = usize::try_from(levels).expect("a few");
        let sum = |level: &[Resting]| level.iter().map(|order| u64::from(order.open)).sum::<u64>();
        let add = |(_, total): (i64, u64), (&price, level): (&i64, &Vec<Resting>)| {
            (price, total + sum(level))
        };
        if buys {
            self.bids.iter().rev().take(levels).fold((0, 0), add)
        } else {
            self.asks.iter().take(levels).fold((0, 0), add)
        }
    }

    fn forget(&mut self, id: u64) {
        self.found.remove(&id);
        let at = self.at.remove(&id).expect("a live order has a place");
        self.live.swap_remove(at);
        if let Some(&moved) = self.live.get(at) {
            self.at.insert(moved, at);
        }
    }
}
