//! A strategy's seat: its guest, its names, its limits, its ledger, and where it stands.

mod chair;
mod failure;
mod guest;
mod image;
mod ledger;
mod limits;
mod naming;
mod policy;
mod service;
mod swap;

use std::collections::VecDeque;

use ringfence_core::AccountId;

pub(crate) use chair::Chair;
pub use failure::{Failure, FaultCounts};
pub(crate) use guest::Nobody;
pub use guest::{Guest, State, Subscription};
pub(crate) use image::Around;
pub use image::{SeatImage, SeatImageError};
pub use ledger::{Ledger, Position, SUM_MAX, middle_doubled};
pub use limits::Limits;
pub use naming::{FIRST_ACCOUNT, is_strategys, seat_of};
pub(crate) use naming::{account_seat, asked_by};
pub use policy::{FaultPolicy, OpenOrders, Standing};
pub use swap::{HandOver, Successor, SwapError, Swapped};

use crate::runtime::LogLine;
use crate::sandbox::{Fault, Stats};
use chair::Place;
use limits::Used;
use naming::Names;

/// A strategy's seat at the exchange.
#[derive(Debug)]
pub struct Seat {
    name: String,
    /// What its guest was started with, a line each.
    params: String,
    names: Names,
    chair: Place,
    worker: Option<u16>,
    subscription: Subscription,
    limits: Limits,
    used: Used,
    policy: FaultPolicy,
    standing: Standing,
    /// The command of which it heard last.
    heard: u64,
    ledger: Ledger,
    counts: Counts,
    faults: FaultCounts,
    /// Those of `faults` that were in last words: no policy counts them.
    faults_in_last_words: u32,
    /// The latest ones, oldest first.
    failures: VecDeque<Failure>,
}

/// What happened at a seat, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Orders that were taken in.
    pub orders: u64,
    /// Commands that the engine turned away.
    pub rejected: u64,
    /// Commands that never reached the engine: not a guest's to give, or malformed.
    pub refused: u64,
    /// Commands beyond the strategy's limits. It was told so, as by the engine.
    pub limited: u64,
    /// Commands that found the door full. It was told so, as by the engine.
    pub crowded_out: u64,
    /// Events that found the mailbox full.
    pub mail_lost: u64,
    /// Orders that live, of those that were taken in since somebody has the seat.
    pub open: u64,
    /// Times that its guest was started again.
    pub restarts: u64,
}

impl Seat {
    /// A seat that was left, in an earlier run: its number stays given.
    #[must_use]
    pub fn left(number: u16) -> Self {
        let nobody = Box::new(Nobody);
        let seat = Self::new(String::new(), number, nobody, Subscription::NOTHING);
        Self { standing: Standing::Left, ..seat }
    }

    /// A seat for `guest`, the `number`th from 0, with the usual limits and policy.
    #[must_use]
    pub fn new(
        name: String,
        number: u16,
        guest: Box<dyn Guest>,
        subscription: Subscription,
    ) -> Self {
        let limits = Limits::default();
        Self {
            name,
            params: String::new(),
            names: Names::new(number),
            chair: Place::new(guest),
            worker: None,
            subscription,
            used: Used::new(&limits),
            limits,
            policy: FaultPolicy::default(),
            standing: Standing::Running,
            heard: 0,
            ledger: Ledger::default(),
            counts: Counts::default(),
            faults: FaultCounts::default(),
            faults_in_last_words: 0,
            failures: VecDeque::new(),
        }
    }

    /// The same seat, whose guest was started with these parameters, a line each.
    #[must_use]
    pub fn with(mut self, params: String) -> Self {
        self.params = params;
        self
    }

    /// The same seat under other limits.
    #[must_use]
    pub fn within(mut self, limits: Limits) -> Self {
        self.used = Used::new(&limits);
        self.limits = limits;
        self
    }

    /// The same seat under another policy for faults.
    #[must_use]
    pub fn under(mut self, policy: FaultPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The same seat, whose guest answers on this worker, from 0, where the floor has so many.
    #[must_use]
    pub const fn on_worker(mut self, worker: u16) -> Self {
        self.worker = Some(worker);
        self
    }

    /// The worker that its guest answers on; `None`: the venue's own thread.
    #[must_use]
    pub const fn worker(&self) -> Option<u16> {
        self.worker
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The lines of its guest's log that are kept, oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<LogLine> {
        self.chair.guest.log()
    }

    /// What its guest was started with, a line each.
    #[must_use]
    pub fn params(&self) -> &str {
        &self.params
    }

    /// Its place among the seats, from 0.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.names.number()
    }

    /// Whose its orders are.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.names.account()
    }

    /// What it asked for.
    #[must_use]
    pub const fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    /// What it may ask for.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What becomes of it when it fails.
    #[must_use]
    pub const fn policy(&self) -> &FaultPolicy {
        &self.policy
    }

    /// What it holds and what it paid.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What happened at it.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// What its guests used, from the first on.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.chair.guest.stats().after(&self.chair.past)
    }

    /// Where it stands.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// Whether somebody has it, who may have failed: it was not left.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.standing != Standing::Left
    }

    /// Whether nobody had it in this run.
    pub(crate) fn is_vacant(&self) -> bool {
        !self.is_there() && self.name.is_empty() && self.heard == 0
    }

    /// Whether it is told what happens.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.standing == Standing::Running
    }

    /// Why it does not run, where that is for a fault.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        match self.standing {
            Standing::Running | Standing::Left => None,
            _ => self.failures.back().map(|failure| &failure.fault),
        }
    }

    /// How often it failed, in last words too.
    #[must_use]
    pub fn faults(&self) -> u32 {
        u32::try_from(self.faults.total()).unwrap_or(u32::MAX)
    }

    /// How often, by cause.
    #[must_use]
    pub const fn fault_counts(&self) -> &FaultCounts {
        &self.faults
    }

    /// Its latest failures, oldest first.
    pub fn failures(&self) -> impl DoubleEndedIterator<Item = &Failure> {
        self.failures.iter()
    }

    /// Who sits there.
    #[must_use]
    pub fn guest(&self) -> &dyn Guest {
        &*self.chair.guest
    }
}

#[cfg(test)]
mod tests;
