//! One account: its limits, and what it used of them.

use super::AccountSpec;
use crate::quantity::{Qty, Time};

/// An account that has limits.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) spec: AccountSpec,
    /// All its cash, where it has a ledger.
    pub(crate) cash: Option<i128>,
    /// What of that its orders hold.
    pub(crate) held: u128,
    /// How many of its orders live.
    pub(crate) open_orders: u32,
    /// Its commands in the present interval.
    pub(crate) messages: Window,
    /// The fills of its quotes in the present interval.
    pub(crate) fills: Window,
    /// Whether market-maker protection keeps it from quoting.
    pub(crate) is_tripped: bool,
}

/// What was counted since an interval began; the next one begins with the first count after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: Time,
    pub(crate) count: u64,
    pub(crate) lots: u128,
}

impl Window {
    /// What counts at `now` in intervals of `ns`.
    pub(crate) fn at(self, now: Time, ns: u64) -> Self {
        if self.count == 0 || now.0 - self.from.0 >= ns {
            return Self { from: now, ..Self::default() };
        }
        self
    }

    /// One more, of so many lots.
    pub(crate) fn add(&mut self, now: Time, ns: u64, qty: Qty) {
        *self = self.at(now, ns);
        self.count += 1;
        self.lots += u128::from(qty.0);
    }
}

impl Account {
    pub(crate) fn new(spec: AccountSpec) -> Self {
        let cash = spec.cash.map(i128::from);
        Self {
            spec,
            cash,
            held: 0,
            open_orders: 0,
            messages: Window::default(),
            fills: Window::default(),
            is_tripped: false,
        }
    }

    /// Whether it may send one more command.
    pub(crate) fn may_send(&self, now: Time) -> bool {
        let most = self.spec.max_messages.map(u64::from);
        most.is_none_or(|most| self.messages.at(now, self.spec.per_ns).count < most)
    }

    /// Counts a command that was taken.
    pub(crate) fn count_message(&mut self, now: Time) {
        if self.spec.max_messages.is_some() {
            self.messages.add(now, self.spec.per_ns, Qty::ZERO);
        }
    }

    /// Counts a fill of a quote; whether it trips the protection.
    pub(crate) fn count_fill(&mut self, now: Time, qty: Qty) -> bool {
        let AccountSpec { mmp_qty, mmp_fills, mmp_ns, .. } = self.spec;
        if self.is_tripped || (mmp_qty.is_none() && mmp_fills.is_none()) {
            return false;
        }
        self.fills.add(now, mmp_ns, qty);
        let lots = mmp_qty.is_some_and(|most| self.fills.lots >= u128::from(most));
        self.is_tripped = lots || mmp_fills.is_some_and(|most| self.fills.count >= u64::from(most));
        self.is_tripped
    }

    /// Lets it quote again.
    pub(crate) fn reset_protection(&mut self) {
        (self.is_tripped, self.fills) = (false, Window::default());
    }

    /// Its cash that is free for one more order; 0 where it has no ledger.
    pub(crate) fn free_cash(&self) -> i128 {
        self.cash.unwrap_or(0).saturating_sub_unsigned(self.held)
    }
}
