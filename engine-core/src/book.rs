//! The book of one instrument, and the store in which the orders of all books live.

pub(crate) mod call;
pub(crate) mod heed;
pub(crate) mod index;
pub(crate) mod invariants;
pub(crate) mod ladder;
pub(crate) mod level;
pub(crate) mod order;
pub(crate) mod orders;
pub(crate) mod peg;
pub(crate) mod pool;
pub(crate) mod sum;
pub(crate) mod tree;

use alloc::vec::Vec;

use arrayvec::ArrayVec;

use crate::allocation::{Share, Step, Steps, steps};
use crate::command::{OrderType, Peg, Phase};
use crate::event::Total;
use crate::id::{AccountId, OrderId};
use crate::instrument::InstrumentSpec;
use crate::limits::{Capacity, WHOLES_MAX};
use crate::quantity::{Price, Qty, Time};
use crate::risk::hold::Hold;
use crate::side::Side;

use call::Call;
use heed::Heed;
use index::{Index, Mixer, Name, Names, Position};
use ladder::{Ladder, Page};
use level::Level;
use order::{Order, Terms};
use orders::{Detail, Orders, Seat};
use peg::Marks;
use pool::{NONE, Pool, Pooled};
use tree::{Key, Nodes, Tree};

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
struct Seats<'a> {
    orders: &'a Orders,
    levels: &'a Pool<Level>,
}

/// What few orders have.
#[derive(Clone, Debug)]
pub(crate) struct Extra {
    /// When the order ends; 0 is never.
    pub(crate) expire_at: Time,
    /// Which came first, among those that wait for the same thing.
    pub(crate) entry: u64,
    /// The tip of an iceberg; 0 is all.
    pub(crate) display: Qty,
    /// One-cancels-other group; 0 is none.
    pub(crate) group: u64,
    /// What the order becomes when it enters.
    pub(crate) order_type: OrderType,
    /// The price at which it will be limited, if any.
    pub(crate) limit: Option<Price>,
    /// The stop that it waits for.
    pub(crate) stop: Option<Price>,
    /// The distance of its stop from the best trade price since; 0: the stop does not move.
    pub(crate) trail: u64,
    /// The trade price that its trailing stop was last moved by.
    pub(crate) moved_by: Option<Price>,
    /// Where its turn stands among those pending.
    pub(crate) turn: u32,
    /// What its first match must reach.
    pub(crate) min_qty: Qty,
    /// The order whose end it waits for; 0 is none.
    pub(crate) parent: u64,
    /// Whether it is one side of a quote.
    pub(crate) quote: bool,
    /// Whether it may only bring its account's position nearer to nothing.
    pub(crate) reduce_only: bool,
    /// What it holds for its group, where its account has a ledger.
    pub(crate) held: Hold,
    /// Where it is while it is not on a level.
    pub(crate) waits: Waits,
    /// What a pegged order follows.
    pub(crate) peg: Peg,
    /// How far from what it follows a pegged order stands.
    pub(crate) offset: i64,
    /// Whether it ends with the auction that it gathers for.
    pub(crate) for_call: bool,
    /// The next free place, while this one is free.
    pub(crate) link: u32,
}

/// Where a live order is that is not on a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waits {
    /// Nowhere: it rests on a level.
    No,
    /// For its stop.
    Stop,
    /// For its parent.
    Parent,
    /// For the auction that it is for.
    Auction,
    /// Nowhere: it gathers for the present auction at no price.
    Call,
    /// For the command to finish that set it free.
    Turn,
    /// For the command to finish that ended its parent unfilled.
    End,
    /// For a price to follow.
    Price,
}

impl Default for Extra {
    fn default() -> Self {
        Self {
            expire_at: Time(0),
            entry: 0,
            display: Qty::ZERO,
            group: 0,
            order_type: OrderType::Limit,
            limit: None,
            stop: None,
            trail: 0,
            moved_by: None,
            turn: NONE,
            min_qty: Qty::ZERO,
            parent: 0,
            quote: false,
            reduce_only: false,
            held: Hold::NONE,
            waits: Waits::No,
            peg: Peg::Primary,
            offset: 0,
            for_call: false,
            link: NONE,
        }
    }
}

impl Pooled for Extra {
    fn link(&mut self) -> &mut u32 {
        &mut self.link
    }
}

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
    fn index_mut(&mut self) -> (&mut Index, Seats<'_>) {
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
