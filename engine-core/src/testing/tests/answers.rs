//! Random commands get every answer that there is.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use std::sync::LazyLock;

use crate::testing::Reference;
use crate::testing::differential::CAPACITY;
use crate::testing::generate::RandomCommands;
use crate::{CancelReason, Event, Op, Reject, What};

const NEW: [Reject; 24] = [
    Reject::UnknownInstrument,
    Reject::Blocked,
    Reject::Closed,
    Reject::Halted,
    Reject::Phase,
    Reject::ZeroQty,
    Reject::BadCombination,
    Reject::BadPrice,
    Reject::BadTick,
    Reject::BadLot,
    Reject::DuplicateOrderId,
    Reject::Capacity,
    Reject::PostOnly,
    Reject::UnknownOrder,
    Reject::PriceBand,
    Reject::Collar,
    Reject::MaxOrderQty,
    Reject::MaxOrderNotional,
    Reject::ReduceOnly,
    Reject::MaxOpenOrders,
    Reject::MaxOpenQty,
    Reject::MaxPosition,
    Reject::MaxMessages,
    Reject::InsufficientFunds,
];

const QUOTE: [Reject; 19] = [
    Reject::UnknownInstrument,
    Reject::Blocked,
    Reject::MaxMessages,
    Reject::Closed,
    Reject::Halted,
    Reject::ZeroQty,
    Reject::BadCombination,
    Reject::BadTick,
    Reject::BadLot,
    Reject::DuplicateOrderId,
    Reject::PriceBand,
    Reject::Collar,
    Reject::MaxOrderQty,
    Reject::MaxOrderNotional,
    Reject::MaxOpenOrders,
    Reject::MaxOpenQty,
    Reject::MaxPosition,
    Reject::InsufficientFunds,
    Reject::Capacity,
];

const KILL: [Reject; 2] = [Reject::UnknownInstrument, Reject::UnknownAccount];

const ACCOUNT: [Reject; 3] = [Reject::BadCombination, Reject::InsufficientFunds, Reject::Capacity];

const REPLACE: [Reject; 22] = [
    Reject::UnknownInstrument,
    Reject::UnknownOrder,
    Reject::Blocked,
    Reject::Closed,
    Reject::Halted,
    Reject::ZeroQty,
    Reject::BadTick,
    Reject::BadLot,
    Reject::DuplicateOrderId,
    Reject::Capacity,
    Reject::PostOnly,
    Reject::BadCombination,
    Reject::PriceBand,
    Reject::Collar,
    Reject::MaxOrderQty,
    Reject::MaxOrderNotional,
    Reject::ReduceOnly,
    Reject::MaxOpenOrders,
    Reject::MaxOpenQty,
    Reject::MaxPosition,
    Reject::MaxMessages,
    Reject::InsufficientFunds,
];

const CANCELS: [CancelReason; 18] = [
    CancelReason::User,
    CancelReason::Ioc,
    CancelReason::Fok,
    CancelReason::NoLiquidity,
    CancelReason::Stp,
    CancelReason::Mass,
    CancelReason::Kill,
    CancelReason::Expired,
    CancelReason::Oco,
    CancelReason::Parent,
    CancelReason::PostOnly,
    CancelReason::MinQty,
    CancelReason::Halted,
    CancelReason::Mmp,
    CancelReason::Quote,
    CancelReason::ReduceOnly,
    CancelReason::InsufficientFunds,
    CancelReason::AuctionEnd,
];

/// Every answer that random commands get.
#[derive(Default)]
struct Answers {
    rejects: BTreeSet<(Op, Reject)>,
    cancels: BTreeSet<CancelReason>,
    replaces: BTreeSet<bool>,
}

static ANSWERS: LazyLock<Answers> = LazyLock::new(|| {
    let mut answers = Answers::default();
    for seed in 0..160 {
        let mut venue = Reference::new(CAPACITY);
        for (at, command) in RandomCommands::new(seed).take(5_000) {
            let mut events: Vec<Event> = Vec::new();
            venue.apply(at, &command, &mut events);
            events.iter().for_each(|event| answers.note(&event.what));
        }
    }
    answers
});

impl Answers {
    fn note(&mut self, what: &What) {
        match *what {
            What::Rejected { op, reason, .. } => _ = self.rejects.insert((op, reason)),
            What::Canceled { reason, .. } => _ = self.cancels.insert(reason),
            What::Replaced { kept_priority, .. } => _ = self.replaces.insert(kept_priority),
            _ => {}
        }
    }

    fn check(&self, op: Op, reasons: &[Reject]) {
        for &reason in reasons {
            assert!(self.rejects.contains(&(op, reason)), "no {op:?} is {reason:?}");
        }
    }
}

/// What the differential test is worth: everything that can happen, does.
#[test]
fn random_commands_reach_every_answer() {
    ANSWERS.check(Op::New, &NEW);
    ANSWERS.check(Op::Replace, &REPLACE);
    ANSWERS.check(Op::Quote, &QUOTE);
    ANSWERS.check(Op::Account, &ACCOUNT);
    ANSWERS.check(Op::MassCancel, &KILL[..1]);
    ANSWERS.check(Op::Kill, &KILL);
    ANSWERS.check(Op::Unblock, &KILL);
    for reason in CANCELS {
        assert!(ANSWERS.cancels.contains(&reason), "no order ends as {reason:?}");
    }
    assert_eq!(ANSWERS.replaces.len(), 2, "replaces keep and lose their place");
}
