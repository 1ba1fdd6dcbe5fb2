//! The book of one instrument, and the store in which the orders of all books live.

pub(crate) mod index;
pub(crate) mod invariants;
pub(crate) mod ladder;
pub(crate) mod level;
pub(crate) mod order;
pub(crate) mod pool;
pub(crate) mod tree;

use crate::command::Phase;
use crate::event::Total;
use crate::id::OrderId;
use crate::instrument::InstrumentSpec;
use crate::limits::Capacity;
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;

use index::{Index, Position};
use ladder::{Ladder, Page};
use level::Level;
use order::Order;
use pool::{NONE, Pool, Pooled};
use tree::{Key, Nodes, Tree};

/// What all books share: room for orders, levels and pages, and the index of order names.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) orders: Pool<Order>,
    pub(crate) levels: Pool<Level>,
    pub(crate) pages: Pool<Page>,
    pub(crate) nodes: Nodes,
    pub(crate) extras: Pool<Extra>,
    pub(crate) index: Index,
    /// Orders by the moment at which they end.
    pub(crate) timers: Tree,
    entries: u64,
}

/// What few orders have.
#[derive(Clone, Debug)]
pub(crate) struct Extra {
    /// When the order ends.
    pub(crate) expire_at: Time,
    /// Which came first, among orders that end at one moment.
    pub(crate) entry: u64,
    link: u32,
}

impl Default for Extra {
    fn default() -> Self {
        Self { expire_at: Time(0), entry: 0, link: NONE }
    }
}

impl Pooled for Extra {
    fn link(&mut self) -> &mut u32 {
        &mut self.link
    }
}

/// The book of one instrument.
#[derive(Clone, Debug)]
pub(crate) struct Book {
    pub(crate) spec: InstrumentSpec,
    /// Whether every whole price and quantity is fine: no tick, lot or bound to check.
    pub(crate) plain: bool,
    pub(crate) phase: Phase,
    pub(crate) position: u32,
    pub(crate) sides: [Ladder; 2],
    pub(crate) last_trade: Option<Price>,
    pub(crate) trades: u64,
    pub(crate) live: u32,
    /// The best prices that were told last.
    pub(crate) told: [Option<(Price, Total)>; 2],
}

impl Store {
    /// Room for `capacity`.
    pub(crate) fn new(capacity: Capacity) -> Self {
        let Capacity { orders, levels, .. } = capacity;
        assert!(orders <= Capacity::ORDERS_MAX, "at most {} orders", Capacity::ORDERS_MAX);
        Self {
            orders: Pool::new(orders),
            levels: Pool::new(levels),
            pages: Pool::new(levels),
            nodes: Nodes::new(orders + levels),
            extras: Pool::new(orders),
            index: Index::new(orders),
            timers: Tree::default(),
            entries: 0,
        }
    }

    /// The place of a live order, and of its entry in the index.
    #[inline]
    pub(crate) fn find(&self, book: u32, id: OrderId) -> Option<(Position, u32)> {
        self.index.find(Index::mix(book, id.0), |key| {
            let order = &self.orders[key];
            order.id == id && order.book == book
        })
    }

    /// Takes in a live order.
    #[inline]
    pub(crate) fn insert(&mut self, order: Order) -> u32 {
        let mix = Index::mix(order.book, order.id.0);
        let key = self.orders.insert(order);
        self.index.insert(mix, key);
        key
    }

    /// Gives a live order another name, which is free.
    pub(crate) fn rename(&mut self, position: Position, key: u32, id: OrderId) {
        self.index.remove(position);
        let order = &mut self.orders[key];
        order.id = id;
        self.index.insert(Index::mix(order.book, id.0), key);
    }

    /// Lets an order go whose links are undone already.
    #[inline]
    pub(crate) fn release(&mut self, position: Position, key: u32) {
        self.index.remove(position);
        if self.orders[key].extra != NONE {
            self.release_extra(key);
        }
        self.orders.remove(key);
    }

    #[cold]
    fn release_extra(&mut self, key: u32) {
        let extra = self.orders[key].extra;
        self.timers.remove(&mut self.nodes, timer_key(&self.extras[extra]));
        self.extras.remove(extra);
    }

    /// Has an order end at a moment.
    pub(crate) fn set_timer(&mut self, key: u32, expire_at: Time) {
        self.entries += 1;
        let extra = Extra { expire_at, entry: self.entries, ..Extra::default() };
        let timer = timer_key(&extra);
        self.orders[key].extra = self.extras.insert(extra);
        self.timers.insert(&mut self.nodes, timer, key);
    }

    /// The order that ends next, if its time has come.
    pub(crate) fn due(&self, now: Time) -> Option<u32> {
        let ((at, _), key) = self.timers.first(&self.nodes)?;
        (at <= ordered(now)).then_some(key)
    }
}

/// Times in an order that signed numbers have too.
fn ordered(time: Time) -> i64 {
    (time.0 ^ 1 << 63).cast_signed()
}

fn timer_key(extra: &Extra) -> Key {
    (ordered(extra.expire_at), extra.entry)
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
        Self {
            plain,
            phase: spec.phase,
            position,
            sides: [Ladder::new(Side::Buy), Ladder::new(Side::Sell)],
            last_trade: None,
            trades: 0,
            live: 0,
            told: [None; 2],
            spec,
        }
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

    /// The best price of a side at which something is shown, and how much.
    pub(crate) fn best_shown(&self, store: &Store, side: Side) -> Option<(Price, Total)> {
        let mut levels = self.side(side).levels(store).map(|level| &store.levels[level]);
        levels.find(|level| level.shown > 0).map(|level| (level.price, Total::new(level.shown)))
    }

    /// Puts a new order at the back of its price.
    #[inline]
    pub(crate) fn rest(&mut self, store: &mut Store, price: Price, order: Order) -> u32 {
        let side = order.side;
        let level = self.sides[side.index()].find_or_add(store, price);
        let key = store.insert(Order { level, ..order });
        store.levels[level].push_back(&mut store.orders, key);
        self.live += 1;
        key
    }

    /// Puts a live order that stands nowhere at the back of a price.
    #[inline]
    pub(crate) fn relink(&mut self, store: &mut Store, key: u32, price: Price) {
        let side = store.orders[key].side;
        let level = self.sides[side.index()].find_or_add(store, price);
        store.orders[key].level = level;
        store.levels[level].push_back(&mut store.orders, key);
    }

    /// Takes an order off its level, and the level off the ladder if it was the last there.
    #[inline]
    pub(crate) fn unlink(&mut self, store: &mut Store, key: u32) {
        let Order { level, side, .. } = store.orders[key];
        let place = &mut store.levels[level];
        place.remove(&mut store.orders, key);
        if place.is_empty() {
            self.sides[side.index()].remove(store, level);
        }
    }

    /// Takes an order off the book and lets it go.
    #[inline]
    pub(crate) fn remove(&mut self, store: &mut Store, position: Position, key: u32) {
        self.unlink(store, key);
        store.release(position, key);
        self.live -= 1;
    }

    /// Takes `by` off an order that keeps its place; less than is open of it.
    pub(crate) fn shrink(&mut self, store: &mut Store, key: u32, by: Qty) -> Qty {
        let order = &mut store.orders[key];
        let level = &mut store.levels[order.level];
        // What is not shown goes first, so that the shown part stays as long as it can.
        let dark = by.min(order.open - order.shown);
        let shown = by - dark;
        order.open -= by;
        order.shown -= shown;
        level.dark -= u128::from(dark.0);
        level.shown -= u128::from(shown.0);
        shown
    }
}
