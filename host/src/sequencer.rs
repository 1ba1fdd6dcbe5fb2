//! The one door to the engine: each command gets a place and a time here, and is journalled.

use ringfence_core::{Command, Time};

use crate::journal::{Journal, JournalError};

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

/// Who sent a command, and which of theirs it is: what a session that comes back after a break is
/// told. Session 0 is nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Which session: the account that logged in.
    pub session: u32,
    /// The sender's own number for it, counted from 1.
    pub number: u64,
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
        Self::resume(Stamp { place: 0, at: Time(0) }, journal)
    }

    /// A sequencer that goes on after `last`.
    #[must_use]
    pub const fn resume(last: Stamp, journal: Journal) -> Self {
        Self { last, journal }
    }

    /// Gives a command its place and time, and appends it to the journal, which keeps it once it
    /// was committed.
    ///
    /// # Errors
    ///
    /// [`JournalError`] where the journal cannot take it; nothing was admitted then.
    #[inline]
    pub fn admit(&mut self, origin: Origin, request: &Stamped) -> Result<Stamp, JournalError> {
        let stamp = Stamp { place: self.last.place + 1, at: self.last.at.max(request.at) };
        self.journal.append(stamp, origin, &request.command)?;
        self.last = stamp;
        Ok(stamp)
    }

    /// The latest place and its time.
    #[must_use]
    pub const fn last(&self) -> Stamp {
        self.last
    }

    /// Where admitted commands are kept, to be told when.
    pub(crate) const fn journal_mut(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// What was admitted.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }
}
