//! `[venue]`: instruments and room.

use std::path::PathBuf;

use ringfence_core::Capacity;
use serde::Deserialize;

use super::Within;

/// What the engine has room for, and what is traded.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VenueConfig {
    /// A file in JSON Lines with the definitions of instruments, and the limits of accounts.
    pub instruments: Option<PathBuf>,
    /// Time is sequenced as a command of its own after so many milliseconds without a command, so
    /// that what is due is done; 0 is never.
    pub tick_ms: Within<0, 3_600_000>,
    /// Room.
    pub capacity: CapacityConfig,
}

impl Default for VenueConfig {
    fn default() -> Self {
        let tick_ms = Within::new(100);
        Self { instruments: None, tick_ms, capacity: CapacityConfig::default() }
    }
}

/// All of it is taken when the venue starts. It is part of the rules, since a full engine refuses:
/// a journal is recovered with the capacity that it was written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CapacityConfig {
    /// Orders that live at once.
    pub orders: Within<1, { Capacity::ORDERS_MAX as u64 }>,
    /// Price levels that live at once.
    pub levels: Within<1, { Capacity::LEVELS_MAX as u64 }>,
    /// Instruments.
    pub instruments: Within<1, 1_000_000>,
    /// Accounts that have limits.
    pub accounts: Within<1, 1_000_000>,
    /// Pairs of such an account and an instrument.
    pub positions: Within<1, 100_000_000>,
}

impl Default for CapacityConfig {
    fn default() -> Self {
        let Capacity { orders, levels, instruments, accounts, positions } = Capacity::default();
        Self {
            orders: Within::new(u64::from(orders)),
            levels: Within::new(u64::from(levels)),
            instruments: Within::new(u64::from(instruments)),
            accounts: Within::new(u64::from(accounts)),
            positions: Within::new(u64::from(positions)),
        }
    }
}

impl From<CapacityConfig> for Capacity {
    fn from(config: CapacityConfig) -> Self {
        Self {
            orders: config.orders.get_u32(),
            levels: config.levels.get_u32(),
            instruments: config.instruments.get_u32(),
            accounts: config.accounts.get_u32(),
            positions: config.positions.get_u32(),
        }
    }
}
