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
mod hash;
mod limits;
mod listing;
mod matching;
mod pegs;
mod prevention;
mod quotes;
mod tell;
mod waiting;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use self::accounts::Account;
use self::book::{Book, Order, is_dark};
use self::clearing::Outcome;
use self::listing::{Call, Listing};
use crate::command::{Command, Phase, Scope};
use crate::engine::{LevelView, OrderView, WaitingView};
use crate::event::{CancelReason, Event, EventSink, Op, Reject, What};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::instrument::InstrumentSpec;
use crate::limits::Capacity;
use crate::quantity::{Qty, Time};
use crate::side::Side;

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
        while self.expire() {
            self.finish();
        }
        self.obey(command);
        self.finish();
        self.tell_indicative();
        self.tell_best();
        let interest = events.interest();
        for event in self.told.drain(..) {
            if interest.wants(event.what.class()) {
                events.push(event);
            }
        }
    }

    /// What a command, or passing time, leaves to be done.
    fn finish(&mut self) {
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
