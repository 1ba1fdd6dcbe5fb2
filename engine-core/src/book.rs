//! The book of one instrument.

pub(crate) mod call;
mod extra;
pub(crate) mod heed;
pub(crate) mod index;
pub(crate) mod invariants;
pub(crate) mod ladder;
pub(crate) mod level;
pub(crate) mod order;
pub(crate) mod orders;
pub(crate) mod peg;
pub(crate) mod pool;
mod store;
pub(crate) mod sum;
pub(crate) mod tree;

use arrayvec::ArrayVec;

use crate::allocation::{Step, Steps, steps};
use crate::command::Phase;
use crate::event::Total;
use crate::id::{AccountId, OrderId};
use crate::instrument::InstrumentSpec;
use crate::limits::WHOLES_MAX;
use crate::quantity::{Price, Qty};
use crate::side::Side;

use call::Call;
use heed::Heed;
use index::Name;
use ladder::Ladder;
use level::Level;
use order::{Order, Terms};
use orders::Seat;
use peg::Marks;
use pool::{NONE, Pool};
use tree::Tree;

pub(crate) use extra::{Extra, Waits};
pub(crate) use store::{Due, Store};

/// Where a plain order goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    level: u32,
    key: u32,
}

/// The book of one instrument. What plain orders need of it comes first, in two cache lines and one
/// of each side's pages.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Book {
    /// What plain orders have to heed.
    pub(crate) heed: Heed,
    pub(crate) phase: Phase,
    /// Whether every whole price and quantity is fine: no tick, lot or bound to check.
    pub(crate) plain: bool,
    pub(crate) position: u32,
    pub(crate) live: u32,
    /// Whether what a price shows is shared out, not served first come, first served.
    pub(crate) shared: bool,
    pub(crate) trades: u64,
    pub(crate) last_trade: Option<Price>,
    pub(crate) sides: [Ladder; 2],
    pub(crate) spec: InstrumentSpec,
    /// All-or-none orders that rest: bids before asks, best price first, then oldest first.
    pub(crate) wholes: ArrayVec<u32, WHOLES_MAX>,
    /// How many all-or-none orders wait.
    pub(crate) wholes_waiting: u32,
    /// How it is shared out.
    pub(crate) steps: Steps,
    /// The orders that set the best price of each side, by place; one that lost that, or ended,
    /// may still stand here, but does not know of it itself.
    pub(crate) tops: [u32; 2],
    /// The best prices that were told last.
    pub(crate) told: [Option<(Price, Total)>; 2],
    /// Stops by the price nearest to the market first, of buyers and of sellers.
    pub(crate) stops: [Tree; 2],
    /// Trailing stops by the trade price that they were last moved by.
    pub(crate) trails: [Tree; 2],
    /// Orders that wait for another to end, by that other's name.
    pub(crate) children: Tree,
    /// Members of one-cancels-other groups.
    pub(crate) groups: Tree,
    /// All live orders that are not on a level, oldest first.
    pub(crate) waiting: Tree,
    /// Pegged orders that have entered, on a level or not, oldest first.
    pub(crate) pegs: Tree,
    /// How many live orders are pegged, those included that wait for their parent.
    pub(crate) pegged: u32,
    /// What the pegged orders followed last; none where they must look again.
    pub(crate) marked: Option<Marks>,
    /// Quotes, by account and side.
    pub(crate) quotes: Tree,
    /// Reduce-only orders, by account, then oldest first.
    pub(crate) reducers: Tree,
    /// The auction that its orders gather for.
    pub(crate) call: Call,
}

impl Book {
    /// An empty book.
    pub(crate) fn new(spec: InstrumentSpec, position: u32) -> Self {
        let plain = spec.tick == 1
            && spec.ticks.is_empty()
            && spec.lot == 1
            && spec.min_qty.is_zero()
            && spec.max_qty.is_zero()
            && spec.max_notional == 0;
        let steps = steps(spec.algo, &spec.allocation);
        let mut book = Self {
            plain,
            heed: Heed::default(),
            shared: steps[..] != [Step::Fifo],
            wholes: ArrayVec::new(),
            wholes_waiting: 0,
            steps,
            tops: [NONE; 2],
            phase: spec.phase,
            position,
            sides: Side::BOTH.map(|side| Ladder::new(side, position)),
            last_trade: None,
            trades: 0,
            live: 0,
            told: [None; 2],
            stops: [Tree::default(); 2],
            trails: [Tree::default(); 2],
            children: Tree::default(),
            groups: Tree::default(),
            waiting: Tree::default(),
            pegs: Tree::default(),
            pegged: 0,
            marked: None,
            quotes: Tree::default(),
            reducers: Tree::default(),
            call: Call::new(spec.phase),
            spec,
        };
        book.heed = Heed::of(&book);
        book
    }

    /// Enters a phase.
    pub(crate) fn enter_phase(&mut self, phase: Phase) {
        self.phase = phase;
        self.heed = Heed::of(self);
    }

    /// Whether any order waits for a trade at some price.
    #[inline]
    pub(crate) fn watches(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether a trade takes nothing off other orders: of its group, or of an account that may only
    /// reduce its position.
    #[inline]
    pub(crate) fn is_sure(&self) -> bool {
        self.groups.is_empty() && self.reducers.is_empty()
    }

    /// One side.
    #[inline]
    pub(crate) fn side(&self, side: Side) -> &Ladder {
        &self.sides[side.index()]
    }

    /// The price of the best order of a side, shown or not.
    #[inline]
    pub(crate) fn best_price(&self, store: &Store, side: Side) -> Option<Price> {
        let best = self.side(side).best();
        (best != NONE).then(|| store.levels[best].price)
    }

    /// The same without all-or-none orders.
    pub(crate) fn best_plain(&self, store: &Store, side: Side) -> Option<Price> {
        if !self.heed.has(Heed::WHOLES) {
            return self.best_price(store, side);
        }
        let plain = |&level: &u32| {
            let place = &store.levels[level];
            let mut key = place.front();
            while key != NONE && store.orders.is_whole(key) {
                key = place.after(&store.orders, key);
            }
            key != NONE
        };
        self.side(side).levels(store).find(plain).map(|level| store.levels[level].price)
    }

    /// The best price of a side at which something is shown, and how much.
    pub(crate) fn best_shown(&self, store: &Store, side: Side) -> Option<(Price, Total)> {
        let mut levels = self.side(side).levels(store).map(|level| &store.levels[level]);
        levels.find(|level| level.shows()).map(|level| (level.price, Total::new(level.shown.get())))
    }

    /// The level of a side at a price, for an order to rest at.
    #[inline]
    pub(crate) fn level_for(&mut self, store: &mut Store, side: Side, price: Price) -> u32 {
        self.sides[side.index()].find_or_add(store, price)
    }

    /// Puts a new order at the back of its level, which [`level_for`](Self::level_for) gave.
    pub(crate) fn rest(&mut self, store: &mut Store, order: &Order) -> u32 {
        let &Order { level, shown, open, .. } = order;
        let key = store.insert(order);
        store.levels[level].push_back(&mut store.orders, key, order.is_dark(), shown, open);
        self.live += 1;
        if order.terms.has(Terms::WHOLE) {
            self.enlist(store, key);
        }
        key
    }

    /// The same for a plain order for which there is a spot.
    #[inline(always)]
    pub(crate) fn seat(
        &mut self,
        store: &mut Store,
        spot: Spot,
        id: OrderId,
        account: AccountId,
        side: Side,
        open: Qty,
    ) {
        let Spot { level, key } = spot;
        let place = &mut store.levels[level];
        let seat = Seat::plain(id, account, side, open, level).behind(place.last());
        store.orders.seat(key, seat);
        place.join(store.orders.seats_mut(), key, open);
        self.live += 1;
    }

    /// Where a plain order can be put at once, its name being in the index now; none where its name
    /// is taken, or where anything has to be made for it first.
    #[inline(always)]
    pub(crate) fn spot(
        &self,
        store: &mut Store,
        id: OrderId,
        side: Side,
        at: Price,
    ) -> Option<Spot> {
        let level = self.side(side).find_near(store, at)?;
        let key = store.orders.vacant()?;
        let (index, names) = store.index_mut();
        let fits = index.put(Name { book: self.position, id }, key, names);
        fits.then_some(Spot { level, key })
    }

    /// Puts a plain order that is off its level at the back of another.
    #[inline]
    pub(crate) fn reseat(&mut self, store: &mut Store, key: u32, level: u32, open: Qty) {
        let place = &mut store.levels[level];
        store.orders.place_at(key, level, place.last(), open);
        place.join(store.orders.seats_mut(), key, open);
    }

    /// The level that a plain order rests at, if it is of this book.
    #[inline(always)]
    pub(crate) fn level_of<'a>(&self, store: &'a Store, seat: &Seat) -> Option<&'a Level> {
        store.levels.find(seat.level()).filter(|level| level.book == self.position)
    }

    /// The same, to change it.
    #[inline(always)]
    pub(crate) fn level_of_mut<'a>(
        &self,
        levels: &'a mut Pool<Level>,
        seat: &Seat,
    ) -> Option<&'a mut Level> {
        levels.find_mut(seat.level()).filter(|level| level.book == self.position)
    }

    /// Takes a plain order off its level; whether it was the last one there, so that the level is
    /// to be [dropped](Self::drop_level).
    #[inline(always)]
    pub(crate) fn leave_plain(&mut self, store: &mut Store, seat: &Seat) -> bool {
        store.levels[seat.level()].leave(store.orders.seats_mut(), seat)
    }

    /// Takes the level of an order that has left it out.
    #[inline]
    pub(crate) fn drop_level(&mut self, store: &mut Store, seat: &Seat) {
        self.sides[seat.side().index()].remove(store, seat.level());
    }

    /// Puts a live order that is on no level at the back of a price; `shown` of it shows.
    pub(crate) fn stand(&mut self, store: &mut Store, key: u32, price: Price, shown: Qty) {
        let (side, open) = (store.orders[key].side(), store.orders[key].open);
        let dark = store.orders.is_dark(key);
        let level = self.level_for(store, side, price);
        store.orders.settle(key, level, shown);
        store.levels[level].push_back(&mut store.orders, key, dark, shown, open);
    }

    /// Takes an order off its level, and the level off the ladder if it was the last there.
    #[inline]
    pub(crate) fn unlink(&mut self, store: &mut Store, key: u32) {
        let level = store.orders[key].level();
        let side = store.orders[key].side();
        if self.heed.has(Heed::WHOLES) {
            self.delist(key);
        }
        let place = &mut store.levels[level];
        place.remove(&mut store.orders, key);
        if place.is_empty() {
            self.sides[side.index()].remove(store, level);
        }
    }

    /// Notes where an all-or-none order stands that has come to rest, and that there was room for.
    #[cold]
    fn enlist(&mut self, store: &Store, key: u32) {
        let place = |key: u32| {
            let order = &store.orders[key];
            (order.side(), store.levels[order.level()].price)
        };
        let (side, price) = place(key);
        let behind = |&other: &u32| match place(other) {
            (its, at) if its == side => side.is_better(price, at),
            (its, _) => side.index() < its.index(),
        };
        let at = self.wholes.iter().position(behind).unwrap_or(self.wholes.len());
        self.wholes.insert(at, key);
        self.heed.set(Heed::WHOLES, true);
    }

    /// Forgets an order that leaves its level, if it was an all-or-none order.
    #[cold]
    fn delist(&mut self, key: u32) {
        self.wholes.retain(|other| *other != key);
        self.heed.set(Heed::WHOLES, !self.wholes.is_empty());
    }

    /// Takes `by` off an order that keeps its place; less than is open of it.
    #[inline]
    pub(crate) fn shrink(&mut self, store: &mut Store, key: u32, by: Qty) -> Qty {
        let order = &mut store.orders[key];
        if order.is_special() {
            return self.shrink_special(store, key, by);
        }
        order.open -= by;
        store.levels[order.level()].shown -= by;
        by
    }

    #[cold]
    fn shrink_special(&mut self, store: &mut Store, key: u32, by: Qty) -> Qty {
        let level = &mut store.levels[store.orders[key].level()];
        // What is not shown goes first, so that the shown part stays as long as it can.
        let before = store.orders.shown(key);
        let order = &mut store.orders[key];
        let dark = by.min(order.open - before);
        let shown = by - dark;
        order.open -= by;
        store.orders.show(key, before - shown);
        level.dark -= dark;
        level.shown -= shown;
        shown
    }
}
