//! `[strategies.limits]`: what a strategy may use and ask for.

use serde::Deserialize;

use super::Within;
use crate::sandbox::SandboxConfig;
use crate::seat::Limits;

/// Limits of one strategy: those of its sandbox and those of its seat.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Gas of one call with events, or of its timer.
    pub gas_per_call: Gas,
    /// Gas of all calls in a second of command time.
    pub gas_per_second: Gas,
    /// Gas of each call before the first event.
    pub gas_init: Gas,
    /// Stack it may use.
    pub depth: Within<1, 16_384>,
    /// Pages of 64 KiB its memory may have.
    pub memory_pages: Within<1, 32_768>,
    /// Bytes its module may have.
    pub module_bytes: Within<1, { 64 << 20 }>,
    /// Commands in one call, whatever it is an answer to; beyond is a fault.
    pub commands_per_call: Within<0, 65_536>,
    /// Commands in answer to one event; beyond are turned away.
    pub orders_per_event: Within<0, 1_000_000>,
    /// New orders, replaces and quotes in a second of command time; beyond are turned away.
    pub orders_per_second: Within<0, 100_000_000>,
    /// Orders that live at once; what its account's limits say where nothing is said here.
    pub open_orders: Option<Within<0, { u32::MAX as u64 }>>,
    /// Bytes it may log in a second of command time; beyond are dropped and counted.
    pub log_bytes_per_second: Within<0, { 1 << 30 }>,
    /// Bytes of its log that are kept.
    pub log_bytes_kept: Within<0, { 1 << 30 }>,
}

/// Gas: about so many simple instructions.
type Gas = Within<1, 1_000_000_000_000_000>;

impl Default for LimitsConfig {
    fn default() -> Self {
        let (sandbox, seat) = (SandboxConfig::default(), Limits::default());
        Self {
            gas_per_call: Within::new(sandbox.gas_per_call),
            gas_per_second: Within::new(sandbox.gas_per_second),
            gas_init: Within::new(sandbox.gas_init),
            depth: Within::new(sandbox.depth.into()),
            memory_pages: Within::new(sandbox.memory_pages.into()),
            module_bytes: Within::new(sandbox.module_bytes_max.into()),
            commands_per_call: Within::new(sandbox.commands_per_batch.into()),
            orders_per_event: Within::new(seat.orders_per_event.into()),
            orders_per_second: Within::new(seat.orders_per_second.into()),
            open_orders: seat.open_orders.map(|most| Within::new(most.into())),
            log_bytes_per_second: Within::new(sandbox.log_bytes_per_second.into()),
            log_bytes_kept: Within::new(sandbox.log_bytes_kept.into()),
        }
    }
}

impl LimitsConfig {
    /// Those of the sandbox; the rest of its settings are the usual ones.
    #[must_use]
    pub fn sandbox(&self) -> SandboxConfig {
        SandboxConfig {
            gas_per_call: self.gas_per_call.get(),
            gas_per_second: self.gas_per_second.get(),
            gas_init: self.gas_init.get(),
            depth: self.depth.get_u32(),
            memory_pages: self.memory_pages.get_u32(),
            module_bytes_max: self.module_bytes.get_u32(),
            commands_per_batch: self.commands_per_call.get_u32(),
            log_bytes_per_second: self.log_bytes_per_second.get_u32(),
            log_bytes_kept: self.log_bytes_kept.get_u32(),
            ..SandboxConfig::default()
        }
    }

    /// Those of the seat.
    #[must_use]
    pub fn seat(&self) -> Limits {
        Limits {
            orders_per_event: self.orders_per_event.get_u32(),
            orders_per_second: self.orders_per_second.get_u32(),
            open_orders: self.open_orders.map(Within::get_u32),
        }
    }
}
