//! What an instrument goes through in a day.

use super::desk::Desk;
use crate::command::{Phase, TimeInForce};
use crate::event::{CancelReason, EventSink, Op, Reject, What};
use crate::id::{AccountId, OrderId};

impl<S: EventSink> Desk<'_, S> {
    /// Enters a phase.
    pub(super) fn enter_phase(&mut self, phase: Phase) {
        if matches!(phase, Phase::PreOpen | Phase::Auction) {
            return self.reject(Op::Phase, OrderId(0), AccountId(0), Reject::BadCombination);
        }
        self.book.enter_phase(phase);
        self.out.status(What::Phase { phase });
        if phase == Phase::Closed {
            self.end_where(CancelReason::Expired, |order| order.tif == TimeInForce::Day);
        }
    }
}
