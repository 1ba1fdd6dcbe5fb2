//! A live order, whole: what the seldom paths see of it. How it is kept is in `orders.rs`.

use super::pool::NONE;
use crate::command::{PostOnly, Stp, TimeInForce};
use crate::id::{AccountId, OrderId};
use crate::quantity::Qty;
use crate::side::Side;

/// A live order.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// Its name.
    pub(crate) id: OrderId,
    /// What is open of it.
    pub(crate) open: Qty,
    /// What of that is shown: all, an iceberg's tip, or nothing.
    pub(crate) shown: Qty,
    /// What is filled of it.
    pub(crate) filled: Qty,
    /// The level it rests at; `NONE` while it waits.
    pub(crate) level: u32,
    /// The book it is in, by position.
    pub(crate) book: u32,
    /// Whose it is.
    pub(crate) account: AccountId,
    /// Its self-trade group; 0 is none.
    pub(crate) stp_group: u32,
    /// What few orders have, elsewhere; `NONE` for most.
    pub(crate) extra: u32,
    /// Its side.
    pub(crate) side: Side,
    /// How long it lives.
    pub(crate) tif: TimeInForce,
    /// What it does when it meets its own group.
    pub(crate) stp: Stp,
    /// Which of the two queues, and whether it may take.
    pub(crate) terms: Terms,
}

/// Small facts about an order, packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms(pub(crate) u8);

impl Terms {
    /// Stands in the dark queue.
    pub(crate) const DARK: u8 = 1;
    /// Set the best price of its side, and was not bettered since.
    pub(crate) const TOP: u8 = 2;
    /// Trades whole or not at all.
    pub(crate) const WHOLE: u8 = 4;
    /// Follows other prices.
    pub(crate) const PEGGED: u8 = 1 << 3;
    const POST_ONLY_SHIFT: u8 = 4;

    /// With the post-only mode kept in it.
    pub(crate) fn with_post_only(self, post_only: PostOnly) -> Self {
        Self(self.0 | (post_only as u8) << Self::POST_ONLY_SHIFT)
    }

    /// The post-only mode.
    pub(crate) fn post_only(self) -> PostOnly {
        PostOnly::from_wire(self.0 >> Self::POST_ONLY_SHIFT & 3).unwrap_or(PostOnly::No)
    }

    /// Whether a bit is set.
    #[inline]
    pub(crate) fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}

impl Default for Order {
    fn default() -> Self {
        Self {
            id: OrderId(0),
            open: Qty::ZERO,
            shown: Qty::ZERO,
            filled: Qty::ZERO,
            level: NONE,
            book: NONE,
            account: AccountId(0),
            stp_group: 0,
            extra: NONE,
            side: Side::Buy,
            tif: TimeInForce::Gtc,
            stp: Stp::None,
            terms: Terms(0),
        }
    }
}

impl Order {
    /// Whether it stands in the dark queue.
    #[inline]
    pub(crate) fn is_dark(&self) -> bool {
        self.terms.has(Terms::DARK)
    }

    /// Open and filled together: the order's total quantity.
    pub(crate) fn total(&self) -> Qty {
        Qty(self.open.0.saturating_add(self.filled.0))
    }
}
