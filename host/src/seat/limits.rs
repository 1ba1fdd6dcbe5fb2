//! What a strategy may ask for: so much at once, and so much in a second.

use crate::sandbox::Allowance;

/// Limits of one strategy at its seat. Those of its sandbox are in
/// [`SandboxConfig`](crate::sandbox::SandboxConfig).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Commands in answer to one event; an answer to several has the sum.
    pub orders_per_event: u32,
    /// New orders, replaces and quotes in a second of command time. Cancels are not counted:
    /// whoever has used up their orders can still take them back.
    pub orders_per_second: u32,
    /// Orders that live at once: the engine's limit of the strategy's account. None: as many as
    /// the engine has room for.
    pub open_orders: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { orders_per_event: 16, orders_per_second: 10_000, open_orders: None }
    }
}

/// What is left of the orders of a second, to the last part, and when that was reckoned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct UsedParts {
    pub(crate) left: u128,
    pub(crate) refilled_ns: u64,
}

/// How much of its limits a strategy has used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Used {
    orders: Allowance,
    /// Commands that the present answer may still hold.
    left: u64,
}

impl Used {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { orders: Allowance::new(limits.orders_per_second.into()), left: 0 }
    }

    /// What goes along with an image; between two answers there is no more.
    pub(super) const fn parts(&self) -> UsedParts {
        let (left, refilled_ns) = self.orders.parts();
        UsedParts { left, refilled_ns }
    }

    /// Goes on with what was left, within the limits that hold now.
    pub(super) fn resume(&mut self, limits: &Limits, parts: UsedParts) {
        let UsedParts { left, refilled_ns } = parts;
        self.orders = Allowance::resume(limits.orders_per_second.into(), left, refilled_ns);
    }

    /// Begins an answer to so many events.
    pub(super) fn begin(&mut self, limits: &Limits, events: usize) {
        self.left = u64::from(limits.orders_per_event).saturating_mul(events as u64);
    }

    /// Takes one command into account, and says whether it is within the limits.
    pub(super) fn admits(&mut self, at_ns: u64, is_order: bool) -> bool {
        if self.left == 0 || (is_order && self.orders.offer(at_ns, 1) == 0) {
            return false;
        }
        self.left -= 1;
        if is_order {
            self.orders.spend(1);
        }
        true
    }
}
