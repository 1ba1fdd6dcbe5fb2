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
        door: &mut Vec<Stamped>,
    ) -> Result<HandOver, SwapError> {
        let Successor { mut guest, subscription, orders } = successor;
        self.check_there()?;
        let handed = self.hand_over(&mut *guest)?;
        self.seat_anew(Successor { guest, subscription, orders }, door);
        Ok(handed)
    }

    /// As [`replace`](Self::replace) by whoever sits at a seat of this number that is nowhere yet: its
    /// limits, policy, parameters and worker hold from now on.
    pub(crate) fn renew(
        &mut self,
        by: Self,
        orders: OpenOrders,
        door: &mut Vec<Stamped>,
    ) -> Result<HandOver, SwapError> {
        self.check_there()?;
        let Self { name, params, chair, worker, subscription, limits, policy, .. } = by;
        let mut guest = chair.into_guest();
        let handed = self.hand_over(&mut *guest)?;
        self.seat_anew(Successor { guest, subscription, orders }, door);
        (self.name, self.params, self.worker, self.policy) = (name, params, worker, policy);
        self.used.resume(&limits, self.used.parts());
        self.limits = limits;
        Ok(handed)
    }

    /// Puts the same strategy in its own place as it was earlier. Unread mail and the ledger stay.
    pub(crate) fn put_back(
        &mut self,
        by: Self,
        orders: OpenOrders,
        door: &mut Vec<Stamped>,
    ) -> Result<(), SwapError> {
        self.check_there()?;
        let guest = by.chair.into_guest();
        let subscription = by.subscription;
        self.seat_anew(Successor { guest, subscription, orders }, door);
        Ok(())
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

    fn seat_anew(&mut self, successor: Successor, door: &mut Vec<Stamped>) {
        let Successor { guest, subscription, orders } = successor;
        // Who comes after is not to answer for the last words of who goes.
        _ = self.chair.sit_down(guest).shutdown();
        self.subscription = subscription;
        self.standing = Standing::Running;
        self.close_orders(orders, door);
    }

    /// Takes the strategy off the floor for good. Its seat keeps its account and its ledger.
    pub(crate) fn leave(
        &mut self,
        orders: OpenOrders,
        door: &mut Vec<Stamped>,
    ) -> Result<(), SwapError> {
        self.check_there()?;
        // Its memory goes with it.
        _ = self.chair.sit_down(Box::new(Nobody)).shutdown();
        self.chair.items.clear();
        self.chair.rings = false;
        self.standing = Standing::Left;
        self.close_orders(orders, door);
        Ok(())
    }

    /// Lets whoever sits here say last words, `at` the end. What is asked for is not taken.
    pub(crate) fn shut_down(&mut self, at: Time) {
        let Err(fault) = self.chair.guest.shutdown() else { return };
        let fault = Fault::LastWords { cause: fault.cause(), said: fault.to_string() };
        let (backtrace, log) = (self.chair.guest.backtrace(), self.chair.guest.log_tail());
        self.keep(Failure { at, fault, backtrace, log });
        self.standing = Standing::Stopped;
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
