//! Every admitted command with its stamp: replayed from here, the engine comes to the same state.

use ringfence_core::Command;

use crate::sequencer::Stamp;

/// A journal in memory, bounded.
#[derive(Debug)]
pub struct Journal {
    entries: Vec<Entry>,
    entries_max: usize,
    keeps: bool,
}

/// One command as it was admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place and time.
    pub stamp: Stamp,
    /// What was asked for.
    pub command: Command,
}

/// The journal holds as many commands as it may; the command was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal is full with {entries_max} commands; allow it more, or start a new one")]
pub struct JournalFull {
    /// How many it may hold.
    pub entries_max: usize,
}

impl Journal {
    /// Keeps up to `entries_max` commands.
    #[must_use]
    pub const fn in_memory(entries_max: usize) -> Self {
        Self { entries: Vec::new(), entries_max, keeps: true }
    }

    /// Keeps nothing: for a run whose input is kept elsewhere and is never recovered from here.
    #[must_use]
    pub const fn none() -> Self {
        Self { entries: Vec::new(), entries_max: 0, keeps: false }
    }

    /// Takes one command.
    ///
    /// # Errors
    ///
    /// [`JournalFull`] where it holds as many as it may.
    pub fn append(&mut self, stamp: Stamp, command: &Command) -> Result<(), JournalFull> {
        if !self.keeps {
            return Ok(());
        }
        if self.entries.len() == self.entries_max {
            return Err(JournalFull { entries_max: self.entries_max });
        }
        self.entries.push(Entry { stamp, command: command.clone() });
        Ok(())
    }

    /// What it holds, in the order of admission.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}
