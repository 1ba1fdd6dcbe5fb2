//! What the engine and its reference have in common, so that one check runs on both.

use alloc::vec::Vec;

use crate::command::Command;
use crate::engine::{AccountView, Engine, HoldingView, LevelView, OrderView, WaitingView};
use crate::event::EventSink;
use crate::id::{AccountId, InstrumentId};
use crate::quantity::Time;
use crate::side::Side;
use crate::testing::reference::Reference;

/// Something that takes commands and tells events.
pub trait Venue {
    /// Applies one command that happened at `at`.
    fn apply(&mut self, at: Time, command: &Command, events: &mut impl EventSink);

    /// The number of the latest event.
    fn seq(&self) -> u64;

    /// The time of the latest command.
    fn now(&self) -> Time;

    /// The hash of the whole state.
    fn state_hash(&self) -> u64;

    /// The numbers of all instruments, rising.
    fn instruments(&self) -> Vec<InstrumentId>;

    /// What a side shows, best level first; nothing where there is no such instrument.
    fn levels(&self, instrument: InstrumentId, side: Side) -> Vec<LevelView>;

    /// The live orders of a side in the order of service; none where there is no such instrument.
    fn orders(&self, instrument: InstrumentId, side: Side) -> Vec<OrderView>;

    /// The live orders that wait, oldest first; none where there is no such instrument.
    fn waiting(&self, instrument: InstrumentId) -> Vec<WaitingView>;

    /// What is known of every account that has limits, rising.
    fn accounts(&self) -> Vec<AccountState>;

    /// Asserts what must hold between commands.
    fn check_invariants(&self);
}

/// All that can be seen of an account that has limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountState {
    /// Its number.
    pub account: AccountId,
    /// All its cash, where it has a ledger.
    pub cash: Option<i128>,
    /// What of that its orders hold.
    pub held: u128,
    /// How many of its orders live.
    pub open_orders: u32,
    /// Whether market-maker protection keeps it from quoting.
    pub is_tripped: bool,
    /// What it owns, by rising instrument.
    pub holdings: Vec<HoldingView>,
}

impl Venue for Engine {
    fn apply(&mut self, at: Time, command: &Command, events: &mut impl EventSink) {
        Self::apply(self, at, command, events);
    }

    fn seq(&self) -> u64 {
        Self::seq(self)
    }

    fn now(&self) -> Time {
        Self::now(self)
    }

    fn state_hash(&self) -> u64 {
        Self::state_hash(self)
    }

    fn instruments(&self) -> Vec<InstrumentId> {
        Self::instruments(self).collect()
    }

    fn levels(&self, instrument: InstrumentId, side: Side) -> Vec<LevelView> {
        self.book(instrument).map_or_else(Vec::new, |book| book.levels(side).collect())
    }

    fn orders(&self, instrument: InstrumentId, side: Side) -> Vec<OrderView> {
        self.book(instrument).map_or_else(Vec::new, |book| book.orders(side).collect())
    }

    fn waiting(&self, instrument: InstrumentId) -> Vec<WaitingView> {
        self.book(instrument).map_or_else(Vec::new, |book| book.waiting().collect())
    }

    fn accounts(&self) -> Vec<AccountState> {
        let state = |account: AccountView<'_>| AccountState {
            account: account.spec().account,
            cash: account.cash(),
            held: account.held(),
            open_orders: account.open_orders(),
            is_tripped: account.is_tripped(),
            holdings: account.holdings().collect(),
        };
        Self::accounts(self).map(state).collect()
    }

    fn check_invariants(&self) {
        Self::check_invariants(self);
    }
}

impl Venue for Reference {
    fn apply(&mut self, at: Time, command: &Command, events: &mut impl EventSink) {
        Self::apply(self, at, command, events);
    }

    fn seq(&self) -> u64 {
        Self::seq(self)
    }

    fn now(&self) -> Time {
        Self::now(self)
    }

    fn state_hash(&self) -> u64 {
        Self::state_hash(self)
    }

    fn instruments(&self) -> Vec<InstrumentId> {
        Self::instruments(self).collect()
    }

    fn levels(&self, instrument: InstrumentId, side: Side) -> Vec<LevelView> {
        Self::levels(self, instrument, side)
    }

    fn orders(&self, instrument: InstrumentId, side: Side) -> Vec<OrderView> {
        Self::orders(self, instrument, side)
    }

    fn waiting(&self, instrument: InstrumentId) -> Vec<WaitingView> {
        Self::waiting(self, instrument)
    }

    fn accounts(&self) -> Vec<AccountState> {
        self.account_states()
    }

    fn check_invariants(&self) {
        Self::check_invariants(self);
    }
}
