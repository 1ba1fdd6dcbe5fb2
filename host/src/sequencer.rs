//! The one door to the engine: each command gets a place and a time here, and is journalled.

use ringfence_core::{Command, Time};

use crate::journal::{Journal, JournalFull};

/// A command with the time at which it happened; time 0 is whatever the present is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// When.
    pub at: Time,
    /// What.
    pub command: Command,
}

/// The place of an admitted command, and its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Counted from 1, without gaps.
    pub place: u64,
    /// Never earlier than that of the place before.
    pub at: Time,
}

/// Orders commands in time and keeps them.
#[derive(Debug)]
pub struct Sequencer {
    last: Stamp,
    journal: Journal,
}

impl Sequencer {
    /// A sequencer that has admitted nothing.
    #[must_use]
    pub const fn new(journal: Journal) -> Self {
        Self { last: Stamp { place: 0, at: Time(0) }, journal }
    }

    /// Gives a command its place and time, and journals it.
    ///
    /// # Errors
    ///
    /// [`JournalFull`] where the journal cannot take it; nothing was admitted then.
    pub fn admit(&mut self, request: &Stamped) -> Result<Stamp, JournalFull> {
        let stamp = Stamp { place: self.last.place + 1, at: self.last.at.max(request.at) };
        self.journal.append(stamp, &request.command)?;
        self.last = stamp;
        Ok(stamp)
    }

    /// The latest place and its time.
    #[must_use]
    pub const fn last(&self) -> Stamp {
        self.last
    }

    /// What was admitted.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }
}
