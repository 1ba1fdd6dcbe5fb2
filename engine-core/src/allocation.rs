//! Allocation: how what a price shows is shared out among its orders, step by step.

use arrayvec::ArrayVec;

use crate::id::{AccountId, OrderId};
use crate::instrument::Algo;
use crate::limits::MAKERS_MAX;
use crate::quantity::Qty;

/// What an algorithm leaves to the instrument; what is `None` is as the algorithm has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allocation {
    /// How much of an incoming order goes first come, first served, in percent.
    pub fifo_percent: Option<u8>,
    /// The least share by size; a smaller one is none.
    pub pro_rata_min: Option<Qty>,
    /// What the order that set the price must show to come first.
    pub top_min: Option<Qty>,
    /// The most that it gets for that; 0: it does not come first.
    pub top_max: Option<Qty>,
    /// Whether those that a share by size leaves with nothing get a lot each.
    pub leveling: bool,
    /// Market makers, and how much of an incoming order each is due, in percent.
    pub makers: ArrayVec<(AccountId, u8), MAKERS_MAX>,
}

impl Allocation {
    /// Whether everything that is given is something that `algo` asks for, and can be.
    pub(crate) fn fits(&self, algo: Algo) -> bool {
        let steps = steps(algo, &Self { top_max: None, ..self.clone() });
        let has = |step: fn(&Step) -> bool| steps.iter().any(step);
        let top = self.top_min.is_none() && self.top_max.is_none();
        let percent: u32 = self.makers.iter().map(|&(_, percent)| u32::from(percent)).sum();
        let some = self.makers.iter().all(|&(_, percent)| percent > 0);
        let twice = |&(account, _): &(AccountId, u8)| {
            self.makers.iter().filter(|&&(other, _)| other == account).count() > 1
        };
        let makers = some && percent <= 100 && !self.makers.iter().any(twice);
        (self.fifo_percent.is_none() || has(|step| matches!(step, Step::FifoPart { .. })))
            && self.fifo_percent.is_none_or(|percent| percent <= 100)
            && (self.pro_rata_min.is_none() || has(|step| matches!(step, Step::ProRata { .. })))
            && (top || has(|step| matches!(step, Step::Top { .. })))
            && (!self.leveling || algo == Algo::CmeK)
            && (self.makers.is_empty() || has(|step| matches!(step, Step::Makers)))
            && makers
    }
}

/// One step of an allocation: each gives away some of what the steps before it have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// To the order that set the price, if it shows `least`, up to `most`.
    Top { least: Qty, most: Qty },
    /// To each market maker its percentage.
    Makers,
    /// A percentage, first come, first served.
    FifoPart { percent: u8 },
    /// By size; less than `least` is nothing.
    ProRata { least: Qty },
    /// A lot to each order that the share by size left with nothing.
    Leveling,
    /// The rest, first come, first served.
    Fifo,
    /// The rest, the largest first.
    Largest,
}

/// More steps no algorithm has.
const STEPS_MAX: usize = 6;

/// The steps of an algorithm, in their order.
pub(crate) type Steps = ArrayVec<Step, STEPS_MAX>;

/// The steps of an algorithm with an instrument's parameters.
pub(crate) fn steps(algo: Algo, allocation: &Allocation) -> Steps {
    let most = allocation.top_max.unwrap_or(Qty::MAX);
    let top = Step::Top { least: allocation.top_min.unwrap_or_default(), most };
    let part = Step::FifoPart { percent: allocation.fifo_percent.unwrap_or(FIFO_PERCENT) };
    let by_size = |least| Step::ProRata { least: allocation.pro_rata_min.unwrap_or(Qty(least)) };
    let (makers, fifo) = (Step::Makers, Step::Fifo);
    let mut steps = Steps::new();
    let list: &[Step] = match algo {
        Algo::Fifo | Algo::CmeF => &[fifo],
        Algo::ProRata | Algo::CmeC => {
            &[by_size(if algo == Algo::CmeC { PRO_RATA_MIN } else { 1 }), fifo]
        }
        Algo::FifoProRata => &[part, by_size(1), fifo],
        Algo::TopProRata | Algo::CmeO => &[top, by_size(1), fifo],
        Algo::Size => &[Step::Largest],
        Algo::CmeA => &[top, by_size(PRO_RATA_MIN), fifo],
        Algo::CmeK if allocation.leveling => &[top, makers, part, by_size(1), Step::Leveling, fifo],
        Algo::CmeK => &[top, makers, part, by_size(1), fifo],
        Algo::CmeQ => &[top, makers, by_size(1), fifo],
        Algo::CmeS => &[top, makers, fifo],
        Algo::CmeT => &[makers, fifo],
    };
    steps.extend(list.iter().copied().filter(|step| *step != top || !most.is_zero()));
    steps
}

/// What goes first come, first served where an instrument does not say.
const FIFO_PERCENT: u8 = 40;

/// The least share by size of CME's A and C.
const PRO_RATA_MIN: u64 = 2;

/// An order at a price, and what it gets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    /// Its name.
    pub(crate) id: OrderId,
    /// Its place in the store.
    pub(crate) key: u32,
    /// Whose it is.
    pub(crate) account: AccountId,
    /// Whether it set the price.
    pub(crate) top: bool,
    /// Where it stands in time.
    pub(crate) place: u32,
    /// What it shows and has not got yet.
    pub(crate) left: Qty,
    /// What it gets.
    pub(crate) got: Qty,
    /// Whether the share by size left it with nothing.
    pub(crate) passed: bool,
}

impl Share {
    fn give(&mut self, qty: Qty) -> Qty {
        let qty = qty.min(self.left);
        self.left -= qty;
        self.got += qty;
        qty
    }
}

/// Shares `qty` out among the orders of a price, which stand in the order of time and show at
/// least as much together.
pub(crate) fn share_out(
    shares: &mut [Share],
    qty: Qty,
    steps: &[Step],
    makers: &[(AccountId, u8)],
    lot: u64,
) {
    let mut left = qty;
    let whole = |qty: Qty| Qty(qty.0 - qty.0 % lot);
    for &step in steps {
        left -= match step {
            Step::Top { least, most } => {
                let top = shares.iter_mut().find(|share| share.top && share.left >= least);
                top.map_or(Qty::ZERO, |share| share.give(whole(most).min(left)))
            }
            Step::Makers => give_makers(shares, left, makers, lot),
            Step::FifoPart { percent } => fifo(shares, whole(part(left, percent))),
            Step::ProRata { least } => by_size(shares, left, least, lot),
            Step::Leveling => level(shares, left, lot),
            Step::Fifo => fifo(shares, left),
            Step::Largest => {
                shares.sort_unstable_by_key(|share| (core::cmp::Reverse(share.left), share.place));
                let given = fifo(shares, left);
                shares.sort_unstable_by_key(|share| share.place);
                given
            }
        };
    }
}

/// In the order in which they stand.
fn fifo(shares: &mut [Share], qty: Qty) -> Qty {
    let mut left = qty;
    for share in shares {
        if left.is_zero() {
            break;
        }
        left -= share.give(left);
    }
    qty - left
}

/// To each maker its part of what there is before any of them got something; its orders in the
/// order of time.
fn give_makers(shares: &mut [Share], qty: Qty, makers: &[(AccountId, u8)], lot: u64) -> Qty {
    let mut given = Qty::ZERO;
    for &(account, percent) in makers {
        let due = part(qty, percent);
        let mut left = Qty(due.0 - due.0 % lot);
        for share in shares.iter_mut().filter(|share| share.account == account) {
            let got = share.give(left);
            left -= got;
            given += got;
        }
    }
    given
}

/// In proportion to what each has left, in whole lots, less than `least` being nothing.
fn by_size(shares: &mut [Share], qty: Qty, least: Qty, lot: u64) -> Qty {
    let total: u128 = shares.iter().map(|share| u128::from(share.left.0)).sum();
    let mut given = Qty::ZERO;
    for share in shares {
        let exact = u128::from(qty.0) * u128::from(share.left.0);
        let due = u64::try_from(exact.checked_div(total).unwrap_or(0)).unwrap_or(u64::MAX);
        let due = due - due % lot;
        if due == 0 || due < least.0 {
            share.passed = true;
        } else {
            given += share.give(Qty(due));
        }
    }
    given
}

/// A lot each, in the order of time, to those that were passed over.
fn level(shares: &mut [Share], qty: Qty, lot: u64) -> Qty {
    let mut left = qty;
    for share in shares.iter_mut().filter(|share| share.passed) {
        left -= share.give(Qty(lot).min(left));
    }
    qty - left
}

fn part(qty: Qty, percent: u8) -> Qty {
    let part = u128::from(qty.0) * u128::from(percent.min(100)) / 100;
    Qty(u64::try_from(part).unwrap_or(qty.0))
}

#[cfg(test)]
mod tests;
