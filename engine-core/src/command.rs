//! What the engine can be asked to do: the whole vocabulary of `shared/spec/semantics.md`.

use alloc::boxed::Box;

use crate::event::Op;
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::instrument::InstrumentSpec;
use crate::quantity::{Price, Qty, Time};
use crate::risk::AccountSpec;
use crate::side::Side;

/// One command. The time at which it happened comes beside it, to `Engine::apply`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Defines an instrument.
    Instrument(Box<InstrumentSpec>),
    /// Sets the limits of an account.
    Account(Box<AccountSpec>),
    /// Places an order.
    New(NewOrder),
    /// Takes an order off the book.
    Cancel(Cancel),
    /// Lowers what is open of an order; it keeps its priority.
    Reduce(Reduce),
    /// Gives an order another price, quantity or name.
    Replace(Replace),
    /// Replaces an account's two-sided quote.
    Quote(Quote),
    /// Cancels all orders in a scope.
    MassCancel(Scope),
    /// Cancels all orders in a scope and blocks its account.
    Kill(Scope),
    /// Lets a blocked account trade again.
    Unblock(Scope),
    /// Puts an instrument into a phase.
    Phase {
        /// Which instrument.
        instrument: InstrumentId,
        /// Its new phase.
        phase: Phase,
    },
    /// Ends an auction with trades at one price.
    Uncross {
        /// Which instrument.
        instrument: InstrumentId,
        /// The phase that follows.
        then: Phase,
    },
    /// Nothing but the passing of time: what is due is done.
    Time,
}

impl Command {
    /// Its name.
    #[must_use]
    pub const fn op(&self) -> Op {
        match self {
            Self::Instrument(_) => Op::Instrument,
            Self::Account(_) => Op::Account,
            Self::New(_) => Op::New,
            Self::Cancel(_) => Op::Cancel,
            Self::Reduce(_) => Op::Reduce,
            Self::Replace(_) => Op::Replace,
            Self::Quote(_) => Op::Quote,
            Self::MassCancel(_) => Op::MassCancel,
            Self::Kill(_) => Op::Kill,
            Self::Unblock(_) => Op::Unblock,
            Self::Phase { .. } => Op::Phase,
            Self::Uncross { .. } => Op::Uncross,
            Self::Time => Op::Time,
        }
    }
}

/// An order to place.
///
/// ```
/// use ringfence_core::{NewOrder, OrderId, Price, Qty, Side, TimeInForce};
/// let order = NewOrder {
///     tif: TimeInForce::Ioc,
///     ..NewOrder::limit(OrderId(7), Side::Buy, Price(100), Qty(5))
/// };
/// assert_eq!(order.price, Some(Price(100)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// The order's name.
    pub id: OrderId,
    /// Which book.
    pub instrument: InstrumentId,
    /// Whose order.
    pub account: AccountId,
    /// Buy or sell.
    pub side: Side,
    /// What kind of order.
    pub order_type: OrderType,
    /// How long it lives.
    pub tif: TimeInForce,
    /// Whether it may take, and what happens if it would.
    pub post_only: PostOnly,
    /// What happens when it meets an order of its own self-trade group.
    pub stp: Stp,
    /// What a pegged order follows.
    pub peg: Peg,
    /// Never shown.
    pub hidden: bool,
    /// Trades whole or not at all, and rests until it can.
    pub all_or_none: bool,
    /// Never opens or grows the account's position.
    pub reduce_only: bool,
    /// Self-trade group; 0 is none.
    pub stp_group: u32,
    /// The limit price, for the types that have one.
    pub price: Option<Price>,
    /// How many lots.
    pub qty: Qty,
    /// Worth to trade instead of a quantity (market orders), in ticks × lots; 0 is none.
    pub notional: u64,
    /// Protection of a market order, or bound of a pegged one.
    pub limit: Option<Price>,
    /// Stop price.
    pub stop: Option<Price>,
    /// Distance of a trailing stop, in ticks; 0 is none.
    pub trail: u64,
    /// Offset of a pegged order, in ticks.
    pub offset: i64,
    /// Shown part of an iceberg; 0 is all.
    pub display: Qty,
    /// What the first match must reach in total; 0 is nothing.
    pub min_qty: Qty,
    /// End of a gtd order.
    pub expire_at: Time,
    /// One-cancels-other group; 0 is none.
    pub group: u64,
    /// The order whose fill this one waits for; 0 is none.
    pub parent: u64,
}

impl NewOrder {
    /// A plain limit order, good till cancelled, of instrument 0 and account 0.
    #[must_use]
    #[inline]
    pub const fn limit(id: OrderId, side: Side, price: Price, qty: Qty) -> Self {
        Self {
            id,
            instrument: InstrumentId(0),
            account: AccountId(0),
            side,
            order_type: OrderType::Limit,
            tif: TimeInForce::Gtc,
            post_only: PostOnly::No,
            stp: Stp::None,
            peg: Peg::Primary,
            hidden: false,
            all_or_none: false,
            reduce_only: false,
            stp_group: 0,
            price: Some(price),
            qty,
            notional: 0,
            limit: None,
            stop: None,
            trail: 0,
            offset: 0,
            display: Qty::ZERO,
            min_qty: Qty::ZERO,
            expire_at: Time(0),
            group: 0,
            parent: 0,
        }
    }

    /// A market order of instrument 0 and account 0.
    #[must_use]
    pub const fn market(id: OrderId, side: Side, qty: Qty) -> Self {
        Self { order_type: OrderType::Market, price: None, ..Self::limit(id, side, Price(0), qty) }
    }
}

/// Takes an order off the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancel {
    /// Which book.
    pub instrument: InstrumentId,
    /// Whose order.
    pub account: AccountId,
    /// Its name.
    pub id: OrderId,
}

/// Lowers what is open of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reduce {
    /// Which book.
    pub instrument: InstrumentId,
    /// Whose order.
    pub account: AccountId,
    /// Its name.
    pub id: OrderId,
    /// By how much; as much as is open, or more, cancels it.
    pub by: Qty,
}

/// Gives an order another price, quantity or name. What is `None` stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replace {
    /// Which book.
    pub instrument: InstrumentId,
    /// Whose order.
    pub account: AccountId,
    /// Its name.
    pub id: OrderId,
    /// Its name from now on.
    pub new_id: Option<OrderId>,
    /// Its new price.
    pub price: Option<Price>,
    /// Its new quantity.
    pub qty: NewQty,
}

/// The quantity of a replace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewQty {
    /// As it is.
    #[default]
    Keep,
    /// A new total (FIX OrderQty): what is open becomes this less what is filled.
    Total(Qty),
    /// A new open quantity.
    Open(Qty),
}

/// Replaces an account's quote by all the sides that are given, one or both, or by none where one
/// of them is refused; without sides it takes the quote back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Which book.
    pub instrument: InstrumentId,
    /// Whose quote.
    pub account: AccountId,
    /// The pair's name: the bid is `id`, the ask `id` + 1.
    pub id: OrderId,
    /// Price and quantity to buy; `None` quotes no bid.
    pub bid: Option<(Price, Qty)>,
    /// Price and quantity to sell; `None` quotes no ask.
    pub ask: Option<(Price, Qty)>,
}

/// Which orders a mass cancel or kill means: those that match every part that is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Of this account.
    pub account: Option<AccountId>,
    /// Of this instrument.
    pub instrument: Option<InstrumentId>,
    /// Of this side.
    pub side: Option<Side>,
}

/// Declares a field-less enum with its number on the wire and its name in JSON.
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $number:literal $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$vmeta])* $variant = $number),* }

        impl $name {
            /// Every value, in the order of its numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in JSON Lines.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The value with this name in JSON Lines.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }

            /// The value with this number on the wire.
            #[must_use]
            pub const fn from_wire(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use vocabulary;

vocabulary! {
    /// What kind of order.
    OrderType {
        /// Trades at its price or better, rests at its price.
        Limit = 0 "limit",
        /// Sweeps; what is left is cancelled.
        Market = 1 "market",
        /// Sweeps, and rests at the price of its last fill.
        MarketToLimit = 2 "market_to_limit",
        /// Becomes a market order when the market reaches its stop.
        Stop = 3 "stop",
        /// Becomes a limit order when the market reaches its stop.
        StopLimit = 4 "stop_limit",
        /// A stop that follows the market at a distance.
        TrailingStop = 5 "trailing_stop",
        /// A stop-limit that follows the market at a distance.
        TrailingStopLimit = 6 "trailing_stop_limit",
        /// Follows a reference price.
        Pegged = 7 "pegged",
        /// Shows a part of its quantity.
        Iceberg = 8 "iceberg",
    }
}

vocabulary! {
    /// How long an order lives.
    TimeInForce {
        /// Until cancelled.
        Gtc = 0 "gtc",
        /// Until the trading day ends.
        Day = 1 "day",
        /// Until `expire_at`.
        Gtd = 2 "gtd",
        /// Trades at once what it can; the rest is cancelled.
        Ioc = 3 "ioc",
        /// Trades at once and whole, or is cancelled.
        Fok = 4 "fok",
        /// For the opening auction only.
        AtOpen = 5 "at_open",
        /// For the closing auction only.
        AtClose = 6 "at_close",
        /// For the next auction, whichever it is.
        Auction = 7 "auction",
    }
}

vocabulary! {
    /// Whether an order may take.
    PostOnly {
        /// It may.
        No = 0 "false",
        /// It is turned away if it would.
        Reject = 1 "reject",
        /// It rests one tick behind the opposite best if it would.
        Slide = 2 "slide",
    }
}

vocabulary! {
    /// What happens when two orders of one self-trade group meet; the taker's mode decides.
    Stp {
        /// They trade.
        None = 0 "none",
        /// The incoming order is cancelled.
        CancelTaker = 1 "cancel_taker",
        /// The resting order is cancelled.
        CancelMaker = 2 "cancel_maker",
        /// Both are cancelled.
        CancelBoth = 3 "cancel_both",
        /// Both are reduced by the smaller; no trade.
        Decrement = 4 "decrement",
    }
}

vocabulary! {
    /// What a pegged order follows.
    Peg {
        /// The best price of its own side.
        Primary = 0 "primary",
        /// The best price of the other side.
        Market = 1 "market",
        /// The middle between the two.
        Midpoint = 2 "midpoint",
    }
}

vocabulary! {
    /// The phase of an instrument.
    Phase {
        /// Nothing is accepted; entering it ends the trading day.
        Closed = 0 "closed",
        /// Orders rest; nothing matches, no indicative price.
        PreOpen = 1 "pre_open",
        /// Orders rest and may cross; an indicative price is shown.
        Auction = 2 "auction",
        /// Orders match as they come.
        Continuous = 3 "continuous",
        /// Cancels only.
        Halted = 4 "halted",
    }
}
