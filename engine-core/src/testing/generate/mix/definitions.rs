//! What instruments are, and what accounts may.

use super::{CENTRES, LEDGER, account, name};
use crate::allocation::Allocation;
use crate::id::{AccountId, InstrumentId};
use crate::instrument::{Algo, InstrumentSpec, ReplacePolicy};
use crate::quantity::{Price, Qty};
use crate::risk::AccountSpec;
use crate::testing::generate::Choice;

/// The definition of the instrument at a position.
pub(super) fn spec(book: usize) -> InstrumentSpec {
    let plain = InstrumentSpec::new(name(book), "MIX");
    match book {
        0 => InstrumentSpec { maker_bps: -2, taker_bps: 30, reference: Some(Price(102)), ..plain },
        1 => InstrumentSpec {
            tick: 5,
            ticks: [(Price(0), 5), (Price(30), 10)].into_iter().collect(),
            lot: 2,
            reference: Some(Price(-13)),
            min_qty: Qty(4),
            max_qty: Qty(40),
            max_notional: 1_600,
            maker_bps: 7,
            taker_bps: -10_000,
            replace_policy: ReplacePolicy::Lose,
            ..plain
        },
        _ => InstrumentSpec { max_orders: 14, taker_bps: 10_000, maker_bps: -9_999, ..plain },
    }
}

/// Has an instrument hold prices in, in any way.
pub(super) fn banded(choice: &mut impl Choice, spec: &mut InstrumentSpec, book: usize) {
    let ticks = |choice: &mut _, most| {
        Some((1 + Choice::below(choice, most)) * if book == 1 { 5 } else { 1 })
    };
    if choice.chance(80) {
        spec.reference = Some(Price(CENTRES[book]));
    }
    spec.static_band = if choice.chance(60) { ticks(choice, 9) } else { None };
    spec.dynamic_band = if choice.chance(70) { ticks(choice, 5) } else { None };
    spec.volatility_auction_ns = if choice.chance(60) { 1 + choice.below(40) } else { 0 };
}

/// Has an instrument share out what a price shows, in any way.
pub(super) fn shared(choice: &mut impl Choice, spec: &mut InstrumentSpec) {
    use Algo as A;
    spec.algo = choice.pick(A::ALL);
    let (algo, given) = (spec.algo, &mut spec.allocation);
    let few =
        |choice: &mut _| Choice::chance(choice, 50).then(|| Qty(2 * Choice::below(choice, 5)));
    if matches!(algo, A::FifoProRata | A::CmeK) && choice.chance(70) {
        let percent = u8::try_from(choice.below(101)).expect("a percentage");
        given.fifo_percent = Some(percent);
    }
    if !matches!(algo, A::Fifo | A::CmeF | A::CmeS | A::CmeT | A::Size) {
        given.pro_rata_min = few(choice);
    }
    if matches!(algo, A::TopProRata | A::CmeA | A::CmeK | A::CmeO | A::CmeQ | A::CmeS) {
        (given.top_min, given.top_max) = (few(choice), few(choice));
    }
    if matches!(algo, A::CmeK | A::CmeQ | A::CmeS | A::CmeT) {
        for account in 0..choice.below(3) {
            let account = u32::try_from(account).expect("few accounts");
            let percent = u8::try_from(1 + choice.below(50)).expect("a percentage");
            given.makers.push((AccountId(account), percent));
        }
    }
    given.leveling = algo == A::CmeK && choice.chance(50);
}

/// One that no engine takes.
pub(super) fn wrong_spec(choice: &mut impl Choice) -> InstrumentSpec {
    let plain = InstrumentSpec::new(InstrumentId(12), "WRONG");
    let odd = |allocation| InstrumentSpec { allocation, ..plain.clone() };
    match choice.below(8) {
        0 => InstrumentSpec { tick: 0, ..plain },
        1 => InstrumentSpec { lot: 0, ..plain },
        2 => InstrumentSpec { scale: u8::MAX, ..plain },
        3 => odd(Allocation { leveling: true, ..Allocation::default() }),
        4 => odd(Allocation { fifo_percent: Some(40), ..Allocation::default() }),
        6 => {
            let makers = [(AccountId(1), 40), (AccountId(1), 30)].into_iter().collect();
            let allocation = Allocation { makers, ..Allocation::default() };
            InstrumentSpec { algo: Algo::CmeT, allocation, ..plain }
        }
        5 => {
            InstrumentSpec { ticks: [(Price(5), 1), (Price(5), 2)].into_iter().collect(), ..plain }
        }
        _ => InstrumentSpec { maker_bps: 10_001, ..plain },
    }
}

/// The limits of an account: none mostly, so that they come and go, and few at once.
pub(super) fn limits(choice: &mut impl Choice) -> AccountSpec {
    let account = if choice.chance(40) { account(choice) } else { LEDGER };
    let mut spec = AccountSpec { account, ..AccountSpec::default() };
    // The one that owns most orders is limited seldom, the last one has a ledger.
    if account == LEDGER || choice.chance(3) {
        spec.cash = choice.chance(70).then(|| {
            let most = choice.pick(&[1_000, 10_000, 100_000, i64::MAX.unsigned_abs()]);
            i64::try_from(choice.below(most)).expect("at most what fits")
        });
    }
    spec.position = i64::try_from(choice.below(60)).expect("a small number");
    if spec.cash.is_none() || choice.chance(3) {
        spec.position -= 30;
    }
    for _ in 0..choice.below(if account == AccountId(1) { 2 } else { 4 }) {
        limit(choice, &mut spec);
    }
    spec
}

fn limit(choice: &mut impl Choice, spec: &mut AccountSpec) {
    match choice.below(11) {
        0 => spec.max_order_qty = Some(8 + choice.below(20)),
        1 => spec.max_order_notional = Some(400 + choice.below(4_000)),
        2 => spec.max_open_orders = Some(u32::try_from(choice.below(16)).expect("small")),
        3 => spec.max_open_qty = Some(20 + choice.below(100)),
        4 => spec.max_long = Some(choice.below(150)),
        5 => spec.max_short = Some(choice.below(150)),
        6 => spec.collar = Some(choice.below(12)),
        7 | 8 => {
            spec.max_messages = Some(u32::try_from(choice.below(12)).expect("small"));
            spec.per_ns = choice.below(30);
        }
        _ => {
            spec.mmp_qty = choice.chance(70).then(|| 1 + choice.below(30));
            spec.mmp_fills =
                choice.chance(50).then(|| u32::try_from(1 + choice.below(3)).expect("small"));
            spec.mmp_ns = choice.below(40);
        }
    }
}
