//! A strategy leaves, or a new version of it takes its place, between two batches.

use ringfence_core::{Command, Scope, Time};

use super::guest::Nobody;
use super::{Failure, Guest, OpenOrders, Seat, Standing, Subscription};
use crate::sandbox::Fault;
use crate::sequencer::Stamped;

/// Who takes a strategy's place.
#[derive(Debug)]
pub struct Successor {
    /// The new version, started.
    pub guest: Box<dyn Guest>,
    /// What it wants to be told.
    pub subscription: Subscription,
    /// What becomes of the orders that the old version has open.
    pub orders: OpenOrders,
}

/// How a state got from one version to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandOver {
    /// The new version took over so many bytes.
    Taken {
        /// How many.
        bytes: usize,
    },
    /// One of the two hands over or takes over nothing; the new version starts from nothing.
    Nothing,
    /// The old version failed when it was asked, or had failed before; the new one starts from
    /// nothing.
    Lost(Fault),
}

/// What came of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swapped {
    /// What the new version took over.
    pub state: HandOver,
    /// How the old one failed in its last words, if it did. Nothing else follows from that.
    pub last_words: Option<Fault>,
}

/// Why a seat is not as wished. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SwapError {
    /// There is no such seat.
    #[error("there is no strategy {0}; the first is 0")]
    NoSeat(u16),
    /// Whoever sat there was unloaded.
    #[error("the strategy {0} was unloaded: load it anew, it gets a seat of its own")]
    Left(u16),
    /// The new version does not take over the state of the old one.
    #[error("the new version does not take over the state: it {0}; the old one goes on")]
    Refused(Fault),
}

impl Seat {
    /// Puts a new version in the place of the one that sits here. The account, the ledger, unread
    /// mail and, where they are kept, open orders are the new one's.
    pub(crate) fn replace(
        &mut self,
        successor: Successor,
        at: Time,
        door: &mut Vec<Stamped>,
    ) -> Result<Swapped, SwapError> {
        let Successor { mut guest, subscription, orders } = successor;
        self.check_there()?;
        let state = self.hand_over(&mut *guest)?;
        let last_words = self.seat_anew(Successor { guest, subscription, orders }, at, door);
        Ok(Swapped { state, last_words })
    }

    /// As [`replace`](Self::replace) by whoever sits at a seat of this number that is nowhere yet: its
    /// limits, policy, parameters and worker hold from now on.
    pub(crate) fn renew(
        &mut self,
        by: Self,
        orders: OpenOrders,
        at: Time,
        door: &mut Vec<Stamped>,
    ) -> Result<Swapped, SwapError> {
        self.check_there()?;
        let Self { name, params, chair, worker, subscription, limits, policy, .. } = by;
        let mut guest = chair.into_guest();
        let state = self.hand_over(&mut *guest)?;
        let last_words = self.seat_anew(Successor { guest, subscription, orders }, at, door);
        (self.name, self.params, self.worker, self.policy) = (name, params, worker, policy);
        self.used.resume(&limits, self.used.parts());
        self.limits = limits;
        Ok(Swapped { state, last_words })
    }

    /// Puts the same strategy in its own place as it was earlier. Unread mail and the ledger stay.
    /// Returns how whoever sat here failed in its last words.
    pub(crate) fn put_back(
        &mut self,
        by: Self,
        orders: OpenOrders,
        at: Time,
        door: &mut Vec<Stamped>,
    ) -> Result<Option<Fault>, SwapError> {
        self.check_there()?;
        let guest = by.chair.into_guest();
        let subscription = by.subscription;
        Ok(self.seat_anew(Successor { guest, subscription, orders }, at, door))
    }

    /// Has the guest that sits here tell `next` what it has to know.
    fn hand_over(&mut self, next: &mut dyn Guest) -> Result<HandOver, SwapError> {
        let state = match self.fault() {
            Some(fault) => Err(fault.clone()),
            None => self.chair.guest.export_state(),
        };
        Ok(match state {
            Err(fault) => HandOver::Lost(fault),
            Ok(None) => HandOver::Nothing,
            Ok(Some(state)) => match next.import_state(&state) {
                Ok(true) => HandOver::Taken { bytes: state.bytes.len() },
                Ok(false) => HandOver::Nothing,
                Err(fault) => return Err(SwapError::Refused(fault)),
            },
        })
    }

    fn seat_anew(
        &mut self,
        successor: Successor,
        at: Time,
        door: &mut Vec<Stamped>,
    ) -> Option<Fault> {
        let Successor { guest, subscription, orders } = successor;
        let last_words = self.say_last_words(at);
        self.chair.sit_down(guest);
        self.subscription = subscription;
        self.standing = Standing::Running;
        self.close_orders(orders, door);
        last_words
    }

    /// Takes the strategy off the floor for good. Its seat keeps its account, its ledger and its
    /// failures. Returns how it failed in its last words.
    pub(crate) fn leave(
        &mut self,
        orders: OpenOrders,
        at: Time,
        door: &mut Vec<Stamped>,
    ) -> Result<Option<Fault>, SwapError> {
        self.check_there()?;
        let last_words = self.say_last_words(at);
        // Its memory goes with it.
        self.chair.sit_down(Box::new(Nobody));
        self.chair.items.clear();
        self.chair.rings = false;
        self.standing = Standing::Left;
        self.close_orders(orders, door);
        Ok(last_words)
    }

    /// Lets whoever sits here say last words, `at` the end. What is asked for is not taken.
    pub(crate) fn shut_down(&mut self, at: Time) {
        if self.say_last_words(at).is_some() {
            self.standing = Standing::Stopped;
        }
    }

    /// Lets whoever sits here say last words. A failure in them is counted and kept, but the policy
    /// does not count it: who comes after is not to answer for the last words of who goes.
    fn say_last_words(&mut self, at: Time) -> Option<Fault> {
        let fault = self.chair.guest.shutdown().err()?;
        let fault = Fault::LastWords { cause: fault.cause(), said: fault.to_string() };
        let (backtrace, log) = (self.chair.guest.backtrace(), self.chair.guest.log_tail());
        self.keep(Failure { at, fault: fault.clone(), backtrace, log });
        self.faults_in_last_words += 1;
        Some(fault)
    }

    fn check_there(&self) -> Result<(), SwapError> {
        if self.is_there() { Ok(()) } else { Err(SwapError::Left(self.number())) }
    }

    /// Has the orders cancelled at once, whatever time that is.
    fn close_orders(&self, orders: OpenOrders, door: &mut Vec<Stamped>) {
        if orders == OpenOrders::Cancel {
            door.push(Stamped { at: Time(0), command: self.cancel_all() });
        }
    }

    /// What cancels all its orders.
    pub(crate) fn cancel_all(&self) -> Command {
        Command::MassCancel(Scope { account: Some(self.account()), ..Scope::default() })
    }
}
