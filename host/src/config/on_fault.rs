//! `[strategies.on_fault]`: what becomes of a strategy that fails.

use serde::Deserialize;

use super::Within;
use crate::seat::{FaultPolicy, OpenOrders};

/// A policy for faults.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OnFaultConfig {
    /// What becomes of its open orders.
    pub orders: OpenOrders,
    /// Whether it is started again, with a fresh memory.
    pub restart: bool,
    /// How many milliseconds of command time it waits first; doubled with every fault.
    pub back_off_ms: Within<0, 86_400_000>,
    /// The longest it waits.
    pub back_off_max_ms: Within<0, 86_400_000>,
    /// After so many faults it is not started again.
    pub quarantine_after: Within<1, { u32::MAX as u64 }>,
}

/// Nanoseconds of a millisecond.
const MS: u64 = 1_000_000;

impl Default for OnFaultConfig {
    fn default() -> Self {
        let FaultPolicy { orders, restart, back_off_ns, back_off_max_ns, quarantine_after } =
            FaultPolicy::default();
        Self {
            orders,
            restart,
            back_off_ms: Within::new(back_off_ns / MS),
            back_off_max_ms: Within::new(back_off_max_ns / MS),
            quarantine_after: Within::new(quarantine_after.into()),
        }
    }
}

impl From<&OnFaultConfig> for FaultPolicy {
    fn from(config: &OnFaultConfig) -> Self {
        Self {
            orders: config.orders,
            restart: config.restart,
            back_off_ns: config.back_off_ms.get() * MS,
            back_off_max_ns: config.back_off_max_ms.get() * MS,
            quarantine_after: config.quarantine_after.get_u32(),
        }
    }
}
