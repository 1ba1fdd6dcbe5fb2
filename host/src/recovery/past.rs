//! Any past state of a venue, from the snapshots and the journal that are there.

use ringfence_core::{Capacity, Engine, EventSink};

use crate::journal::shelf::{self, LOOKS_MAX};
use crate::journal::{JournalError, Reader, Snapshot, Storage, index_key};

/// Which state is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    /// The place of the last command that counts.
    pub until: u64,
    /// Whether somebody is told of all that led there: it is played from the beginning then, where
    /// that is there.
    pub is_told: bool,
}

impl Past {
    /// The engine as it was. `events` are told of what is played.
    ///
    /// # Errors
    ///
    /// [`JournalError`] where the disk fails, a record is damaged, or what came before the
    /// journal's first command is in no snapshot up to there.
    pub fn of(
        self,
        storage: &mut dyn Storage,
        events: &mut impl EventSink,
    ) -> Result<Engine, JournalError> {
        // Each head says it. Where none is whole, whoever reads the first one says so.
        let capacity = shelf::capacity(storage)?.unwrap_or_default();
        let mut looks = 1;
        let (mut engine, from, mut reader) = loop {
            let oldest = shelf::first(storage)?;
            let (engine, from) = self.begin(storage, capacity)?;
            let reader = Reader::open_at(storage, from)?;
            let Some(first) = reader.first().filter(|&first| first > from + 1) else {
                break (engine, from, reader);
            };
            drop(reader);
            // A venue that goes on may have taken away what was to be read.
            if shelf::first(storage)? == oldest || looks == LOOKS_MAX {
                let folder = storage.name();
                return Err(JournalError::unusable(&folder, begins_later(first, self.until)));
            }
            looks += 1;
        };
        while let Some(entry) = reader.next_entry()? {
            if entry.stamp.place > self.until {
                break;
            }
            if entry.stamp.place > from {
                engine.apply(entry.stamp.at, &entry.command, events);
            }
        }
        Ok(engine)
    }

    /// The state to begin with, and the place of the last command that is in it.
    fn begin(
        self,
        storage: &mut dyn Storage,
        capacity: Capacity,
    ) -> Result<(Engine, u64), JournalError> {
        let is_whole = shelf::first(storage)?.is_none_or(|first| first <= 1);
        let snapshot = if is_whole && self.is_told {
            None
        } else {
            shelf::newest(storage, capacity, self.until)?.0
        };
        Ok(match snapshot {
            Some(Snapshot { engine, last, .. }) => (engine, last.place),
            None => (Engine::keyed(capacity, index_key()), 0),
        })
    }
}

fn begins_later(first: u64, until: u64) -> String {
    let until = if until == u64::MAX { "its end".into() } else { format!("place {until}") };
    format!(
        "begins with place {first}, and no sound snapshot up to {until} tells what was before; \
         restore the segments or the snapshots that are missing"
    )
}
