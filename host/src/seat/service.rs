//! What the floor does with a seat: brings its mail, takes what it asks for, deals with its failures.

use ringfence_core::wire::{CommandRecord, EventRecord, kind};
use ringfence_core::{AccountSpec, Command, Event, OrderId, Qty, Reject, Side, Time, What};

use super::chair::Chair;
use super::failure::FAILURES_KEPT;
use super::naming::Names;
use super::{Failure, OpenOrders, Seat, Standing};
use crate::floor::{Item, Post, Tray};
use crate::sandbox::Fault;
use crate::sequencer::{Stamp, Stamped};

/// Events that wait for one delivery: four times what the deepest sweep of a day causes.
const MAIL_MAX: usize = 1 << 16;

/// Requests of strategies that may wait to be sequenced.
const DOOR_MAX: usize = 1 << 14;

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

    /// Unread mail, and whether each event is the first of its command.
    pub(crate) fn unread(&self, post: &Post) -> Vec<(EventRecord, bool)> {
        self.chair.unread(post)
    }

    /// Takes unread mail out of the mailbox: it is kept elsewhere.
    pub(crate) fn forget_mail(&mut self) {
        self.chair.items.clear();
    }

    /// Puts an event back that was not read.
    pub(crate) fn receive_again(&mut self, item: Option<Item>, is_first: bool) {
        match item.filter(|_| self.chair.items.len() < MAIL_MAX) {
            Some(item) => self.chair.items.push(if is_first { item.first() } else { item }),
            None => self.counts.mail_lost += 1,
        }
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
            What::Accepted { .. } => {
                self.counts.orders += 1;
                self.counts.open += 1;
            }
            What::Canceled { .. } => self.counts.open = self.counts.open.saturating_sub(1),
            What::Rejected { .. } => self.counts.rejected += 1,
            What::Filled { id, price, qty, leaves, fee, .. } => {
                if leaves == Qty::ZERO {
                    self.counts.open = self.counts.open.saturating_sub(1);
                }
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
                self.counts.restarts += 1;
            }
            Some(Err(mut error)) => {
                let (backtrace, log) = (error.take_backtrace(), Vec::new());
                let fault = Fault::Start { why: error.to_string() };
                self.fail(Failure { at: stamp.at, fault, backtrace, log }, tray);
            }
        }
        self.is_running()
    }

    fn fail(&mut self, failure: Failure, tray: &mut Tray<'_>) {
        let at = failure.at;
        self.keep(failure);
        let count = self.faults().saturating_sub(self.faults_in_last_words);
        self.standing = self.policy.after_fault(count, at);
        if matches!(self.standing, Standing::BacksOff { .. }) {
            self.chair.guest.prepare_again();
        }
        self.chair.items.clear();
        if self.policy.orders == OpenOrders::Cancel {
            tray.door.push(Stamped { at, command: self.cancel_all() });
        }
    }

    /// Counts a failure and keeps it.
    pub(super) fn keep(&mut self, failure: Failure) {
        self.faults.add(failure.fault.cause());
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
