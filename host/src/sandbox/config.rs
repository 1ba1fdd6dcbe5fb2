//! How much a strategy may use.

/// Limits of one strategy, and what it is started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxConfig {
    /// Gas of one call with events, and of each `rf_timer`, `rf_export`, `rf_import` and
    /// `rf_shutdown`. A unit is about one simple instruction.
    pub gas_per_call: u64,
    /// Gas of all calls with events or timers in a second of command time.
    pub gas_per_second: u64,
    /// Gas of each call before the first event: `rf_abi_version`, `rf_io` and `rf_init`.
    pub gas_init: u64,
    /// Pages of 64 KiB its memory may have.
    pub memory_pages: u32,
    /// Stack it may use. A function costs 1, and 1 more for each 32 values it holds.
    pub depth: u32,
    /// Commands it may ask for in one call; in all calls of an answer [`ANSWER_COMMANDS_MAX`], which
    /// is also the most that counts here. Room for so many is taken when it starts.
    pub commands_per_batch: u32,
    /// Bytes it may log in a second of command time.
    pub log_bytes_per_second: u32,
    /// Bytes of its log that are kept.
    pub log_bytes_kept: u32,
    /// Where its random numbers start.
    pub seed: u64,
    /// Bytes its module may have.
    pub module_bytes_max: u32,
    /// Whether its compiled code is looked for and kept on disk.
    pub cache_enabled: bool,
    /// What `rf_init` is given: lines of `key=value`.
    pub params: String,
}

impl SandboxConfig {
    /// Pages its memory may have, whatever it was given.
    pub(super) fn pages_max(&self) -> u32 {
        self.memory_pages.min(MEMORY_PAGES_MAX)
    }

    /// Commands it may ask for in one call, whatever it was given.
    pub(super) fn commands_max(&self) -> u32 {
        self.commands_per_batch.min(ANSWER_COMMANDS_MAX)
    }
}

impl Default for SandboxConfig {
    /// Room for a strategy that keeps a few books and decides in well under a millisecond.
    fn default() -> Self {
        Self {
            gas_per_call: 10_000_000,
            gas_per_second: 1_000_000_000,
            gas_init: 1_000_000_000,
            memory_pages: 256,
            depth: 1_024,
            commands_per_batch: 1_024,
            log_bytes_per_second: 65_536,
            log_bytes_kept: 65_536,
            seed: 0,
            module_bytes_max: 8 << 20,
            cache_enabled: true,
            params: String::new(),
        }
    }
}

/// Commands that an answer may ask for, all calls together: 8 MiB of records. A guest is called once for
/// every `events_cap` events, so a round with many events would otherwise have no bound.
pub const ANSWER_COMMANDS_MAX: u32 = 65_536;

/// 2 GiB: the length of a memory of 4 GiB does not fit 32 bits.
const MEMORY_PAGES_MAX: u32 = 1 << 15;
