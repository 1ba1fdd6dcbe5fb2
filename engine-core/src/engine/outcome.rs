//! What an auction comes to: the price, the volume, and what is left at that price.

use super::desk::Desk;
use crate::book::Waits;
use crate::book::call::Outcome;
use crate::event::{EventSink, Surplus, Total, What};
use crate::instrument::InstrumentSpec;
use crate::quantity::Price;
use crate::side::Side;

/// Where buyers and sellers, each best first, have taken all that they can from each other.
#[derive(Clone, Copy, Debug, Default)]
struct Meeting {
    /// What buyers ask for, and sellers, down to the last levels that count.
    wanted: [u128; 2],
    /// The last level of each side that counts; none where only market orders do.
    last: [Option<Price>; 2],
    /// The first level of each side that does not, and what is there.
    next: [Option<(Price, u128)>; 2],
    /// The one behind that.
    after: [Option<Price>; 2],
}

impl<S: EventSink> Desk<'_, S> {
    /// Tells what the auction would come to, where that is not what was told last.
    #[cold]
    #[inline(never)]
    pub(super) fn tell_indicative(&mut self) {
        if !self.book.phase.rules().indicates {
            return;
        }
        let outcome = self.outcome();
        if outcome != self.book.call.told {
            self.book.call.told = outcome;
            let Outcome { price, qty, surplus } = outcome;
            self.out.status(What::Indicative { price, qty, surplus });
        }
    }

    /// What the auction would come to if it ended now. Walks the levels that cross.
    pub(super) fn outcome(&self) -> Outcome {
        let [bid, ask] = Side::BOTH.map(|side| self.book.best_price(self.store, side));
        let no_markets = self.book.call.market_qty == [0; 2];
        if no_markets && bid.is_none_or(|bid| ask.is_none_or(|ask| bid < ask)) {
            return Outcome::default();
        }
        let meeting = self.meeting();
        let [buying, selling] = meeting.wanted;
        let volume = buying.min(selling);
        let reference = self.book.spec.reference.or(self.book.last_trade);
        let reference = reference.and_then(|price| nearest_on_tick(&self.book.spec, price));
        match meeting.price(reference) {
            Some(price) if volume > 0 => {
                let [buying, selling] = Side::BOTH.map(|side| self.taking(side, price));
                let surplus = buying.wrapping_sub(selling).cast_signed();
                Outcome {
                    price: Some(price),
                    qty: Total::new(volume),
                    surplus: Surplus::new(surplus),
                }
            }
            _ => Outcome::default(),
        }
    }

    /// Lets the sides take from each other, best levels first: whichever has less asks for more.
    fn meeting(&self) -> Meeting {
        let mut meeting = Meeting {
            wanted: Side::BOTH.map(|side| self.offered_at_market(side)),
            ..Meeting::default()
        };
        let mut levels = Side::BOTH.map(|side| self.offers(side));
        for (next, levels) in meeting.next.iter_mut().zip(&mut levels) {
            *next = levels.next();
        }
        while let Some(side) = meeting.side_to_grow() {
            let (price, qty) = meeting.next[side.index()].expect("it has more");
            meeting.wanted[side.index()] += qty;
            meeting.last[side.index()] = Some(price);
            meeting.next[side.index()] = levels[side.index()].next();
        }
        for (after, levels) in meeting.after.iter_mut().zip(&mut levels) {
            *after = levels.next().map(|(price, _)| price);
        }
        meeting
    }

    /// The levels of a side and what takes part there, best first.
    fn offers(&self, side: Side) -> impl Iterator<Item = (Price, u128)> + '_ {
        let levels = self.book.side(side).levels(self.store);
        let offers = levels.map(|level| (self.store.levels[level].price, self.offered(level)));
        offers.filter(|&(_, qty)| qty > 0)
    }

    /// What takes part at a level.
    fn offered(&self, level: u32) -> u128 {
        let level = &self.store.levels[level];
        if self.book.groups.is_empty() && (level.is_lit() || self.book.wholes.is_empty()) {
            return level.open();
        }
        self.sum(level.keys(&self.store.orders))
    }

    fn offered_at_market(&self, side: Side) -> u128 {
        if self.book.groups.is_empty() {
            return self.book.call.market_qty[side.index()];
        }
        self.sum(self.markets(side))
    }

    fn sum(&self, keys: impl Iterator<Item = u32>) -> u128 {
        let part = keys.filter(|&key| self.takes_part(key));
        part.map(|key| u128::from(self.store.orders[key].open.0)).sum()
    }

    /// What a side would trade at a price.
    fn taking(&self, side: Side, price: Price) -> u128 {
        let taking = self.offers(side).take_while(|&(limit, _)| side.crosses(limit, price));
        self.offered_at_market(side) + taking.map(|(_, qty)| qty).sum::<u128>()
    }

    /// Whether an order takes part in an auction: of several of a group on one side the one with
    /// the best price does, of equals the oldest.
    pub(super) fn takes_part(&self, key: u32) -> bool {
        if self.store.orders.is_whole(key) {
            return false;
        }
        match self.store.extra(key) {
            Some(extra) if extra.group != 0 => self.leads_its_group(key, extra.group, extra.entry),
            _ => true,
        }
    }

    #[cold]
    fn leads_its_group(&self, key: u32, group: u64, entry: u64) -> bool {
        let order = &self.store.orders[key];
        let rank = |key: u32| {
            let order = &self.store.orders[key];
            (!order.waits()).then(|| self.store.levels[order.level()].price)
        };
        let own = rank(key);
        let mut from = 0;
        while let Some((other_entry, other)) = self.member(order.account, group, from) {
            from = other_entry + 1;
            let seat = &self.store.orders[other];
            let stands = !seat.waits()
                || self.store.extra(other).is_some_and(|extra| extra.waits == Waits::Call);
            if seat.side() != order.side()
                || !stands
                || other == key
                || self.store.orders.is_whole(other)
            {
                continue;
            }
            let before = match (rank(other), own) {
                (None, Some(_)) => true,
                (Some(_), None) => false,
                (None, None) => other_entry < entry,
                (Some(price), Some(own)) => {
                    order.side().is_better(price, own) || (price == own && other_entry < entry)
                }
            };
            if before {
                return false;
            }
        }
        true
    }
}

impl Meeting {
    /// The side that takes in its next level, as long as that finds someone to trade with.
    fn side_to_grow(&self) -> Option<Side> {
        let [buying, selling] = self.wanted;
        let side = if buying <= selling { Side::Buy } else { Side::Sell };
        let (price, _) = self.next[side.index()]?;
        let across = if buying == selling {
            Some(self.next[side.opposite().index()]?.0)
        } else {
            self.last[side.opposite().index()]
        };
        across.is_none_or(|across| side.crosses(price, across)).then_some(side)
    }

    /// The one price. The candidates are those of orders; of those with most volume and least
    /// surplus, pressure decides, or the nearness to the reference price.
    fn price(&self, reference: Option<Price>) -> Option<Price> {
        let [buying, selling] = self.wanted;
        match buying.cmp(&selling) {
            core::cmp::Ordering::Less => self.pressed(Side::Sell, reference),
            core::cmp::Ordering::Greater => self.pressed(Side::Buy, reference),
            core::cmp::Ordering::Equal => self.balanced(reference),
        }
    }

    /// More is left on `side` whatever the price: as bad for it as its orders that trade allow.
    fn pressed(&self, side: Side, reference: Option<Price>) -> Option<Price> {
        let (own, across) = (side.index(), side.opposite().index());
        if let Some(last) = self.last[own] {
            return Some(last);
        }
        // Its market orders alone take all that there is.
        let alone = if self.last[across].is_none() { reference } else { None };
        let next = self.next[own].map(|(price, _)| price);
        let mut prices = [self.last[across], next, alone].into_iter().flatten();
        let first = prices.next()?;
        Some(
            prices
                .fold(first, |best, price| if side.is_better(price, best) { price } else { best }),
        )
    }

    /// Nothing is left between the last levels that count and the first that do not.
    fn balanced(&self, reference: Option<Price>) -> Option<Price> {
        let [bid, ask] = self.last;
        let [below, above] = self.next.map(|next| next.map(|(price, _)| price));
        let bid_is_free = bid.filter(|&bid| above.is_none_or(|above| bid < above));
        let ask_is_free = ask.filter(|&ask| below.is_none_or(|below| ask > below));
        match (ask_is_free, bid_is_free) {
            (Some(ask), Some(bid)) => Some(nearest(reference, ask, bid)),
            (Some(price), None) | (None, Some(price)) => Some(price),
            (None, None) => self.between(reference),
        }
    }

    /// No order has a price at which nothing is left: those around it compete.
    fn between(&self, reference: Option<Price>) -> Option<Price> {
        let [bid, ask] = self.last;
        let alone = if bid.is_none() && ask.is_none() { reference } else { None };
        let outside = |price: &Price| {
            self.next[0].is_none_or(|(below, _)| *price > below)
                && self.next[1].is_none_or(|(above, _)| *price < above)
        };
        if let Some(reference) = alone.filter(outside) {
            return Some(reference);
        }
        match self.next {
            [None, None] => None,
            [Some((below, _)), None] => Some(below),
            [None, Some((above, _))] => Some(above),
            [Some((below, left)), Some((above, right))] if left != right => {
                Some(if left < right { below } else { above })
            }
            [Some((below, _)), Some((above, _))] => {
                let is_tied = |after: Option<Price>, price: Price, side: Side| {
                    after.is_none_or(|after| side.is_better(price, after))
                };
                let low = ask
                    .or(alone)
                    .filter(|&low| low < below && is_tied(self.after[0], low, Side::Buy));
                let high = bid
                    .or(alone)
                    .filter(|&high| high > above && is_tied(self.after[1], high, Side::Sell));
                Some(nearest(reference, low.unwrap_or(below), high.unwrap_or(above)))
            }
        }
    }
}

/// The price from `low` to `high` that is nearest to the reference; without one the higher.
fn nearest(reference: Option<Price>, low: Price, high: Price) -> Price {
    reference.map_or(high, |reference| reference.clamp(low, high))
}

/// The price on a tick that is nearest to this one; of two the higher.
fn nearest_on_tick(spec: &InstrumentSpec, price: Price) -> Option<Price> {
    let (below, above) = (spec.on_tick(Side::Buy, price), spec.on_tick(Side::Sell, price));
    match (below, above) {
        (Some(below), Some(above)) if price.distance(below) < price.distance(above) => Some(below),
        (below, above) => above.or(below),
    }
}
