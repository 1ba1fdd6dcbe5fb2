//! `[workers]`: threads beside the venue's own, on which strategies answer.

use serde::Deserialize;

use super::Within;
use crate::floor::{WORKERS_MAX, WorkerSettings};

/// How many workers there are, and how they run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorkersConfig {
    /// How many.
    pub count: Within<0, { WORKERS_MAX as u64 }>,
    /// Processors that they are bound to, dealt out in turn; where nothing is said, those that
    /// `cpu_affinity` leaves.
    pub processors: Option<Vec<u16>>,
    /// They, and the venue's thread that waits for them, ask again and again instead of sleeping.
    pub spins: bool,
}

impl Default for WorkersConfig {
    fn default() -> Self {
        Self { count: Within::new(0), processors: None, spins: false }
    }
}

impl WorkersConfig {
    /// What they are started with, where processors are `left` for them; `None` where there are no
    /// workers.
    #[must_use]
    pub fn settings(&self, left: &[u16]) -> Option<WorkerSettings> {
        let count = u16::try_from(self.count.get()).expect("up to WORKERS_MAX");
        let processors = self.processors.clone().unwrap_or_else(|| left.to_vec());
        (count > 0).then_some(WorkerSettings { count, processors, spins: self.spins })
    }
}
