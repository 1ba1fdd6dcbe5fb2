//! What an auction comes to: the price, the volume, and what is left at that price.

use core::cmp::Ordering;

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
        match meeting.price(&self.book.spec, reference) {
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

    /// The one price, of all on ticks from the lowest limit to the highest: of those with most
    /// volume and least surplus, pressure decides, or the nearness to the reference price.
    fn price(&self, spec: &InstrumentSpec, reference: Option<Price>) -> Option<Price> {
        let [buying, selling] = self.wanted;
        match buying.cmp(&selling) {
            Ordering::Less => self.pressed(Side::Sell, reference),
            Ordering::Greater => self.pressed(Side::Buy, reference),
            Ordering::Equal => self.balanced(spec, reference),
        }
    }

    /// More is left on `side` whatever the price: as bad for it as its orders that trade allow, or,
    /// where its market orders alone take all that there is, as prices go.
    fn pressed(&self, side: Side, reference: Option<Price>) -> Option<Price> {
        self.last[side.index()].or_else(|| self.outermost(side.opposite(), reference))
    }

    /// Nothing is left between the last levels that count and the first that do not. Where no price
    /// is between them, something is left on either side of that; of one side as little as can be
    /// is left at its first level that does not count.
    fn balanced(&self, spec: &InstrumentSpec, reference: Option<Price>) -> Option<Price> {
        let [low, high] = Side::BOTH.map(|side| self.end(side, spec, reference));
        if let (Some(low), Some(high)) = (low, high)
            && low <= high
        {
            return Some(nearest(reference, low, high));
        }
        match self.next {
            [Some((below, left)), Some((above, right))] => Some(match left.cmp(&right) {
                Ordering::Less => below,
                Ordering::Greater => above,
                Ordering::Equal => nearest(reference, below, above),
            }),
            next => next.into_iter().flatten().next().map(|(price, _)| price),
        }
    }

    /// How low prices may go (for buyers, whose levels lie below; for sellers how high) for the last
    /// level across to count, and the next one of this side not to.
    fn end(&self, side: Side, spec: &InstrumentSpec, reference: Option<Price>) -> Option<Price> {
        let (own, across) = (self.last[side.index()], self.last[side.opposite().index()]);
        match (across, self.next[side.index()]) {
            (Some(across), None) => Some(across),
            (Some(across), Some((next, _))) if side.is_better(across, next) => Some(across),
            (_, Some((next, _))) => {
                let beyond = side.opposite().checked_behind(next, 1);
                let tick = beyond.and_then(|price| spec.on_tick(side.opposite(), price));
                // An order may stand on no tick, where it slid to.
                [tick, own].into_iter().flatten().reduce(|a, b| side.worse(a, b))
            }
            (None, None) => self.outermost(side, reference),
        }
    }

    /// The lowest of all limits (for buyers; for sellers the highest); the reference price is one
    /// too where limits add nothing.
    fn outermost(&self, side: Side, reference: Option<Price>) -> Option<Price> {
        let [bid, ask] = self.last;
        let [below, above] = self.next.map(|next| next.map(|(price, _)| price));
        let alone = if bid.is_none() && ask.is_none() { reference } else { None };
        let prices = [bid, ask, below, above, alone].into_iter().flatten();
        prices.reduce(|a, b| side.worse(a, b))
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
