//! A strategy's seat: its guest, its names, its limits, its ledger, and where it stands.

mod chair;
mod failure;
mod guest;
mod ledger;
mod limits;
mod naming;
mod policy;
mod swap;

use std::collections::VecDeque;

use ringfence_core::wire::{CommandRecord, EventRecord, kind};
use ringfence_core::{AccountId, AccountSpec, Command, Event, OrderId, Reject, Side, Time, What};

pub(crate) use chair::Chair;
pub use failure::{Failure, FaultCounts};
pub use guest::{Guest, State, Subscription};
pub use ledger::{Ledger, Position, middle_doubled};
pub use limits::Limits;
pub use naming::{FIRST_ACCOUNT, is_strategys, seat_of};
pub use policy::{FaultPolicy, OpenOrders, Standing};
pub use swap::{HandOver, Successor, SwapError};

use crate::floor::{Item, Tray};
use crate::sandbox::{Fault, Stats};
use crate::sequencer::{Stamp, Stamped};
use chair::Place;
use failure::FAILURES_KEPT;
use limits::Used;
use naming::Names;

/// A strategy's seat at the exchange.
#[derive(Debug)]
pub struct Seat {
    name: String,
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
    faults: u32,
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
}

/// Events that wait for one delivery: four times what the deepest sweep of a day causes.
const MAIL_MAX: usize = 1 << 16;

/// Requests of strategies that may wait to be sequenced.
const DOOR_MAX: usize = 1 << 14;

impl Seat {
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
            faults: 0,
            failures: VecDeque::new(),
        }
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

    /// How often it failed.
    #[must_use]
    pub const fn faults(&self) -> u32 {
        self.faults
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

/// What the floor does with a seat.
impl Seat {
    /// Puts an event that was kept at `item` into the mailbox; it is of the command at `place`, or
    /// of none where that is 0.
    #[inline]
    pub(crate) fn receive(&mut self, item: Option<Item>, place: u64) {
        let Some(item) = item.filter(|_| self.chair.items.len() < MAIL_MAX) else {
            self.counts.mail_lost += 1;
            return;
        };
        let is_first = place != self.heard || place == 0;
        self.heard = place;
        self.chair.items.push(if is_first { item.first() } else { item });
    }

    /// Notes that the timer rang. Where the guest takes it as an event, it gets `item`.
    pub(crate) fn ring(&mut self, item: impl FnOnce() -> Option<Item>) {
        if self.chair.guest.takes_rings() {
            self.chair.rings = true;
        } else {
            self.receive(item(), 0);
        }
    }

    /// A private event in the guest's own names.
    pub(crate) fn private_record(event: &Event, at: Time) -> EventRecord {
        Names::record(event, at)
    }

    /// Keeps count of what happened; `buyer` is the order that bought in the latest trade.
    pub(crate) fn book_keep(&mut self, event: &Event, buyer: OrderId) {
        match event.what {
            What::Accepted { .. } => self.counts.orders += 1,
            What::Rejected { .. } => self.counts.rejected += 1,
            What::Filled { id, price, qty, fee, .. } => {
                let side = if id == buyer { Side::Buy } else { Side::Sell };
                self.ledger.settle(event.instrument, side, price, qty, fee);
            }
            _ => {}
        }
    }

    /// What the engine has to know of its account, where that is not `known` already. Limits of other
    /// kinds stay, and so does its cash.
    pub(crate) fn account_limits(&self, known: Option<&AccountSpec>) -> Option<Command> {
        let max_open_orders = Some(self.limits.open_orders?);
        let account = self.account();
        let known = known.cloned().unwrap_or_default();
        if known.max_open_orders == max_open_orders {
            return None;
        }
        let spec = AccountSpec { account, max_open_orders, cash: None, ..known };
        Some(Command::Account(Box::new(spec)))
    }

    /// Who answers, with mail and tray.
    pub(crate) fn chair(&mut self) -> &mut Chair {
        &mut self.chair
    }

    /// Gives the chair to a worker for a round.
    pub(crate) fn lend_chair(&mut self) -> Box<Chair> {
        self.chair.lend()
    }

    /// Takes it back.
    pub(crate) fn return_chair(&mut self, chair: Box<Chair>) {
        self.chair.put_back(chair);
    }

    /// Puts what the guest asked for in its latest answer into `tray`. A guest that failed is dealt
    /// with as its policy says.
    pub(crate) fn collect(&mut self, stamp: Stamp, tray: &mut Tray<'_>) {
        self.used.begin(&self.limits, self.chair.answered);
        for place in 0..self.chair.asked.len() {
            let record = self.chair.asked[place];
            let Some(command) = self.names.command(record) else {
                self.counts.refused += 1;
                continue;
            };
            let is_order =
                matches!(command, Command::New(_) | Command::Replace(_) | Command::Quote(_));
            if !self.used.admits(stamp.at.0, is_order) {
                self.counts.limited += 1;
                self.turn_away(&record, Reject::MaxMessages, stamp, tray);
            } else if tray.door.len() >= DOOR_MAX {
                self.counts.crowded_out += 1;
                self.turn_away(&record, Reject::Capacity, stamp, tray);
            } else {
                tray.door.push(Stamped { at: stamp.at, command });
            }
        }
        if let Err(fault) = std::mem::replace(&mut self.chair.ended, Ok(())) {
            let log = self.chair.guest.log_tail();
            let backtrace = self.chair.guest.backtrace();
            self.fail(Failure { at: stamp.at, fault, backtrace, log }, tray);
        }
    }

    /// Starts a guest again that failed and has waited long enough; whether it runs.
    pub(crate) fn revive(&mut self, stamp: Stamp, tray: &mut Tray<'_>) -> bool {
        match self.chair.guest.again() {
            None => self.standing = Standing::Stopped,
            Some(Ok(guest)) => {
                self.chair.sit_down(guest);
                self.standing = Standing::Running;
            }
            Some(Err(error)) => {
                let fault = Fault::Start { why: error.to_string() };
                let (backtrace, log) = (Vec::new(), Vec::new());
                self.fail(Failure { at: stamp.at, fault, backtrace, log }, tray);
            }
        }
        self.is_running()
    }

    fn fail(&mut self, failure: Failure, tray: &mut Tray<'_>) {
        tray.faults.add(failure.fault.cause());
        self.faults = self.faults.saturating_add(1);
        self.standing = self.policy.after_fault(self.faults, failure.at);
        self.chair.items.clear();
        if self.policy.orders == OpenOrders::Cancel {
            tray.door.push(Stamped { at: failure.at, command: self.cancel_all() });
        }
        if self.failures.len() == FAILURES_KEPT {
            self.failures.pop_front();
        }
        self.failures.push_back(failure);
    }

    /// Tells the guest of a command that does not reach the engine, in the engine's words; its
    /// number is 0, because it is not of the engine's stream.
    fn turn_away(&self, record: &CommandRecord, reason: Reject, stamp: Stamp, tray: &mut Tray<'_>) {
        let told = EventRecord {
            kind: kind::REJECTED,
            flags: u16::from(reason as u8),
            instrument: record.instrument,
            at_ns: stamp.at.0,
            order_id: record.id,
            aux0: u64::from(record.op),
            aux1: u64::from(self.account().0),
            ..EventRecord::default()
        };
        tray.turned_away.push((self.number(), told));
    }
}

#[cfg(test)]
mod tests;
