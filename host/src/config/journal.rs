//! `[journal]`: where commands are kept.

use std::path::PathBuf;

use serde::Deserialize;

use super::Switch;
use super::Within;
use crate::journal::{Ahead, Policy, SEGMENT_LEN_MAX, Settings, SnapshotSettings};

/// Where and how the journal is kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalConfig {
    /// Its folder; made where there is none.
    pub folder: PathBuf,
    /// When the world may hear of a command.
    pub policy: PolicyName,
    /// With `interval`: the disk has a command after so many milliseconds at most.
    pub interval_ms: Within<1, 60_000>,
    /// Mebibytes of a segment.
    pub segment_mib: Within<1, { SEGMENT_LEN_MAX >> 20 }>,
    /// Whether a thread of its own writes.
    pub writer_thread: bool,
    /// Snapshots.
    pub snapshots: SnapshotConfig,
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("journal"),
            policy: PolicyName::EveryTurn,
            interval_ms: Within::new(10),
            segment_mib: Within::new(64),
            writer_thread: false,
            snapshots: SnapshotConfig::default(),
        }
    }
}

/// A [`Policy`] by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyName {
    /// When the disk itself has it.
    EveryTurn,
    /// When the system has it; the disk soon after.
    Interval,
    /// When the system has it.
    Os,
}

impl JournalConfig {
    /// Whether records say where a group of commands began: each group is on the disk before the next
    /// one begins.
    #[must_use]
    pub fn tells_groups(&self) -> bool {
        self.policy == PolicyName::EveryTurn && !self.writer_thread
    }
}

/// When snapshots are taken, and how many are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SnapshotConfig {
    /// One after so many commands; 0 is never.
    pub every_commands: u64,
    /// One after so many seconds; 0 is never.
    pub every_seconds: Within<0, 31_536_000>,
    /// The newest so many are kept.
    pub kept: Within<1, 1_000>,
    /// Whether segments that all kept snapshots cover are removed.
    pub truncate: Switch,
}

impl Default for SnapshotConfig {
    fn default() -> Self {
        let settings = SnapshotSettings::default();
        Self {
            every_commands: settings.every_commands,
            every_seconds: Within::new(0),
            kept: Within::new(u64::from(settings.kept)),
            truncate: Switch(settings.truncates),
        }
    }
}

impl From<&JournalConfig> for Settings {
    fn from(config: &JournalConfig) -> Self {
        let policy = match config.policy {
            PolicyName::EveryTurn => Policy::EveryTurn,
            PolicyName::Interval => Policy::Interval(config.interval_ms.get() * 1_000_000),
            PolicyName::Os => Policy::Os,
        };
        let snapshots = SnapshotSettings {
            every_commands: config.snapshots.every_commands,
            every_ns: config.snapshots.every_seconds.get() * 1_000_000_000,
            kept: config.snapshots.kept.get_u32(),
            truncates: config.snapshots.truncate.0,
            has_thread: true,
        };
        Self {
            policy,
            segment_len: config.segment_mib.get() << 20,
            has_thread: config.writer_thread,
            ahead: Ahead::ByThread,
            snapshots,
        }
    }
}
