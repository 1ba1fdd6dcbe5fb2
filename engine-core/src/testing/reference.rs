//! The specification as code: the engine in the most obvious way, speed no object.
//!
//! Written from `shared/spec/semantics.md` and `docs/semantics.md`, not from the engine. Everything
//! is found by looking through everything; events are gathered in a list and told at the end.

mod accounts;
mod allotment;
mod auction;
mod bands;
mod book;
mod change;
mod checks;
mod clearing;
mod limits;
mod matching;
mod pegs;
mod quotes;
mod tell;
mod waiting;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use self::accounts::Account;
use self::book::{Book, Order, is_dark};
use self::clearing::Outcome;
use crate::command::{Command, Phase, Scope, TimeInForce};
use crate::engine::{LevelView, OrderView, WaitingView};
use crate::event::{CancelReason, Event, EventSink, Op, Reject, What};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::instrument::InstrumentSpec;
use crate::limits::Capacity;
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;
use crate::state_hash::StateHasher;

/// A matching engine with the interface of [`Engine`](crate::Engine), obviously right.
#[derive(Clone, Debug)]
pub struct Reference {
    capacity: Capacity,
    /// In rising order of number.
    listings: Vec<Listing>,
    blocked: BTreeSet<AccountId>,
    /// Those that have limits.
    accounts: BTreeMap<AccountId, Account>,
    /// Positions of those that have none, of as many as there is room for.
    standings: BTreeMap<(AccountId, InstrumentId), i128>,
    /// Those whose protection tripped in the present command, in that order.
    tripped: Vec<AccountId>,
    /// What accounts with a ledger paid.
    fees: i128,
    seq: u64,
    now: Time,
    /// How many orders came to rest or to wait so far, over all instruments.
    entries: u64,
    /// How many waits are over so far.
    turns: u64,
    /// What the present command has caused so far.
    told: Vec<Event>,
}

/// An instrument and all that belongs to it.
#[derive(Clone, Debug)]
struct Listing {
    spec: InstrumentSpec,
    phase: Phase,
    last_trade: Option<Price>,
    trades: u64,
    book: Book,
    /// The best prices that were told last.
    best_told: [Option<LevelView>; 2],
    /// Which auction orders gather for, or would.
    call: Call,
    /// Whether they do, or did and nothing matched since.
    gathers: bool,
    /// What the auction would come to, as it was told last.
    indicated: Outcome,
    /// When the auction ends by itself.
    until: Option<Time>,
}

/// Which auction it is, for those orders that are for one only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Opening = 0,
    Intraday = 1,
    Closing = 2,
}

impl Call {
    /// Whether an order with this time in force takes part.
    const fn admits(self, tif: TimeInForce) -> bool {
        match tif {
            TimeInForce::AtOpen => matches!(self, Self::Opening),
            TimeInForce::AtClose => matches!(self, Self::Closing),
            _ => true,
        }
    }

    /// The next one, where an instrument goes from one phase to another.
    const fn after(self, from: Phase, to: Phase) -> Self {
        match (from, to) {
            (_, Phase::Closed) | (Phase::Closed | Phase::Continuous, Phase::PreOpen) => {
                Self::Opening
            }
            (Phase::Continuous, Phase::Auction) => Self::Closing,
            (Phase::Continuous, Phase::Halted) | (_, Phase::Continuous) => Self::Intraday,
            _ => self,
        }
    }
}

impl Reference {
    /// An empty engine with room for `capacity`.
    #[must_use]
    pub const fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            listings: Vec::new(),
            blocked: BTreeSet::new(),
            accounts: BTreeMap::new(),
            standings: BTreeMap::new(),
            tripped: Vec::new(),
            fees: 0,
            seq: 0,
            now: Time(0),
            entries: 0,
            turns: 0,
            told: Vec::new(),
        }
    }

    /// Applies one command that happened at `at`, and tells `events` what it caused.
    pub fn apply(&mut self, at: Time, command: &Command, events: &mut impl EventSink) {
        self.now = self.now.max(at);
        self.expire();
        self.take_turns();
        self.obey(command);
        self.take_turns();
        loop {
            while !self.tripped.is_empty() {
                for at in 0..self.listings.len() {
                    self.end_tripped_quotes(at);
                }
                self.tripped.clear();
                self.take_turns();
            }
            self.follow();
            if self.fillable().is_none() {
                break;
            }
            self.take_turns();
        }
        self.tell_indicative();
        self.tell_best();
        let interest = events.interest();
        for event in self.told.drain(..) {
            if interest.wants(event.what.class()) {
                events.push(event);
            }
        }
    }

    fn obey(&mut self, command: &Command) {
        match command {
            Command::Instrument(spec) => self.list(spec),
            Command::Account(spec) => self.limit(spec),
            Command::New(order) => self.place(order),
            Command::Cancel(cancel) => self.cancel(cancel),
            Command::Reduce(reduce) => self.reduce(reduce),
            Command::Replace(replace) => self.replace(replace),
            Command::Quote(quote) => self.quote(quote),
            Command::MassCancel(scope) | Command::Kill(scope) | Command::Unblock(scope)
                if scope.instrument.is_some_and(|named| self.position(named).is_none()) =>
            {
                self.turn_away_scope(command.op(), *scope, Reject::UnknownInstrument);
            }
            Command::MassCancel(scope) => self.end_all(*scope, CancelReason::Mass),
            Command::Kill(scope) => self.kill(*scope),
            Command::Unblock(scope) => self.unblock(*scope),
            Command::Phase { instrument, phase } => self.enter_phase(*instrument, *phase),
            Command::Uncross { instrument, then } => match self.check_uncross(*instrument) {
                Ok(at) => {
                    self.uncross(at, *then);
                    self.begin_phase(at, *then, None);
                }
                Err(reason) => {
                    self.turn_away(Op::Uncross, (*instrument, OrderId(0), AccountId(0)), reason);
                }
            },
            Command::Time => {}
        }
    }

    /// The number of the latest event; 0 before the first.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// The time of the latest command.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// A hash of the whole state, in the words and order that `docs/semantics.md` names.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hasher = StateHasher::default();
        hasher.word(self.seq);
        hasher.word(self.now.0);
        hasher.word(self.blocked.len() as u64);
        for account in &self.blocked {
            hasher.word(u64::from(account.0));
        }
        for listing in &self.listings {
            hasher.word(u64::from(listing.spec.instrument.0));
            hasher.word(u64::from(listing.phase as u8));
            hasher.optional(listing.last_trade.map(|price| price.0));
            hasher.word(listing.trades);
            hasher.word(listing.call as u64 | u64::from(listing.gathers) << 8);
            if let Some(until) = listing.until {
                hasher.word(until.0);
            }
            for side in Side::BOTH {
                for order in listing.book.in_order_of_service(side) {
                    hash_resting(&mut hasher, order);
                }
            }
            for order in &listing.book.waiting {
                hash_waiting(&mut hasher, order);
            }
        }
        self.hash_accounts(&mut hasher);
        hasher.finish()
    }

    /// The numbers of all instruments, rising.
    pub fn instruments(&self) -> impl Iterator<Item = InstrumentId> + '_ {
        self.listings.iter().map(|listing| listing.spec.instrument)
    }

    /// What a side shows, best level first.
    #[must_use]
    pub fn levels(&self, instrument: InstrumentId, side: Side) -> Vec<LevelView> {
        self.position(instrument).map_or_else(Vec::new, |at| self.listings[at].book.levels(side))
    }

    /// The live orders of a side, in the order of service.
    #[must_use]
    pub fn orders(&self, instrument: InstrumentId, side: Side) -> Vec<OrderView> {
        let at = self.position(instrument);
        let orders = at.map_or(&[][..], |at| self.listings[at].book.in_order_of_service(side));
        orders.iter().map(Order::view).collect()
    }

    /// The live orders that wait, oldest first.
    #[must_use]
    pub fn waiting(&self, instrument: InstrumentId) -> Vec<WaitingView> {
        let at = self.position(instrument);
        let orders = at.map_or(&[][..], |at| &self.listings[at].book.waiting);
        orders.iter().map(Order::waiting_view).collect()
    }

    /// Asserts what must hold between commands: nothing rests crossed, empty or twice.
    pub fn check_invariants(&self) {
        for listing in &self.listings {
            let best = Side::BOTH.map(|side| listing.book.best_price_for(side, Qty::ZERO));
            if let [Some(bid), Some(ask)] = best {
                assert!(bid < ask || listing.gathers, "the book is crossed: {bid:?} {ask:?}");
            }
            let mut names = BTreeSet::new();
            for order in listing.book.all() {
                assert!(!order.open.is_zero(), "an order of nothing lives: {order:?}");
                assert!(order.turn.is_none(), "it missed its turn: {order:?}");
                assert!(names.insert(order.terms.id), "two live orders named {order:?}");
            }
            for side in Side::BOTH {
                for order in listing.book.in_order_of_service(side) {
                    assert_eq!(order.terms.side, side, "on the wrong side: {order:?}");
                    let shows = !order.shown.is_zero() && order.shown <= order.open;
                    assert_ne!(shows, is_dark(&order.terms), "shows too little or much: {order:?}");
                }
            }
        }
        assert!(self.order_count() <= u64::from(self.capacity.orders), "more orders than room");
        assert!(self.levels_held() <= u64::from(self.capacity.levels), "more levels than room");
        self.check_pegged();
    }

    /// Where an instrument stands in the list.
    fn position(&self, instrument: InstrumentId) -> Option<usize> {
        self.listings.iter().position(|listing| listing.spec.instrument == instrument)
    }

    fn order_count(&self) -> u64 {
        self.listings.iter().map(|listing| listing.book.order_count()).sum()
    }

    fn level_count(&self) -> u64 {
        self.listings.iter().map(|listing| listing.book.level_count()).sum()
    }

    /// How many levels are needed wherever the pegged orders stand.
    fn levels_held(&self) -> u64 {
        self.listings.iter().map(|listing| listing.book.levels_held()).sum()
    }

    /// Takes up a new instrument.
    fn list(&mut self, spec: &InstrumentSpec) {
        if let Err(reason) = self.check_instrument(spec) {
            let who = (spec.instrument, OrderId(0), AccountId(0));
            return self.turn_away(Op::Instrument, who, reason);
        }
        self.listings.push(Listing {
            spec: spec.clone(),
            phase: spec.phase,
            last_trade: None,
            trades: 0,
            book: Book::default(),
            best_told: [None; 2],
            call: if spec.phase == Phase::Continuous { Call::Intraday } else { Call::Opening },
            gathers: matches!(spec.phase, Phase::PreOpen | Phase::Auction),
            indicated: Outcome::default(),
            until: None,
        });
        self.listings.sort_by_key(|listing| listing.spec.instrument);
        self.tell(spec.instrument, What::Phase { phase: spec.phase });
    }

    /// Ends an account's orders in a scope and blocks it.
    fn kill(&mut self, scope: Scope) {
        let Some(account) = scope.account else {
            return self.turn_away_scope(Op::Kill, scope, Reject::UnknownAccount);
        };
        self.end_all(scope, CancelReason::Kill);
        match self.check_block(account) {
            Ok(()) => _ = self.blocked.insert(account),
            Err(reason) => self.turn_away_scope(Op::Kill, scope, reason),
        }
    }

    fn unblock(&mut self, scope: Scope) {
        match scope.account {
            Some(account) => {
                self.blocked.remove(&account);
                if let Some(account) = self.accounts.get_mut(&account) {
                    (account.is_tripped, account.fills) = Default::default();
                }
            }
            None => self.turn_away_scope(Op::Unblock, scope, Reject::UnknownAccount),
        }
    }

    fn turn_away_scope(&mut self, op: Op, scope: Scope, reason: Reject) {
        let instrument = scope.instrument.unwrap_or_default();
        let account = scope.account.unwrap_or_default();
        self.turn_away(op, (instrument, OrderId(0), account), reason);
    }

    /// Puts an instrument into a phase; `closed` ends the trading day and its orders.
    fn enter_phase(&mut self, instrument: InstrumentId, phase: Phase) {
        let at = match self.check_phase(instrument) {
            Ok(at) => at,
            Err(reason) => {
                let who = (instrument, OrderId(0), AccountId(0));
                return self.turn_away(Op::Phase, who, reason);
            }
        };
        if phase == Phase::Continuous && self.listings[at].gathers {
            self.uncross(at, phase);
        }
        self.begin_phase(at, phase, None);
    }

    /// A phase begins, now that the one before is over; `call` where it is known which auction it is.
    fn begin_phase(&mut self, at: usize, phase: Phase, call: Option<Call>) {
        let gathers = matches!(phase, Phase::PreOpen | Phase::Auction);
        let listing = &mut self.listings[at];
        listing.until = None;
        listing.call = call.unwrap_or(listing.call.after(listing.phase, phase));
        if listing.phase != Phase::Auction || !listing.gathers {
            listing.indicated = Outcome::default();
        }
        listing.gathers |= gathers;
        listing.phase = phase;
        self.tell(self.listings[at].spec.instrument, What::Phase { phase });
        if gathers {
            self.end_reducers(at);
            self.admit(at);
        }
        if phase == Phase::Closed {
            self.end_day(at);
        }
    }
}

/// What rests: where, and what of it is open, shown and filled.
fn hash_resting(hasher: &mut StateHasher, order: &Order) {
    let terms = &order.terms;
    hasher.word(terms.id.0);
    hasher.word(u64::from(terms.account.0));
    hasher.signed(terms.price.unwrap_or_default().0);
    hasher.word(order.open.0);
    hasher.word(order.shown.0);
    hasher.word(order.filled.0);
    hasher.word(u64::from(terms.stp_group));
    hasher.word(terms_word(order) | u64::from(order.top) << 33);
    if order.is_pegged() {
        return hash_what_few_have(hasher, order);
    }
    let special = order.quote || terms.reduce_only || order.for_call;
    if terms.display.0 == 0 && terms.expire_at.0 == 0 && terms.group == 0 && !special {
        return hasher.word(0);
    }
    // Nothing of what orders have that wait.
    let kind = 1 + order.plain_type() as u64;
    for word in [kind, terms.expire_at.0, terms.display.0, terms.group, 0, 0, 0, 0, 0, 0, 0] {
        hasher.word(word);
    }
}

/// What waits, and for what.
fn hash_waiting(hasher: &mut StateHasher, order: &Order) {
    let terms = &order.terms;
    hasher.word(terms.id.0);
    hasher.word(u64::from(terms.account.0));
    hasher.word(order.open.0);
    hasher.word(u64::from(terms.stp_group));
    hasher.word(terms_word(order));
    hash_what_few_have(hasher, order);
}

fn hash_what_few_have(hasher: &mut StateHasher, order: &Order) {
    let terms = &order.terms;
    hasher.word(1 + order.plain_type() as u64);
    hasher.word(terms.expire_at.0);
    hasher.word(terms.display.0);
    hasher.word(terms.group);
    hasher.optional(order.limit().map(|price| price.0));
    hasher.optional(terms.stop.map(|price| price.0));
    hasher.word(terms.trail);
    hasher.word(terms.min_qty.0);
    hasher.word(terms.parent);
    if order.is_pegged() {
        hasher.word(terms.peg as u64);
        hasher.signed(terms.offset);
    }
}

fn terms_word(order: &Order) -> u64 {
    let terms = &order.terms;
    u64::from(terms.side as u8)
        | u64::from(terms.tif as u8) << 8
        | u64::from(terms.stp as u8) << 16
        | u64::from(terms.post_only as u8) << 24
        | u64::from(is_dark(terms)) << 32
        | u64::from(terms.all_or_none) << 34
        | u64::from(terms.reduce_only) << 35
        | u64::from(order.quote) << 36
}
