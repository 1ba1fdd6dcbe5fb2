//! Self-trade prevention: two orders of one group meet.

use core::ops::ControlFlow;

use super::Reference;
use super::auction::is_market;
use super::book::Order;
use crate::command::Stp;
use crate::event::CancelReason;

impl Reference {
    /// Two orders of one group meet; the taker's mode decides. Breaks where the taker has ended.
    pub(super) fn keep_apart(
        &mut self,
        at: usize,
        taker: &mut Order,
        maker: &Order,
    ) -> ControlFlow<()> {
        let id = maker.terms.id;
        match taker.terms.stp {
            Stp::None => unreachable!("orders without a mode trade"),
            Stp::CancelTaker => {
                self.end_taker(at, taker, CancelReason::Stp);
                ControlFlow::Break(())
            }
            Stp::CancelMaker => {
                self.end(at, id, CancelReason::Stp);
                ControlFlow::Continue(())
            }
            Stp::CancelBoth => {
                self.end(at, id, CancelReason::Stp);
                self.end_taker(at, taker, CancelReason::Stp);
                ControlFlow::Break(())
            }
            Stp::Decrement => {
                let qty = taker.open.min(maker.open);
                self.take_off(at, id, qty, CancelReason::Stp);
                if taker.open == qty {
                    self.end_taker(at, taker, CancelReason::Stp);
                    return ControlFlow::Break(());
                }
                taker.open -= qty;
                let mut told = taker.clone();
                // What bounded it in an auction is not a price that it came in with.
                told.terms.price = told.terms.price.filter(|_| !is_market(taker));
                self.tell_replaced(taker.terms.id, &told, true);
                ControlFlow::Continue(())
            }
        }
    }
}

pub(super) fn same_group(taker: &Order, maker: &Order) -> bool {
    taker.terms.stp_group != 0 && taker.terms.stp_group == maker.terms.stp_group
}
