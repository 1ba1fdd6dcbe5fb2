//! Self-trade prevention: what becomes of two orders of one group that meet.

use super::desk::Desk;
use super::taker::Taker;
use crate::command::{OrderType, Stp};
use crate::event::{CancelReason, EventSink, What};
use crate::quantity::Price;

impl<S: EventSink> Desk<'_, S> {
    /// Two orders of one group met; false where the incoming one has ended.
    #[inline(never)]
    pub(super) fn prevent(&mut self, taker: &mut Taker, maker: u32) -> bool {
        match taker.stp {
            Stp::None => {}
            Stp::CancelMaker => self.end(maker, CancelReason::Stp),
            Stp::CancelTaker => {
                self.cancel_rest(taker, CancelReason::Stp);
                return false;
            }
            Stp::CancelBoth => {
                self.end(maker, CancelReason::Stp);
                self.cancel_rest(taker, CancelReason::Stp);
                return false;
            }
            Stp::Decrement => return self.decrement(taker, maker),
        }
        true
    }

    /// Both lose the smaller open quantity; false where the incoming order has ended.
    fn decrement(&mut self, taker: &mut Taker, maker: u32) -> bool {
        let open = self.store.orders[maker].open;
        if open <= taker.open {
            self.end(maker, CancelReason::Stp);
        } else {
            self.shrink(maker, taker.open);
        }
        if open >= taker.open {
            self.cancel_rest(taker, CancelReason::Stp);
            return false;
        }
        taker.open -= open;
        self.out.private(What::Replaced {
            id: taker.id,
            new_id: taker.id,
            account: taker.account,
            price: taker.price(),
            qty: taker.open + taker.filled,
            leaves: taker.open,
            kept_priority: true,
        });
        true
    }
}

impl Taker {
    /// Whether it does not trade with everyone.
    #[inline]
    pub(super) fn prevents(&self) -> bool {
        self.stp != Stp::None && self.stp_group != 0
    }

    /// Its price, where its type has one.
    fn price(&self) -> Option<Price> {
        (self.order_type == OrderType::Limit).then_some(self.asked.unwrap_or(self.limit))
    }
}
