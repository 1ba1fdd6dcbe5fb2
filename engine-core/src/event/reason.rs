//! Why a command was turned away, and why an order ended without trading.

use crate::command::vocabulary;

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
        /// More than the account may send in one order, or the instrument allows in one.
        MaxOrderQty = 13 "max_order_qty",
        /// Worth more than the account may send in one order, or the instrument allows in one.
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
