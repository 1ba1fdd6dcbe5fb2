//! What becomes of a strategy that failed, and where it stands.

use ringfence_core::Time;

/// What is done when a strategy fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultPolicy {
    /// What becomes of its open orders.
    pub orders: OpenOrders,
    /// Whether it is started again, with a fresh memory.
    pub restart: bool,
    /// How long it waits before it is started again, in command time; doubled with every fault.
    pub back_off_ns: u64,
    /// The longest it waits.
    pub back_off_max_ns: u64,
    /// After so many faults it is quarantined: only an operator lets it run again.
    pub quarantine_after: u32,
}

/// What becomes of the open orders of a strategy that stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenOrders {
    /// They are cancelled.
    #[default]
    Cancel,
    /// They stay, and what happens to them is still booked.
    Keep,
}

impl Default for FaultPolicy {
    /// A strategy that fails stays out, and its orders are cancelled.
    fn default() -> Self {
        Self {
            orders: OpenOrders::Cancel,
            restart: false,
            back_off_ns: 1_000_000_000,
            back_off_max_ns: 300_000_000_000,
            quarantine_after: 5,
        }
    }
}

impl FaultPolicy {
    /// Where a strategy stands that failed at `at`, for the `count`th time.
    #[must_use]
    pub fn after_fault(&self, count: u32, at: Time) -> Standing {
        if !self.restart {
            return Standing::Stopped;
        }
        if count >= self.quarantine_after {
            return Standing::Quarantined;
        }
        let doubled = 1_u64.checked_shl(count.saturating_sub(1)).unwrap_or(u64::MAX);
        let wait = self.back_off_ns.saturating_mul(doubled).min(self.back_off_max_ns);
        // Something must come between a fault and the next start.
        Standing::BacksOff { until: Time(at.0.saturating_add(wait.max(1))) }
    }
}

impl Standing {
    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::BacksOff { .. } => "resting",
            Self::Stopped => "stopped",
            Self::Quarantined => "quarantined",
            Self::Left => "unloaded",
        }
    }
}

/// Where a strategy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is told what happens, and may ask for orders.
    Running,
    /// It failed, and is started again.
    BacksOff {
        /// When.
        until: Time,
    },
    /// It failed, and its policy does not start it again.
    Stopped,
    /// It failed too often.
    Quarantined,
    /// It was unloaded.
    Left,
}

#[cfg(test)]
mod tests;
