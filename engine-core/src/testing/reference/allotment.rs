//! Who gets what at a price that is shared out, in the words of `docs/semantics.md`.

use alloc::vec::Vec;
use core::ops::ControlFlow;

use super::book::{Order, is_dark};
use super::prevention::same_group;
use super::{Listing, Reference};
use crate::command::{NewOrder, Phase, Stp};
use crate::id::{AccountId, OrderId};
use crate::instrument::{Algo, InstrumentSpec};
use crate::quantity::{Price, Qty};
use crate::side::Side;

/// An order that shows something, and what it gets of that.
#[derive(Clone, Copy, Debug)]
struct Part {
    id: OrderId,
    account: AccountId,
    top: bool,
    shown: u64,
    gets: u64,
}

/// Whether an instrument shares out what a price shows.
pub(super) fn is_shared(spec: &InstrumentSpec) -> bool {
    let one = steps_named(spec);
    one != ["fifo"]
}

/// The steps of each algorithm, by name.
fn steps_named(spec: &InstrumentSpec) -> Vec<&'static str> {
    let mut steps = match spec.algo {
        Algo::Fifo | Algo::CmeF => Vec::from(["fifo"]),
        Algo::ProRata | Algo::CmeC => Vec::from(["pro_rata", "fifo"]),
        Algo::FifoProRata => Vec::from(["fifo_part", "pro_rata", "fifo"]),
        Algo::TopProRata | Algo::CmeA | Algo::CmeO => Vec::from(["top", "pro_rata", "fifo"]),
        Algo::Size => Vec::from(["largest"]),
        Algo::CmeK => Vec::from(["top", "makers", "fifo_part", "pro_rata", "leveling", "fifo"]),
        Algo::CmeQ => Vec::from(["top", "makers", "pro_rata", "fifo"]),
        Algo::CmeS => Vec::from(["top", "makers", "fifo"]),
        Algo::CmeT => Vec::from(["makers", "fifo"]),
    };
    steps.retain(|&step| match step {
        "top" => spec.allocation.top_max != Some(Qty(0)),
        "leveling" => spec.allocation.leveling,
        _ => true,
    });
    steps
}

/// Whether an instrument's algorithm has a use for every parameter that is given.
pub(super) fn allocation_fits(spec: &InstrumentSpec) -> bool {
    use Algo as A;
    let given = &spec.allocation;
    let tops = matches!(spec.algo, A::TopProRata | A::CmeA | A::CmeK | A::CmeO | A::CmeQ | A::CmeS);
    let makes = matches!(spec.algo, A::CmeK | A::CmeQ | A::CmeS | A::CmeT);
    let splits = matches!(spec.algo, A::FifoProRata | A::CmeK);
    let by_size = matches!(
        spec.algo,
        A::ProRata
            | A::FifoProRata
            | A::TopProRata
            | A::CmeA
            | A::CmeC
            | A::CmeK
            | A::CmeO
            | A::CmeQ
    );
    let mut accounts: Vec<AccountId> = given.makers.iter().map(|&(account, _)| account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let percents = given.makers.iter().map(|&(_, percent)| u32::from(percent));
    (tops || (given.top_min.is_none() && given.top_max.is_none()))
        && (makes || given.makers.is_empty())
        && (splits || given.fifo_percent.is_none())
        && (by_size || given.pro_rata_min.is_none())
        && (spec.algo == A::CmeK || !given.leveling)
        && given.fifo_percent.is_none_or(|percent| percent <= 100)
        && accounts.len() == given.makers.len()
        && percents.clone().all(|percent| percent > 0)
        && percents.sum::<u32>() <= 100
}

/// What each order that shows something at a price gets of `qty`, oldest first.
fn allot(listing: &Listing, side: Side, price: Price, qty: Qty) -> Vec<(OrderId, Qty)> {
    let mut parts: Vec<Part> = shown_at(listing, side, price)
        .iter()
        .map(|order| Part {
            id: order.terms.id,
            account: order.terms.account,
            top: order.top,
            shown: order.shown.0,
            gets: 0,
        })
        .collect();
    let all: u128 = parts.iter().map(|part| u128::from(part.shown)).sum();
    if u128::from(qty.0) >= all {
        parts.iter_mut().for_each(|part| part.gets = part.shown);
    } else {
        let mut left = qty.0;
        let mut starved = Vec::new();
        for step in steps_named(&listing.spec) {
            let before: u64 = parts.iter().map(|part| part.gets).sum();
            take_step(step, &listing.spec, &mut parts, left, &mut starved);
            let after: u64 = parts.iter().map(|part| part.gets).sum();
            left -= after - before;
        }
        assert_eq!(left, 0, "everything is given to somebody");
    }
    parts.into_iter().map(|part| (part.id, Qty(part.gets))).collect()
}

fn take_step(
    step: &str,
    spec: &InstrumentSpec,
    parts: &mut [Part],
    left: u64,
    starved: &mut Vec<OrderId>,
) {
    let given = &spec.allocation;
    let lots = |qty: u64| qty / spec.lot * spec.lot;
    let percent = |percent: u8| {
        let part = u128::from(left) * u128::from(percent) / 100;
        lots(u64::try_from(part).expect("no more than all"))
    };
    match step {
        "top" => {
            let least = given.top_min.unwrap_or(Qty(0)).0;
            let most = lots(given.top_max.map_or(u64::MAX, |most| most.0)).min(left);
            let top = parts.iter_mut().filter(|part| part.top && part.shown >= least);
            top.for_each(|part| part.gets = most.min(part.shown));
        }
        "makers" => {
            for &(account, due) in &given.makers {
                in_turn(parts, percent(due), |part| part.account == account);
            }
        }
        "fifo_part" => in_turn(parts, percent(given.fifo_percent.unwrap_or(40)), |_| true),
        "pro_rata" => {
            let two = matches!(spec.algo, Algo::CmeA | Algo::CmeC);
            let least = given.pro_rata_min.map_or(if two { 2 } else { 1 }, |least| least.0);
            let open = |part: &Part| u128::from(part.shown - part.gets);
            let all: u128 = parts.iter().map(open).sum();
            for part in parts {
                let share = u128::from(left) * open(part) / all;
                let share = lots(u64::try_from(share).expect("no more than is open"));
                if share == 0 || share < least {
                    starved.push(part.id);
                } else {
                    part.gets += share;
                }
            }
        }
        "leveling" => {
            let mut left = left;
            for part in parts.iter_mut().filter(|part| starved.contains(&part.id)) {
                let lot = spec.lot.min(left).min(part.shown - part.gets);
                part.gets += lot;
                left -= lot;
            }
        }
        "fifo" => in_turn(parts, left, |_| true),
        "largest" => {
            let mut left = left;
            while left > 0 {
                // Of equals the last of the reversed is the oldest.
                let open = parts.iter_mut().rev().filter(|part| part.gets == 0);
                let largest = open.max_by_key(|part| part.shown).expect("there is enough");
                largest.gets = largest.shown.min(left);
                left -= largest.gets;
            }
        }
        _ => unreachable!("no step is called so"),
    }
}

/// Gives `qty` to those that qualify, one after the other.
fn in_turn(parts: &mut [Part], qty: u64, which: impl Fn(&Part) -> bool) {
    let mut left = qty;
    for part in parts.iter_mut().filter(|part| which(part)) {
        let more = left.min(part.shown - part.gets);
        part.gets += more;
        left -= more;
    }
}

/// The orders that show something at a price, oldest first.
fn shown_at(listing: &Listing, side: Side, price: Price) -> Vec<Order> {
    let orders = listing.book.in_order_of_service(side).iter();
    let here = orders.filter(|o| o.terms.price == Some(price) && !o.shown.is_zero());
    here.cloned().collect()
}

impl Reference {
    /// One round at the price of a maker: orders of the taker's own group come first, then what is
    /// shown is shared out. Breaks where the taker has ended.
    pub(super) fn take_round(
        &mut self,
        at: usize,
        taker: &mut Order,
        price: Price,
    ) -> ControlFlow<()> {
        let side = taker.terms.side.opposite();
        if taker.terms.stp != Stp::None {
            for maker in shown_at(&self.listings[at], side, price) {
                let maker = self.listings[at].book.get(maker.terms.id).cloned();
                if let Some(maker) = maker.filter(|maker| same_group(taker, maker)) {
                    self.keep_apart(at, taker, &maker)?;
                }
            }
        }
        for (id, qty) in allot(&self.listings[at], side, price, taker.open) {
            let maker = self.listings[at].book.get(id).cloned();
            if let Some(maker) = maker.filter(|_| !qty.is_zero() && !taker.open.is_zero()) {
                self.trade(at, taker, maker, qty);
            }
        }
        ControlFlow::Continue(())
    }

    /// An order has come to rest: one that shows a better price than all on its side is its top
    /// order, where the phase is continuous, and nobody else is.
    pub(super) fn crown(&mut self, at: usize, order: &mut Order) {
        let listing = &mut self.listings[at];
        let NewOrder { side, price, .. } = order.terms;
        let best = listing.book.best_shown(side).map(|level| level.price);
        let price = price.expect("it rests");
        if is_shared(&listing.spec)
            && !is_dark(&order.terms)
            && best.is_none_or(|best| side.is_better(price, best))
        {
            listing.book.forget_top(side);
            order.top = listing.phase == Phase::Continuous;
        }
    }
}
