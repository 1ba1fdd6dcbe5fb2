//! The store in which the orders of all books live.

use alloc::vec::Vec;

use super::Book;
use super::extra::Extra;
use super::index::{Index, Mixer, Name, Names, Position};
use super::ladder::Page;
use super::level::Level;
use super::order::Order;
use super::orders::{Detail, Orders, Seat};
use super::pool::{NONE, Pool};
use super::tree::{Key, Nodes, Tree};
use crate::allocation::Share;
use crate::id::OrderId;
use crate::limits::Capacity;
use crate::quantity::Time;

/// What all books share: room for orders, levels and pages, and the index of order names.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) orders: Orders,
    pub(crate) levels: Pool<Level>,
    pub(crate) pages: Pool<Page>,
    pub(crate) nodes: Nodes,
    pub(crate) extras: Pool<Extra>,
    pub(crate) index: Index,
    /// Orders by the moment at which they end.
    pub(crate) timers: Tree,
    /// Orders that enter when the command is finished, in that order.
    pub(crate) pending: Vec<u32>,
    /// Orders that the present command ends, in that order.
    pub(crate) ending: Vec<OrderId>,
    /// Who gets what of the present round of a level that is shared out.
    pub(crate) shares: Vec<Share>,
    /// How many live orders may need a level of their own that is not there yet: those that wait,
    /// and pegged ones wherever they stand.
    pub(crate) waiting: u32,
    /// How many live orders are pegged.
    pub(crate) pegged: u32,
    pub(crate) entries: u64,
}

/// What says which names live orders have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seats<'a> {
    orders: &'a Orders,
    levels: &'a Pool<Level>,
}

impl Store {
    /// Room for `capacity`.
    pub(crate) fn new(capacity: Capacity, mixer: Mixer) -> Self {
        Self::with_special(capacity, capacity.orders, mixer)
    }

    /// Room for `capacity`, and for no order that is more than a plain one.
    pub(crate) fn plain(capacity: Capacity) -> Self {
        Self::with_special(capacity, 0, Mixer::GOLDEN)
    }

    /// Room for `capacity`, of which so many orders may be more than plain ones.
    fn with_special(capacity: Capacity, special: u32, mixer: Mixer) -> Self {
        // One of each instrument's auction.
        let clocks = capacity.instruments;
        let Capacity { orders, levels, .. } = capacity;
        assert!(orders <= Capacity::ORDERS_MAX, "at most {} orders", Capacity::ORDERS_MAX);
        assert!(levels <= Capacity::LEVELS_MAX, "at most {} levels", Capacity::LEVELS_MAX);
        Self {
            orders: Orders::new(orders),
            levels: Pool::new(levels),
            pages: Pool::new(levels),
            // Pages, and per order a timer, a group, a place among the waiting, a stop, a trail (or
            // for what gathers a place among those without a price, and one among those that end),
            // a place among the reduce-only.
            nodes: Nodes::new(
                special.saturating_mul(6).saturating_add(levels).saturating_add(clocks),
            ),
            extras: Pool::new(special),
            index: Index::new(orders, mixer),
            timers: Tree::default(),
            // A child has its turn as such, as a stop that is reached already, and for an auction.
            pending: Vec::with_capacity(special as usize * 3),
            ending: Vec::with_capacity(special as usize),
            shares: Vec::with_capacity(special as usize),
            waiting: 0,
            pegged: 0,
            entries: 0,
        }
    }

    /// The entry of the order that came to wait, or to have more than plain orders have, last.
    pub(crate) fn newest_entry(&self) -> u64 {
        self.entries
    }

    /// Whether there is no level left for an order that needs a new one.
    #[inline]
    pub(crate) fn no_level_left(&self) -> bool {
        self.levels.len() + self.waiting >= self.levels.capacity()
    }

    #[inline(always)]
    fn names(&self) -> Seats<'_> {
        Seats { orders: &self.orders, levels: &self.levels }
    }

    #[inline(always)]
    pub(super) fn index_mut(&mut self) -> (&mut Index, Seats<'_>) {
        let Self { index, orders, levels, .. } = self;
        (index, Seats { orders, levels })
    }

    /// The place of a live order, and of its entry in the index.
    #[inline]
    pub(crate) fn find(&self, book: u32, id: OrderId) -> Option<(Position, u32)> {
        self.index.find(Name { book, id }, self.names())
    }

    /// The place in the index of a live order that is known already.
    #[inline]
    pub(crate) fn position_of(&self, book: u32, key: u32) -> Position {
        self.index.position_of(Name { book, id: self.orders[key].id }, key)
    }

    /// Takes in a live order.
    pub(crate) fn insert(&mut self, order: &Order) -> u32 {
        let key = self.orders.insert(order);
        self.enter(Name { book: order.book, id: order.id }, key);
        key
    }

    /// The place of a live order that has this id, maybe in another book, and of its entry in the
    /// index, if that is not in a table that is being left; and its seat.
    #[inline(always)]
    pub(crate) fn find_likely(&self, book: u32, id: OrderId) -> Option<(usize, u32, Seat)> {
        let name = Name { book, id };
        if let Some((at, key)) = self.index.first(name)
            && let Some(&seat) = self.orders.find(key)
            && seat.id == id
        {
            return Some((at, key, seat));
        }
        let (at, key) = self.find_behind(name)?;
        Some((at, key, *self.orders.find(key)?))
    }

    #[cold]
    #[inline(never)]
    fn find_behind(&self, name: Name) -> Option<(usize, u32)> {
        self.index.find_likely(name, self.names())
    }

    /// Lets a plain order go that is off its level.
    #[inline(always)]
    pub(crate) fn vacate(&mut self, at: usize, key: u32) {
        let (index, names) = self.index_mut();
        index.take(at, names);
        self.orders.remove(key);
    }

    /// Whether the index has room for a name, which no live order has; not where that takes more
    /// than one step.
    #[inline]
    pub(crate) fn has_room(&self, book: u32, id: OrderId) -> bool {
        self.index.has_room(Name { book, id }, self.names())
    }

    fn enter(&mut self, name: Name, key: u32) {
        let (index, names) = self.index_mut();
        index.insert(name, key, names);
    }

    #[inline]
    fn leave(&mut self, position: Position) {
        let (index, names) = self.index_mut();
        index.remove(position, names);
    }

    /// Gives a live order another name, which is free.
    pub(crate) fn rename(&mut self, position: Position, book: u32, key: u32, id: OrderId) {
        self.leave(position);
        self.orders[key].id = id;
        self.enter(Name { book, id }, key);
    }

    /// Lets an order go whose links are undone already.
    #[inline]
    pub(crate) fn release(&mut self, position: Position, key: u32) {
        self.leave(position);
        self.orders.remove(key);
    }

    /// What few orders have, of one that has it.
    #[inline]
    pub(crate) fn extra(&self, key: u32) -> Option<&Extra> {
        let extra = self.orders.extra(key);
        (extra != NONE).then(|| &self.extras[extra])
    }

    /// The same, to change it.
    pub(crate) fn extra_mut(&mut self, key: u32) -> &mut Extra {
        let extra = self.orders.extra(key);
        debug_assert_ne!(extra, NONE, "only asked of orders that have it");
        &mut self.extras[extra]
    }

    /// Gives an order what few have; its timer starts.
    pub(crate) fn attach(&mut self, book: u32, key: u32, extra: Extra) {
        self.entries += 1;
        let extra = Extra { entry: self.entries, ..extra };
        self.attach_as(book, key, extra);
    }

    /// Gives an order what few have, with the place in time that it names.
    pub(crate) fn attach_as(&mut self, book: u32, key: u32, extra: Extra) {
        if extra.expire_at != Time(0) {
            self.timers.insert(&mut self.nodes, timer_key(&extra), key);
        }
        let shown = self.orders.shown(key);
        let detail = self.orders.detail(key);
        let extra = self.extras.insert(extra);
        self.orders.describe(key, Detail { shown, extra, book, ..detail });
    }

    /// Takes from an order what few have; its timer stops.
    pub(crate) fn detach(&mut self, key: u32) -> Extra {
        let detail = self.orders.detail(key);
        let at = detail.extra;
        self.orders.describe(key, Detail { extra: NONE, ..detail });
        let extra = self.extras[at].clone();
        if extra.expire_at != Time(0) {
            self.timers.remove(&mut self.nodes, timer_key(&extra));
        }
        self.extras.remove(at);
        extra
    }

    /// What ends next, if its time has come: orders before auctions.
    pub(crate) fn due(&self, now: Time) -> Option<Due> {
        let ((at, kind, _), key) = self.timers.first(&self.nodes)?;
        let due = if kind == 0 { Due::Order(key) } else { Due::Auction(key) };
        (at <= ordered(now)).then_some(due)
    }

    /// The auction of a book is to end at some time.
    pub(crate) fn start_clock(&mut self, until: Time, book: &Book) {
        self.timers.insert(&mut self.nodes, clock_key(until, book), book.position);
    }

    /// It is not any more.
    pub(crate) fn stop_clock(&mut self, until: Time, book: &Book) {
        self.timers.remove(&mut self.nodes, clock_key(until, book));
    }
}

impl Names for Seats<'_> {
    #[inline(always)]
    fn is_it(self, key: u32, name: Name) -> bool {
        self.orders[key].id == name.id && self.book_of(key) == name.book
    }

    #[inline(always)]
    fn may_be(self, key: u32, name: Name) -> bool {
        self.orders[key].id == name.id
    }

    #[cold]
    #[inline(never)]
    fn name_of(self, key: u32) -> Name {
        Name { book: self.book_of(key), id: self.orders[key].id }
    }
}

impl Seats<'_> {
    /// The book of a live order, by position: that of its level, or what its detail says.
    #[inline(always)]
    fn book_of(self, key: u32) -> u32 {
        match self.levels.find(self.orders[key].level()) {
            Some(level) => level.book,
            None => self.orders.detail(key).book,
        }
    }
}

/// Times in an order that signed numbers have too.
fn ordered(time: Time) -> i64 {
    (time.0 ^ 1 << 63).cast_signed()
}

/// What ends at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// The order of this key.
    Order(u32),
    /// The auction of the book at this position.
    Auction(u32),
}

fn clock_key(until: Time, book: &Book) -> Key {
    (ordered(until), 1, u64::from(book.spec.instrument.0))
}

fn timer_key(extra: &Extra) -> Key {
    (ordered(extra.expire_at), 0, extra.entry)
}
