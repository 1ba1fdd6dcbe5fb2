//! The engine: (state, command) → (state, events).

mod accounts;
mod ahead;
mod allocation;
mod bands;
mod call;
mod change;
mod check;
mod desk;
mod directory;
mod finish;
#[cfg(feature = "snapshot")]
mod image;
mod ledger;
mod limits;
mod links;
mod matching;
mod outcome;
mod pegs;
mod phases;
mod picking;
mod place;
mod plain;
mod prevention;
mod quote;
mod reach;
#[cfg(feature = "snapshot")]
mod restore;
#[cfg(feature = "snapshot")]
mod save;
mod seldom;
mod taker;
mod uncross;
mod view;
mod waiting;
mod whole;
mod worth;

use alloc::vec::Vec;

use crate::book::index::Mixer;
use crate::book::{Book, Store, invariants};
use crate::command::{Cancel, Command, NewOrder, Reduce, Replace};
use crate::event::{EventSink, Interest, Op, Reject, What};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::limits::Capacity;
use crate::quantity::Time;
use crate::risk::accounts::Accounts;
use crate::state_hash::StateHasher;

pub use accounts::{AccountView, HoldingView};
pub use ahead::{AHEAD_MAX, Ahead};
use desk::{Desk, Out};
use directory::Directory;
#[cfg(feature = "snapshot")]
pub use image::Image;
use plain::{Plain, Short};
pub use view::{BookView, IndicativeView, LevelView, OrderView, WaitingView};

/// A matching engine for many instruments.
///
/// ```
/// use ringfence_core::{
///     Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, NewOrder, OrderId, Price, Qty, Side,
///     Time, What,
/// };
/// let mut engine = Engine::new(Capacity::SMALL);
/// let mut events: Vec<Event> = Vec::new();
/// let spec = InstrumentSpec::new(InstrumentId(0), "ABC");
/// engine.apply(Time(1), &Command::Instrument(Box::new(spec)), &mut events);
/// let sell = NewOrder::limit(OrderId(1), Side::Sell, Price(100), Qty(5));
/// let buy = NewOrder::limit(OrderId(2), Side::Buy, Price(101), Qty(3));
/// engine.apply(Time(2), &Command::New(sell), &mut events);
/// engine.apply(Time(3), &Command::New(buy), &mut events);
/// let traded = events.iter().any(|event| matches!(event.what, What::Trade { price: Price(100), qty: Qty(3), .. }));
/// assert!(traded, "at the resting order's price");
/// ```
#[derive(Clone, Debug)]
pub struct Engine {
    seq: u64,
    now: Time,
    store: Store,
    books: Vec<Book>,
    directory: Directory,
    accounts: Accounts,
    capacity: Capacity,
}

impl Engine {
    /// An empty engine with room for `capacity`.
    ///
    /// # Panics
    ///
    /// Where `capacity` asks for more than [`Capacity::ORDERS_MAX`] orders or
    /// [`Capacity::LEVELS_MAX`] levels.
    #[must_use]
    pub fn new(capacity: Capacity) -> Self {
        Self::mixed(capacity, Mixer::GOLDEN)
    }

    /// The same, with an index of orders that nobody can fill on purpose who does not know `key`.
    ///
    /// [`new`](Self::new) finds orders by a multiplication that everybody knows: whoever chooses
    /// their names can have so many meet that each command about one passes all of them. No event
    /// and no hash depends on the key: draw it at each start.
    ///
    /// ```
    /// use std::hash::{BuildHasher, RandomState};
    /// use ringfence_core::{Capacity, Engine};
    /// let engine = Engine::keyed(Capacity::SMALL, RandomState::new().hash_one(0));
    /// assert_eq!(engine.state_hash(), Engine::new(Capacity::SMALL).state_hash());
    /// ```
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[must_use]
    pub fn keyed(capacity: Capacity, key: u64) -> Self {
        Self::mixed(capacity, Mixer::of_key(key))
    }

    pub(crate) fn mixed(capacity: Capacity, mixer: Mixer) -> Self {
        Self {
            seq: 0,
            now: Time(0),
            store: Store::new(capacity, mixer),
            books: Vec::with_capacity(capacity.instruments as usize),
            directory: Directory::new(capacity.instruments as usize),
            accounts: Accounts::new(capacity),
            capacity,
        }
    }

    /// Applies one command that happened at `at` and tells `events` what it caused.
    ///
    /// An `at` earlier than that of the command before counts as that of the command before. The
    /// order of events is that of `docs/semantics.md`.
    #[inline]
    pub fn apply(&mut self, at: Time, command: &Command, events: &mut impl EventSink) {
        match command {
            Command::New(order) => self.place(at, order, events),
            Command::Cancel(cancel) => self.cancel(at, cancel, events),
            Command::Reduce(reduce) => self.reduce(at, reduce, events),
            Command::Replace(replace) => self.replace(at, replace, events),
            seldom => {
                self.advance(at, events);
                self.apply_seldom(seldom, events);
                self.take_turns(events);
                self.finish(events);
            }
        }
    }

    /// Applies [`Command::New`], for callers that hold the order.
    #[inline]
    pub fn place(&mut self, at: Time, order: &NewOrder, events: &mut impl EventSink) {
        match Plain::of(order) {
            Some(plain) => self.place_plain(at, &plain, events),
            // A copy, so that the order itself need not be in memory.
            None => self.place_any(at, &{ *order }, events),
        }
    }

    #[inline]
    fn place_plain(&mut self, at: Time, order: &Plain, events: &mut impl EventSink) {
        if !self.goes_short(at, order, events) {
            self.place_long(at, order, events);
        }
    }

    #[inline(never)]
    fn place_long(&mut self, at: Time, order: &Plain, events: &mut impl EventSink) {
        let &Plain { instrument, id, account, .. } = order;
        let name = (Op::New, instrument, id, account);
        self.work(at, name, events, |desk| desk.place_any(&order.whole()));
    }

    #[inline(never)]
    fn place_any(&mut self, at: Time, order: &NewOrder, events: &mut impl EventSink) {
        let &NewOrder { instrument, id, account, .. } = order;
        let name = (Op::New, instrument, id, account);
        self.work(at, name, events, |desk| desk.place_any(order));
    }

    /// Applies [`Command::Cancel`], for callers that hold its parts.
    #[inline]
    pub fn cancel(&mut self, at: Time, cancel: &Cancel, events: &mut impl EventSink) {
        if !self.goes_short(at, cancel, events) {
            self.cancel_any(at, cancel, events);
        }
    }

    #[inline(never)]
    fn cancel_any(&mut self, at: Time, cancel: &Cancel, events: &mut impl EventSink) {
        let &Cancel { instrument, id, account } = cancel;
        let name = (Op::Cancel, instrument, id, account);
        self.work(at, name, events, |desk| desk.cancel_any(id, account));
    }

    /// Applies [`Command::Reduce`], for callers that hold its parts.
    #[inline]
    pub fn reduce(&mut self, at: Time, reduce: &Reduce, events: &mut impl EventSink) {
        if !self.goes_short(at, reduce, events) {
            self.reduce_any(at, reduce, events);
        }
    }

    #[inline(never)]
    fn reduce_any(&mut self, at: Time, reduce: &Reduce, events: &mut impl EventSink) {
        let &Reduce { instrument, id, account, .. } = reduce;
        let name = (Op::Reduce, instrument, id, account);
        self.work(at, name, events, |desk| desk.reduce_any(reduce));
    }

    /// Applies [`Command::Replace`], for callers that hold its parts.
    #[inline]
    pub fn replace(&mut self, at: Time, replace: &Replace, events: &mut impl EventSink) {
        if !self.goes_short(at, replace, events) {
            self.replace_any(at, replace, events);
        }
    }

    #[inline(never)]
    fn replace_any(&mut self, at: Time, replace: &Replace, events: &mut impl EventSink) {
        let &Replace { instrument, id, account, .. } = replace;
        let name = (Op::Replace, instrument, id, account);
        self.work(at, name, events, |desk| desk.replace_any(replace));
    }

    /// Does the whole of a command about one order, where nothing is switched on that a plain order
    /// would have to heed and the command can: whether it did. Nothing has happened where it did not.
    #[inline(always)]
    fn goes_short<S: EventSink>(&mut self, at: Time, command: &impl Short, events: &mut S) -> bool {
        if self.accounts.watch || (!self.store.timers.is_empty() && self.is_due(at)) {
            return false;
        }
        let instrument = command.instrument();
        let now = self.now.max(at);
        let Some(position) = self.listed_at(instrument) else { return false };
        let mut desk = self.desk(position, instrument, events);
        let done = desk.book.heed.is_empty() && command.go(&mut desk);
        if done {
            if desk.out.wants(Interest::L1) {
                desk.tell_best();
            }
            self.now = now;
        }
        done
    }

    /// Whether anything ends by `at`.
    #[cold]
    #[inline(never)]
    fn is_due(&self, at: Time) -> bool {
        self.store.due(self.now.max(at)).is_some()
    }

    /// Does the work of a command about one order at the desk of its instrument.
    fn work<S: EventSink>(
        &mut self,
        at: Time,
        (op, instrument, id, account): (Op, InstrumentId, OrderId, AccountId),
        events: &mut S,
        command: impl FnOnce(&mut Desk<'_, S>),
    ) {
        let expired = self.advance(at, events);
        match self.listed_at(instrument) {
            Some(position) => self.desk(position, instrument, events).work(!expired, command),
            None => self.reject_order(op, instrument, id, account, events),
        }
        if expired || !self.accounts.tripped.is_empty() {
            self.finish(events);
        }
    }

    /// The number of the latest numbered event; 0 before the first.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The time of the latest command.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// How many orders live, over all instruments.
    #[must_use]
    pub fn orders(&self) -> u32 {
        self.store.orders.len()
    }

    /// The numbers of all instruments, rising.
    pub fn instruments(&self) -> impl Iterator<Item = InstrumentId> + '_ {
        self.directory.iter().map(|(instrument, _)| instrument)
    }

    /// A look into the book of an instrument.
    #[must_use]
    pub fn book(&self, instrument: InstrumentId) -> Option<BookView<'_>> {
        let position = self.listed_at(instrument)?;
        Some(BookView::new(&self.store, &self.books[position]))
    }

    /// A hash of the whole state: equal for equal states on every platform. Walks all orders.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hasher = StateHasher::default();
        hasher.word(self.seq);
        hasher.word(self.now.0);
        hasher.word(self.accounts.blocked().len() as u64);
        for account in self.accounts.blocked() {
            hasher.word(u64::from(account.0));
        }
        for (_, position) in self.directory.iter() {
            BookView::new(&self.store, &self.books[position]).hash(&mut hasher);
        }
        self.accounts.hash(&mut hasher);
        hasher.finish()
    }

    /// Asserts what must hold between commands; walks everything.
    ///
    /// # Panics
    ///
    /// Where something does not hold: that is a bug of this crate.
    pub fn check_invariants(&self) {
        invariants::check(&self.store, &self.books);
        self.check_ledger();
    }

    /// Lets time pass: what is due by `at` ends; whether anything was.
    #[inline]
    fn advance(&mut self, at: Time, events: &mut impl EventSink) -> bool {
        self.now = self.now.max(at);
        !self.store.timers.is_empty() && self.expire(events)
    }

    /// Where the book of an instrument stands.
    #[inline]
    fn listed_at(&self, instrument: InstrumentId) -> Option<usize> {
        let position = self.directory.position(instrument);
        (position < self.books.len()).then_some(position)
    }

    #[inline(always)]
    fn desk<'a, S: EventSink>(
        &'a mut self,
        position: usize,
        instrument: InstrumentId,
        events: &'a mut S,
    ) -> Desk<'a, S> {
        let book = &mut self.books[position];
        let out = Out::new(&mut self.seq, events, instrument);
        let (store, accounts) = (&mut self.store, &mut self.accounts);
        Desk { store, book, accounts, now: self.now, out }
    }

    /// The desk of the book at a position.
    fn desk_of<'a, S: EventSink>(&'a mut self, position: usize, events: &'a mut S) -> Desk<'a, S> {
        let instrument = self.books[position].spec.instrument;
        self.desk(position, instrument, events)
    }

    fn out<'a, S: EventSink>(
        &'a mut self,
        instrument: InstrumentId,
        events: &'a mut S,
    ) -> Out<'a, S> {
        Out::new(&mut self.seq, events, instrument)
    }

    #[cold]
    fn reject_order(
        &mut self,
        op: Op,
        instrument: InstrumentId,
        id: OrderId,
        account: AccountId,
        events: &mut impl EventSink,
    ) {
        let what = What::Rejected { op, id, account, reason: Reject::UnknownInstrument };
        self.out(instrument, events).private(what);
    }
}

#[cfg(test)]
mod tests;
