//! Where a pegged order stands: the prices that it follows, and what holds it back.

use super::pool::NONE;
use super::{Book, Extra, Store};
use crate::command::{Peg, Phase};
use crate::instrument::InstrumentSpec;
use crate::quantity::Price;
use crate::side::Side;

/// The prices of a book that decide where its pegged orders stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Per side, the best price at which an order that is not pegged shows something.
    followed: [Option<Price>; 2],
    /// Per side, the best price at which anything rests that trades in parts.
    best: [Option<Price>; 2],
}

impl Book {
    /// The prices that decide where the pegged orders stand now; none to follow while nothing
    /// matches.
    pub(crate) fn marks(&self, store: &Store) -> Marks {
        let followed = if self.phase == Phase::Continuous {
            Side::BOTH.map(|side| self.followed(store, side))
        } else {
            [None; 2]
        };
        Marks { followed, best: [None; 2] }.moved(self, store)
    }

    /// The best price of a side at which an order that is not pegged shows something.
    fn followed(&self, store: &Store, side: Side) -> Option<Price> {
        let mut levels = self.side(side).levels(store);
        let leads = |&level: &u32| self.leads(store, level);
        levels.find(leads).map(|level| store.levels[level].price)
    }

    /// Whether an order that is not pegged shows something at a level.
    fn leads(&self, store: &Store, level: u32) -> bool {
        let mut key = store.levels[level].queues[0].head;
        while key != NONE && store.orders.is_pegged(key) {
            key = store.orders[key].next;
        }
        key != NONE
    }

    /// Whether an order that is not pegged, and is not `but`, rests at a level: one that keeps the
    /// level in use wherever the pegged orders go.
    pub(crate) fn is_held(&self, store: &Store, level: u32, but: u32) -> bool {
        let mut key = if level == NONE { NONE } else { store.levels[level].front() };
        while key != NONE && (key == but || store.orders.is_pegged(key)) {
            key = store.levels[level].after(&store.orders, key);
        }
        key != NONE
    }
}

impl Marks {
    /// The same after pegged orders have moved, which nothing follows.
    pub(crate) fn moved(self, book: &Book, store: &Store) -> Self {
        Self { best: Side::BOTH.map(|side| book.best_plain(store, side)), ..self }
    }

    /// Where a pegged order would stand if nothing rested on the other side.
    pub(crate) fn aim(&self, spec: &InstrumentSpec, side: Side, extra: &Extra) -> Option<Price> {
        let own = self.followed[side.index()];
        let other = self.followed[side.opposite().index()];
        let twice = |price: Price| 2 * i128::from(price.0);
        let followed = match extra.peg {
            Peg::Primary => twice(own?),
            Peg::Market => twice(other?),
            Peg::Midpoint => i128::from(own?.0) + i128::from(other?.0),
        };
        let halves = followed + twice(Price(extra.offset));
        let bound = extra.limit.unwrap_or(side.any_price());
        let price = match side {
            Side::Buy => halves.div_euclid(2).min(i128::from(bound.0)),
            Side::Sell => (halves + 1).div_euclid(2).max(i128::from(bound.0)),
        };
        spec.on_tick(side, Price(i64::try_from(price).ok()?))
    }

    /// Where a pegged order stands: as near to its aim as it can without trading, `best` being the
    /// best price of the other side.
    pub(crate) fn place(
        &self,
        spec: &InstrumentSpec,
        side: Side,
        extra: &Extra,
        best: Option<Price>,
    ) -> Option<Price> {
        let aim = self.aim(spec, side, extra)?;
        match best {
            Some(best) if side.crosses(aim, best) => {
                spec.on_tick(side, side.checked_behind(best, 1)?)
            }
            _ => Some(aim),
        }
    }
}
