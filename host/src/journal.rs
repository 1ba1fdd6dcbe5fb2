//! Every admitted command with its stamp: replayed from here, the engine comes to the same state.

mod archivist;
mod clerk;
mod cut;
mod direct;
mod disk;
mod error;
mod file;
mod latency;
mod porter;
mod reader;
mod record;
mod scribe;
mod seal;
mod segment;
pub(crate) mod shelf;
mod snapshot;
mod steward;
mod storage;
mod tail;
mod writer;

use ringfence_core::{Command, Engine};

pub use archivist::{SnapshotSettings, SnapshotTally};
pub(crate) use cut::cut;
pub use disk::{Disk, Settings};
pub use error::JournalError;
pub use file::Folder;
pub use latency::{LATENCY_RANGES, Latency, latency_bound_ns};
pub(crate) use reader::SEGMENT_LEN_MAX;
pub use reader::{End, Reader, Torn};
pub use record::Entry;
pub use scribe::Policy;
pub use segment::{Header, SEMANTICS};
pub use shelf::PassedOver;
pub(crate) use snapshot::{Snapshot, index_key, room};
pub use steward::Ahead;
pub use storage::{Storage, StoredFile};
pub(crate) use writer::GROUPS_AHEAD_MAX;

use crate::sequencer::{Origin, Stamp};

/// Where admitted commands are kept.
#[derive(Debug)]
pub struct Journal {
    keeper: Keeper,
}

#[derive(Debug)]
enum Keeper {
    Nobody,
    Memory { entries: Vec<Entry>, entries_max: usize },
    Disk(Box<Disk>),
}

impl Journal {
    /// Keeps up to `entries_max` commands in memory.
    #[must_use]
    pub const fn in_memory(entries_max: usize) -> Self {
        Self { keeper: Keeper::Memory { entries: Vec::new(), entries_max } }
    }

    /// Keeps nothing: for a run whose input is kept elsewhere and is never recovered from here.
    #[must_use]
    pub const fn none() -> Self {
        Self { keeper: Keeper::Nobody }
    }

    /// Keeps everything in segments of a [`Storage`].
    #[must_use]
    pub fn on_disk(disk: Disk) -> Self {
        Self { keeper: Keeper::Disk(Box::new(disk)) }
    }

    /// Takes one command. It is kept once it was committed.
    ///
    /// # Errors
    ///
    /// [`JournalError`] where it cannot be taken; the journal is as it was.
    #[inline]
    pub fn append(
        &mut self,
        stamp: Stamp,
        origin: Origin,
        command: &Command,
    ) -> Result<(), JournalError> {
        match &mut self.keeper {
            Keeper::Nobody => Ok(()),
            Keeper::Memory { entries, entries_max } if entries.len() == *entries_max => {
                Err(JournalError::Full { entries_max: *entries_max })
            }
            Keeper::Memory { entries, .. } => {
                entries.push(Entry { stamp, origin, command: command.clone() });
                Ok(())
            }
            Keeper::Disk(disk) => disk.append(stamp, origin, command),
        }
    }

    /// Hands over what was appended since the last time, as one group.
    ///
    /// # Errors
    ///
    /// [`JournalError`] where it cannot be written. The journal takes nothing more then: what the
    /// disk holds is not known before it is read again.
    pub fn commit(&mut self) -> Result<(), JournalError> {
        match &mut self.keeper {
            Keeper::Nobody | Keeper::Memory { .. } => Ok(()),
            Keeper::Disk(disk) => disk.commit(),
        }
    }

    /// The latest place of which the world may hear, under the journal's policy.
    ///
    /// # Errors
    ///
    /// [`JournalError`] where what was committed could not be written.
    pub fn durable(&mut self) -> Result<u64, JournalError> {
        match &mut self.keeper {
            Keeper::Nobody | Keeper::Memory { .. } => Ok(u64::MAX),
            Keeper::Disk(disk) => disk.durable(),
        }
    }

    /// Waits until the world may hear of all that was committed.
    ///
    /// # Errors
    ///
    /// As [`durable`](Self::durable).
    pub fn wait(&mut self) -> Result<(), JournalError> {
        match &mut self.keeper {
            Keeper::Nobody | Keeper::Memory { .. } => Ok(()),
            Keeper::Disk(disk) => disk.wait(),
        }
    }

    /// Has everything that was committed on the disk itself, whatever the policy, and a seal behind it
    /// until more is written: from then on, what is missing before it was damaged.
    ///
    /// # Errors
    ///
    /// As [`commit`](Self::commit).
    pub fn sync(&mut self) -> Result<(), JournalError> {
        match &mut self.keeper {
            Keeper::Nobody | Keeper::Memory { .. } => Ok(()),
            Keeper::Disk(disk) => disk.sync(),
        }
    }

    /// Does what there is to do for snapshots, and says whether one is due after `told`.
    #[inline]
    pub(crate) fn tend_snapshots(&mut self, told: Stamp) -> Result<bool, JournalError> {
        match &mut self.keeper {
            Keeper::Nobody | Keeper::Memory { .. } => Ok(false),
            Keeper::Disk(disk) => disk.tend_snapshots(told),
        }
    }

    /// Has the state written that came of all commands up to `told`.
    pub(crate) fn take_snapshot(
        &mut self,
        engine: &Engine,
        told: Stamp,
        notes: Vec<u8>,
    ) -> Result<(), JournalError> {
        match &mut self.keeper {
            Keeper::Nobody | Keeper::Memory { .. } => Ok(()),
            Keeper::Disk(disk) => disk.take_snapshot(engine, told, notes),
        }
    }

    /// Waits until no snapshot is being written, and tells what became of all; nothing where
    /// nothing is on a disk.
    pub fn wait_for_snapshot(&mut self) -> Option<&SnapshotTally> {
        match &mut self.keeper {
            Keeper::Nobody | Keeper::Memory { .. } => None,
            Keeper::Disk(disk) => Some(disk.wait_for_snapshot()),
        }
    }

    /// How long groups waited until the world could hear of them; nothing where nothing is on a
    /// disk.
    #[must_use]
    pub const fn latency(&self) -> Option<&Latency> {
        match &self.keeper {
            Keeper::Nobody | Keeper::Memory { .. } => None,
            Keeper::Disk(disk) => Some(disk.latency()),
        }
    }

    /// What became of snapshots; nothing where nothing is on a disk.
    #[must_use]
    pub const fn snapshots(&self) -> Option<&SnapshotTally> {
        match &self.keeper {
            Keeper::Nobody | Keeper::Memory { .. } => None,
            Keeper::Disk(disk) => Some(disk.snapshots()),
        }
    }

    /// What it holds in memory, in the order of admission.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.keeper {
            Keeper::Memory { entries, .. } => entries,
            Keeper::Nobody | Keeper::Disk(_) => &[],
        }
    }
}
