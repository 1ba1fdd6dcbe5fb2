//! What happened: everything that the engine tells, in the order in which it happened.

mod reason;
mod sink;
mod sum;

use crate::command::{Phase, vocabulary};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::quantity::{Price, Qty};
use crate::side::Side;

pub use reason::{CancelReason, Reject};
pub use sink::{Discard, EventSink, Interest};
pub use sum::{Fee, Surplus, Total};

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Position in the engine's stream. Private events, trades, phases, indicative prices and
    /// uncrossings take the next number; order, level and best-price changes carry the number of
    /// the event that caused them.
    pub seq: u64,
    /// Where it happened.
    pub instrument: InstrumentId,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// An order was taken in.
    Accepted {
        /// Its name.
        id: OrderId,
        /// Whose it is.
        account: AccountId,
        /// Its side.
        side: Side,
        /// Its quantity.
        qty: Qty,
        /// Its price, where it has one.
        price: Option<Price>,
    },
    /// A command was turned away and changed nothing.
    Rejected {
        /// Which command.
        op: Op,
        /// The order that it named, or 0.
        id: OrderId,
        /// The account that it named, or 0.
        account: AccountId,
        /// Why.
        reason: Reject,
    },
    /// Two orders traded.
    Trade {
        /// The trade's number, counted from 1 per instrument.
        trade_id: u64,
        /// At which price.
        price: Price,
        /// How much.
        qty: Qty,
        /// The side of the incoming order; none in an auction.
        taker: Option<Side>,
        /// The order that bought.
        buy_id: OrderId,
        /// The order that sold.
        sell_id: OrderId,
        /// The order that rested; none in an auction.
        maker_id: Option<OrderId>,
    },
    /// One side of a trade, for the account whose order it was.
    Filled {
        /// The order.
        id: OrderId,
        /// Whose it is.
        account: AccountId,
        /// At which price.
        price: Price,
        /// How much.
        qty: Qty,
        /// What is left open.
        leaves: Qty,
        /// What is filled by now, this trade included.
        cumulative: Qty,
        /// Maker, taker or auction.
        liquidity: Liquidity,
        /// The fee, in ticks × lots; negative is a rebate.
        fee: Fee,
    },
    /// An order ended: what was open of it is taken off. One that only lost a part is `Replaced`.
    Canceled {
        /// The order.
        id: OrderId,
        /// Whose it is.
        account: AccountId,
        /// What was open of it, all of which was taken off.
        qty: Qty,
        /// Why.
        reason: CancelReason,
    },
    /// An order was given another price, quantity or name.
    Replaced {
        /// Its name before.
        id: OrderId,
        /// Its name now.
        new_id: OrderId,
        /// Whose it is.
        account: AccountId,
        /// Its price now.
        price: Option<Price>,
        /// Its total quantity now.
        qty: Qty,
        /// What is open of it now.
        leaves: Qty,
        /// Whether it kept its place in the queue.
        kept_priority: bool,
    },
    /// A stop was reached.
    Triggered {
        /// The order.
        id: OrderId,
        /// Whose it is.
        account: AccountId,
        /// The stop that was reached.
        stop: Price,
    },
    /// L3: a displayed order joined the back of its level.
    Add {
        /// The order.
        id: OrderId,
        /// Its side.
        side: Side,
        /// Its price.
        price: Price,
        /// What is shown of it.
        qty: Qty,
    },
    /// L3: a displayed order traded in place.
    Execute {
        /// The order.
        id: OrderId,
        /// Its side.
        side: Side,
        /// Its price on the book.
        price: Price,
        /// How much of it traded.
        qty: Qty,
    },
    /// L3: a displayed order shrank in place.
    Reduce {
        /// The order.
        id: OrderId,
        /// Its side.
        side: Side,
        /// Its price.
        price: Price,
        /// By how much.
        qty: Qty,
    },
    /// L3: a displayed order left the book.
    Delete {
        /// The order.
        id: OrderId,
        /// Its side.
        side: Side,
        /// Its price.
        price: Price,
        /// What was still shown of it.
        qty: Qty,
    },
    /// L3: a displayed order changed its name and kept its place.
    Rename {
        /// Its name before.
        id: OrderId,
        /// Its name now.
        new_id: OrderId,
        /// Its side.
        side: Side,
        /// Its price.
        price: Price,
        /// What is shown of it.
        qty: Qty,
    },
    /// L2: a price level changed.
    Level {
        /// Its side.
        side: Side,
        /// Its price.
        price: Price,
        /// What is shown there now; 0: the level is gone.
        qty: Total,
        /// How many displayed orders stand there now.
        orders: u32,
    },
    /// L1: the best prices changed.
    Bbo {
        /// Best bid and what is shown there.
        bid: Option<(Price, Total)>,
        /// Best ask and what is shown there.
        ask: Option<(Price, Total)>,
    },
    /// The instrument entered a phase.
    Phase {
        /// Which.
        phase: Phase,
    },
    /// What an auction would trade if it ended now.
    Indicative {
        /// The price; none where nothing would trade.
        price: Option<Price>,
        /// The volume.
        qty: Total,
        /// What would be left over: positive of buyers, negative of sellers.
        surplus: Surplus,
    },
    /// An auction ended.
    Uncrossed {
        /// At which price; none where nothing traded.
        price: Option<Price>,
        /// How much traded.
        qty: Total,
    },
}

impl What {
    /// The class that a consumer asks for to be told of this.
    #[must_use]
    pub const fn class(&self) -> Interest {
        match self {
            Self::Accepted { .. }
            | Self::Rejected { .. }
            | Self::Filled { .. }
            | Self::Canceled { .. }
            | Self::Replaced { .. }
            | Self::Triggered { .. } => Interest::PRIVATE,
            Self::Trade { .. } => Interest::TRADES,
            Self::Add { .. }
            | Self::Execute { .. }
            | Self::Reduce { .. }
            | Self::Delete { .. }
            | Self::Rename { .. } => Interest::L3,
            Self::Level { .. } => Interest::L2,
            Self::Bbo { .. } => Interest::L1,
            Self::Phase { .. } | Self::Indicative { .. } | Self::Uncrossed { .. } => {
                Interest::STATUS
            }
        }
    }

    /// The account that may hear of this, for private events.
    #[must_use]
    pub const fn account(&self) -> Option<AccountId> {
        match *self {
            Self::Accepted { account, .. }
            | Self::Rejected { account, .. }
            | Self::Filled { account, .. }
            | Self::Canceled { account, .. }
            | Self::Replaced { account, .. }
            | Self::Triggered { account, .. } => Some(account),
            _ => None,
        }
    }
}

vocabulary! {
    /// The part an order had in a trade.
    Liquidity {
        /// It rested.
        Maker = 0 "maker",
        /// It came in.
        Taker = 1 "taker",
        /// It traded in an auction.
        Auction = 2 "auction",
    }
}

vocabulary! {
    /// The name of a command.
    Op {
        /// `instrument`
        Instrument = 1 "instrument",
        /// `account`
        Account = 2 "account",
        /// `new`
        New = 3 "new",
        /// `cancel`
        Cancel = 4 "cancel",
        /// `reduce`
        Reduce = 5 "reduce",
        /// `replace`
        Replace = 6 "replace",
        /// `quote`
        Quote = 7 "quote",
        /// `mass_cancel`
        MassCancel = 8 "mass_cancel",
        /// `kill`
        Kill = 9 "kill",
        /// `unblock`
        Unblock = 10 "unblock",
        /// `phase`
        Phase = 11 "phase",
        /// `uncross`
        Uncross = 12 "uncross",
        /// `time`
        Time = 13 "time",
    }
}
