//! Any past state of a venue, from the snapshots and the journal that are there.

use ringfence_core::{Engine, EventSink};

use crate::journal::{JournalError, Reader, Snapshot, Storage, index_key, shelf};

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
        let folder = storage.name();
        let header = Reader::open(storage)?.header().cloned();
        let capacity = header.as_ref().map(|header| header.capacity).unwrap_or_default();
        let first = header.map_or(1, |header| header.first);
        let is_whole = first == 1;
        let snapshot = if is_whole && self.is_told {
            None
        } else {
            shelf::newest(storage, capacity, self.until)?.0
        };
        let (mut engine, from) = match snapshot {
            Some(Snapshot { engine, last, .. }) => (engine, last.place),
            None if is_whole => (Engine::keyed(capacity, index_key()), 0),
            None => return Err(JournalError::unusable(&folder, begins_later(first, self.until))),
        };
        let mut reader = Reader::open_at(storage, from)?;
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
}

fn begins_later(first: u64, until: u64) -> String {
    let until = if until == u64::MAX { "its end".into() } else { format!("place {until}") };
    format!(
        "begins with place {first}, and no sound snapshot up to {until} tells what was before; \
         restore the segments or the snapshots that are missing"
    )
}
