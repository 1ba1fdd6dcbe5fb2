//! A strategy leaves, or a new version of it takes its place, between two batches.

use ringfence_core::{Command, Scope, Time};

use super::{Guest, OpenOrders, Seat, Standing, Subscription};
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
        if self.standing == Standing::Left {
            return Err(SwapError::Left(self.number()));
        }
        let state = match self.fault() {
            Some(fault) => Err(fault.clone()),
            None => self.chair.guest.export_state(),
        };
        let handed = match state {
            Err(fault) => HandOver::Lost(fault),
            Ok(None) => HandOver::Nothing,
            Ok(Some(state)) => match guest.import_state(&state) {
                Ok(true) => HandOver::Taken { bytes: state.bytes.len() },
                Ok(false) => HandOver::Nothing,
                Err(fault) => return Err(SwapError::Refused(fault)),
            },
        };
        self.chair.sit_down(guest).shutdown();
        self.subscription = subscription;
        self.standing = Standing::Running;
        self.close_orders(orders, door);
        Ok(handed)
    }

    /// Takes the strategy off the floor for good. Its seat keeps its account and its ledger.
    pub(crate) fn leave(
        &mut self,
        orders: OpenOrders,
        door: &mut Vec<Stamped>,
    ) -> Result<(), SwapError> {
        if self.standing == Standing::Left {
            return Err(SwapError::Left(self.number()));
        }
        self.chair.guest.shutdown();
        self.chair.items.clear();
        self.chair.rings = false;
        self.standing = Standing::Left;
        self.close_orders(orders, door);
        Ok(())
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
