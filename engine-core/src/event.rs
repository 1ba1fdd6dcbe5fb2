//! What happened: everything that the engine tells, in the order in which it happened.

use crate::command::{Phase, vocabulary};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::quantity::{Notional, Price, Qty};
use crate::side::Side;

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
    /// An order ended, or a part of it did, without trading.
    Canceled {
        /// The order.
        id: OrderId,
        /// Whose it is.
        account: AccountId,
        /// What was taken off.
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

/// A sum of quantities, held in 16 bytes aligned to 8 so that events stay small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Total([u64; 2]);

/// A signed sum of quantities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Surplus(pub(crate) [u64; 2]);

/// A fee in ticks × lots, held in 16 bytes aligned to 8 so that events stay small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fee([u64; 2]);

macro_rules! wide {
    ($name:ident, $wide:ty) => {
        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self([0; 2]);

            /// From the wide integer.
            #[must_use]
            #[inline]
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the two halves of the same 128 bits; signed for two of the three types"
            )]
            pub const fn new(value: $wide) -> Self {
                Self([value as u64, (value >> 64) as u64])
            }

            /// As the wide integer.
            #[must_use]
            #[inline]
            pub const fn get(self) -> $wide {
                (self.0[0] as $wide) | ((self.0[1] as $wide) << 64)
            }
        }
    };
}
wide!(Total, u128);
wide!(Surplus, i128);
wide!(Fee, i128);

impl Total {
    /// The sum, or the largest `u64` where it is larger.
    #[must_use]
    pub const fn saturating_u64(self) -> u64 {
        if self.0[1] == 0 { self.0[0] } else { u64::MAX }
    }
}

impl Fee {
    /// The fee as what it is worth.
    #[must_use]
    pub const fn notional(self) -> Notional {
        Notional(self.get())
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

vocabulary! {
    /// Why a command was turned away. The numbers are on the wire: append, never renumber.
    Reject {
        /// A live order of the instrument has this name.
        DuplicateOrderId = 1 "duplicate_order_id",
        /// No live order of this account has this name.
        UnknownOrder = 2 "unknown_order",
        /// No such instrument.
        UnknownInstrument = 3 "unknown_instrument",
        /// No such account.
        UnknownAccount = 4 "unknown_account",
        /// A quantity of zero.
        ZeroQty = 5 "zero_qty",
        /// A price is missing, or is outside what the instrument allows.
        BadPrice = 6 "bad_price",
        /// The price is not a multiple of the tick.
        BadTick = 7 "bad_tick",
        /// The quantity is not a multiple of the lot, or outside the instrument's bounds.
        BadLot = 8 "bad_lot",
        /// Parts of the order exclude each other.
        BadCombination = 9 "bad_combination",
        /// A post-only order would have traded.
        PostOnly = 10 "post_only",
        /// The price is outside the band.
        PriceBand = 11 "price_band",
        /// The price is outside the account's collar.
        Collar = 12 "collar",
        /// More than the account may send in one order.
        MaxOrderQty = 13 "max_order_qty",
        /// Worth more than the account may send in one order.
        MaxOrderNotional = 14 "max_order_notional",
        /// The account has as many open orders as it may.
        MaxOpenOrders = 15 "max_open_orders",
        /// The account has as much open quantity on this side as it may.
        MaxOpenQty = 16 "max_open_qty",
        /// The account's position could grow beyond its limit.
        MaxPosition = 17 "max_position",
        /// The account has sent as many messages in this interval as it may.
        MaxMessages = 18 "max_messages",
        /// The account cannot pay for it, or does not own it.
        InsufficientFunds = 19 "insufficient_funds",
        /// The account is blocked.
        Blocked = 20 "blocked",
        /// The instrument is halted.
        Halted = 21 "halted",
        /// The instrument is closed.
        Closed = 22 "closed",
        /// The instrument's phase does not allow it.
        Phase = 23 "phase",
        /// The configured capacity is used up.
        Capacity = 24 "capacity",
        /// The order would open or grow a position.
        ReduceOnly = 25 "reduce_only",
    }
}

vocabulary! {
    /// Why an order ended without trading. The numbers are on the wire: append, never renumber.
    CancelReason {
        /// Its owner asked.
        User = 1 "user",
        /// What an immediate-or-cancel order could not trade.
        Ioc = 2 "ioc",
        /// A fill-or-kill order could not trade whole.
        Fok = 3 "fok",
        /// A market order found nothing more to trade with.
        NoLiquidity = 4 "no_liquidity",
        /// It met an order of its own group.
        Stp = 5 "stp",
        /// Another order of its group was filled or cancelled.
        Oco = 6 "oco",
        /// The order that it waited for ended.
        Parent = 7 "parent",
        /// A mass cancel.
        Mass = 8 "mass",
        /// A kill.
        Kill = 9 "kill",
        /// Market-maker protection.
        Mmp = 10 "mmp",
        /// A newer quote took its place.
        Quote = 11 "quote",
        /// Its time was over.
        Expired = 12 "expired",
        /// A post-only order would have traded after a change.
        PostOnly = 13 "post_only",
        /// The first match could not reach its minimum.
        MinQty = 14 "min_qty",
        /// The instrument was halted.
        Halted = 15 "halted",
        /// The auction that it was for ended.
        AuctionEnd = 16 "auction_end",
        /// It would have opened or grown a position.
        ReduceOnly = 17 "reduce_only",
        /// Its account could not pay for it by the time it entered.
        InsufficientFunds = 18 "insufficient_funds",
    }
}

/// Which classes of events a consumer wants; what nobody wants is not made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest(pub u8);

impl Interest {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Accepted, rejected, filled, canceled, replaced, triggered.
    pub const PRIVATE: Self = Self(1);
    /// Trades.
    pub const TRADES: Self = Self(2);
    /// Best prices.
    pub const L1: Self = Self(4);
    /// Price levels.
    pub const L2: Self = Self(8);
    /// Displayed orders.
    pub const L3: Self = Self(16);
    /// Phases, indicative prices and uncrossings.
    pub const STATUS: Self = Self(32);
    /// Everything.
    pub const ALL: Self = Self(63);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any of `other` is wanted.
    #[must_use]
    #[inline]
    pub const fn wants(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
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

/// Where the engine puts what happened.
pub trait EventSink {
    /// Which events to make. Asked often: answer with a constant where possible.
    #[inline]
    fn interest(&self) -> Interest {
        Interest::ALL
    }

    /// Which events of one instrument to make; of those that [`interest`](Self::interest) names,
    /// as many as somebody asks for there.
    #[inline]
    fn interest_in(&self, instrument: InstrumentId) -> Interest {
        _ = instrument;
        self.interest()
    }

    /// Takes one event.
    fn push(&mut self, event: Event);
}

impl EventSink for alloc::vec::Vec<Event> {
    #[inline(always)]
    fn push(&mut self, event: Event) {
        Self::push(self, event);
    }
}

impl<S: EventSink> EventSink for &mut S {
    #[inline]
    fn interest(&self) -> Interest {
        (**self).interest()
    }

    #[inline]
    fn interest_in(&self, instrument: InstrumentId) -> Interest {
        (**self).interest_in(instrument)
    }

    #[inline]
    fn push(&mut self, event: Event) {
        (**self).push(event);
    }
}

/// A sink that wants nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

impl EventSink for Discard {
    #[inline]
    fn interest(&self) -> Interest {
        Interest::NONE
    }

    #[inline]
    fn push(&mut self, _event: Event) {}
}
