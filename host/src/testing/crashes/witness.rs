//! Who looks on: at what recovery applies, and at what a venue tells.

use ringfence_core::{Event, Interest};

use super::CLIENTS;
use crate::journal::Entry;
use crate::publisher::Outlet;
use crate::recovery::Witness;
use crate::sequencer::Stamp;

/// What recovery applied.
#[derive(Default)]
pub(super) struct Seen {
    /// How many commands of each client the snapshot has.
    pub(super) noted: [u64; CLIENTS],
    pub(super) entries: Vec<Entry>,
    pub(super) events: Vec<Vec<Event>>,
}

impl Witness for Seen {
    fn interest(&self) -> Interest {
        Interest::ALL
    }

    fn see(&mut self, entry: &Entry, events: &[Event]) {
        self.entries.push(entry.clone());
        self.events.push(events.to_vec());
    }

    fn recall(&mut self, _last: Stamp, notes: &[u8]) {
        for (noted, note) in self.noted.iter_mut().zip(notes.as_chunks().0) {
            *noted = u64::from_le_bytes(*note);
        }
    }
}

/// What the world is told.
pub(super) struct Told<'a> {
    pub(super) admitted: &'a [Entry],
    pub(super) told: &'a mut usize,
    pub(super) events: &'a mut Vec<Vec<Event>>,
}

impl Outlet for Told<'_> {
    fn interest(&self) -> Interest {
        Interest::ALL
    }

    fn tell(&mut self, stamp: Stamp, events: &[Event]) {
        *self.told += 1;
        assert_eq!(stamp.place, *self.told as u64, "places have no gap");
        self.events.push(events.to_vec());
    }

    fn note(&self, notes: &mut Vec<u8>) {
        let mut taken = [0; CLIENTS];
        for entry in &self.admitted[..*self.told] {
            taken[entry.origin.session as usize - 1] = entry.origin.number;
        }
        notes.extend(taken.iter().flat_map(|number: &u64| number.to_le_bytes()));
    }
}
