//! What an instrument goes through in a day, and what each phase allows.

use super::desk::Desk;
use crate::book::call::{Kind, Outcome};
use crate::command::{NewOrder, Phase, TimeInForce};
use crate::event::{CancelReason, EventSink, Op, Reject, What};
use crate::id::{AccountId, OrderId};

/// What a phase allows. Cancels, reduces and mass cancels are taken in every one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Why no new order and no replace is taken; none where they are.
    pub(super) refuses: Option<Reject>,
    /// Whether orders match as they come: only then is taken what is meant for at once.
    pub(super) matches: bool,
    /// Whether orders gather for an auction: they rest whatever they cross.
    pub(super) gathers: bool,
    /// Whether it is told what the auction would come to.
    pub(super) indicates: bool,
}

/// By the number of the phase; the same table as in `docs/semantics.md`.
const RULES: [Rules; 5] = [
    Rules { refuses: Some(Reject::Closed), matches: false, gathers: false, indicates: false },
    Rules { refuses: None, matches: false, gathers: true, indicates: false },
    Rules { refuses: None, matches: false, gathers: true, indicates: true },
    Rules { refuses: None, matches: true, gathers: false, indicates: false },
    Rules { refuses: Some(Reject::Halted), matches: false, gathers: false, indicates: false },
];

impl Phase {
    /// What it allows.
    pub(super) const fn rules(self) -> Rules {
        RULES[self as usize]
    }

    /// Whether it is told what the auction would come to.
    #[must_use]
    pub const fn indicates(self) -> bool {
        self.rules().indicates
    }
}

impl<S: EventSink> Desk<'_, S> {
    /// Whether the phase takes a new order, and this one.
    #[cold]
    pub(super) fn check_suits_phase(&self, order: &NewOrder) -> Result<(), Reject> {
        let rules = self.book.phase.rules();
        if let Some(reason) = rules.refuses {
            return Err(reason);
        }
        let at_once = matches!(order.tif, TimeInForce::Ioc | TimeInForce::Fok)
            || order.notional != 0
            || (!order.min_qty.is_zero() && !order.stands_apart())
            || (order.all_or_none && !order.stands_apart() && !order.order_type.has_price());
        let reduces = order.reduce_only && !order.order_type.is_stop() && order.parent == 0;
        let too_late = order.tif == TimeInForce::AtOpen && !self.book.call.takes(order.tif);
        if ((at_once || reduces) && !rules.matches) || too_late {
            Err(Reject::Phase)
        } else {
            Ok(())
        }
    }

    /// Goes to another phase: where orders that gathered are to match, they trade first.
    pub(super) fn enter_phase(&mut self, phase: Phase) {
        if phase.rules().matches && self.book.call.gathers {
            self.uncross(phase);
        }
        self.begin_phase(phase);
    }

    /// Ends an auction, and goes to the phase that follows.
    pub(super) fn end_auction(&mut self, then: Phase) {
        if !self.book.phase.rules().gathers {
            return self.reject(Op::Uncross, OrderId(0), AccountId(0), Reject::Phase);
        }
        self.uncross(then);
        self.begin_phase(then);
    }

    /// A phase begins, now that the one before is over.
    pub(super) fn begin_phase(&mut self, phase: Phase) {
        let kind = self.book.call.kind.after(self.book.phase, phase);
        self.begin_phase_as(phase, kind);
    }

    /// The same, where it is known which auction comes next.
    pub(super) fn begin_phase_as(&mut self, phase: Phase, kind: Kind) {
        self.stop_clock();
        let from = self.book.phase;
        let call = &mut self.book.call;
        call.kind = kind;
        if from != Phase::Auction || !call.gathers {
            call.told = Outcome::default();
        }
        let gathers = phase.rules().gathers;
        call.gathers |= gathers;
        self.book.enter_phase(phase);
        self.out.status(What::Phase { phase });
        if gathers {
            self.end_reducers();
            self.let_in();
        }
        if phase == Phase::Closed {
            self.end_day();
        }
    }

    /// The trading day is over: what was for its auctions ends, and what was for the day.
    fn end_day(&mut self) {
        self.end_call();
        self.end_waiting_for_close();
        self.end_where(CancelReason::Expired, |order| order.tif == TimeInForce::Day);
    }

    /// Whether an auction that `then` follows is a closing one, though nobody knew before.
    pub(super) fn turns_into_closing(&self, then: Phase) -> bool {
        then == Phase::Closed && self.book.call.kind != Kind::Closing
    }
}
