//! The snapshots of a folder: which there are, and the newest that is sound.

use std::collections::BTreeSet;
use std::fmt;

use ringfence_core::Capacity;

use super::error::JournalError;
use super::porter::SPARE;
use super::segment::{self, BadHead, HEAD_LEN_MAX, Header};
use super::snapshot::{self, BadSnapshot, Snapshot};
use super::storage::Storage;

/// A snapshot that could not be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Which file.
    pub file: String,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was passed over: {}", self.file, self.problem)
    }
}

/// How often a folder is looked at anew, where a venue that goes on took away what was to be read.
pub(crate) const LOOKS_MAX: usize = 16;

/// The longest snapshot that is read: 64 GiB hold a thousand million orders.
const SNAPSHOT_LEN_MAX: u64 = 1 << 36;

/// The newest sound snapshot of a state up to `until`, and those that are newer and not sound.
pub(crate) fn newest(
    storage: &mut dyn Storage,
    capacity: Capacity,
    until: u64,
) -> Result<(Option<Snapshot>, Vec<PassedOver>), JournalError> {
    for _ in 1..LOOKS_MAX {
        let found = look_for_newest(storage, capacity, until)?;
        let names = names(storage)?;
        // Where one has gone since, a newer one has come.
        if found.1.iter().all(|passed_over| names.contains(&passed_over.file)) {
            return Ok(found);
        }
    }
    look_for_newest(storage, capacity, until)
}

fn look_for_newest(
    storage: &mut dyn Storage,
    capacity: Capacity,
    until: u64,
) -> Result<(Option<Snapshot>, Vec<PassedOver>), JournalError> {
    let first = first(storage)?;
    let mut passed_over = Vec::new();
    for name in names(storage)?.into_iter().rev() {
        let place = snapshot::place_of(&name).unwrap_or_default();
        if place > until {
            continue;
        }
        let problem = match open(storage, &name, capacity)? {
            Ok(_) if first.is_some_and(|first| first > place) => {
                "the journal does not hold the command that it was taken after".to_owned()
            }
            Ok(snapshot) => return Ok((Some(snapshot), passed_over)),
            Err(problem) => problem,
        };
        passed_over.push(PassedOver { file: name, problem });
    }
    Ok((None, passed_over))
}

/// Shows all snapshots to `look`, oldest first. What a venue that goes on takes away meanwhile is left
/// out, and what it makes in its place is shown.
///
/// # Errors
///
/// As [`open`].
pub(crate) fn each(
    storage: &mut dyn Storage,
    capacity: Capacity,
    mut look: impl FnMut(&str, Result<Snapshot, String>),
) -> Result<(), JournalError> {
    let mut seen = BTreeSet::new();
    for _ in 0..LOOKS_MAX {
        let mut is_gone = false;
        for name in names(storage)? {
            if !seen.insert(name.clone()) {
                continue;
            }
            let snapshot = open(storage, &name, capacity)?;
            if snapshot.is_err() && !names(storage)?.contains(&name) {
                is_gone = true;
            } else {
                look(&name, snapshot);
            }
        }
        if !is_gone {
            break;
        }
    }
    Ok(())
}

/// Reads one snapshot; what is wrong with it, where it is not sound.
///
/// # Errors
///
/// [`JournalError::Unusable`] where it is sound, and not for this program or this capacity.
pub(crate) fn open(
    storage: &mut dyn Storage,
    name: &str,
    capacity: Capacity,
) -> Result<Result<Snapshot, String>, JournalError> {
    let bytes = match read(storage, name, SNAPSHOT_LEN_MAX) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(format!("it cannot be read: {error}"))),
    };
    match Snapshot::read(&bytes, capacity) {
        Ok(snapshot) if Some(snapshot.last.place) != snapshot::place_of(name) => {
            Ok(Err(format!("it was taken after place {}", snapshot.last.place)))
        }
        Ok(snapshot) => Ok(Ok(snapshot)),
        Err(BadSnapshot::Damaged(problem)) => Ok(Err(problem)),
        Err(BadSnapshot::Foreign(problem)) => Err(JournalError::unusable(name, problem)),
    }
}

/// Reads a file, at most `len_max` bytes of it; one that is longer than any snapshot is refused.
fn read(storage: &mut dyn Storage, name: &str, len_max: u64) -> std::io::Result<Vec<u8>> {
    let mut file = storage.open(name)?;
    let len = file.len()?;
    if len > SNAPSHOT_LEN_MAX {
        return Err(std::io::Error::other(format!("it has {len} bytes")));
    }
    let mut bytes = vec![0; usize::try_from(len.min(len_max)).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

/// What the latest head says that the engine has room for; nothing where there is no whole head.
///
/// # Errors
///
/// [`JournalError`] where the folder cannot be read, or the head is not for this program.
pub(crate) fn capacity(storage: &mut dyn Storage) -> Result<Option<Capacity>, JournalError> {
    for name in segment_names(storage)?.iter().rev() {
        // What is gone by now, or cannot be read, is missed by whoever reads all of it.
        let Ok(bytes) = read(storage, name, HEAD_LEN_MAX as u64) else { continue };
        match Header::read(&bytes) {
            Ok((header, _)) => return Ok(Some(header.capacity)),
            Err(BadHead::Foreign(problem)) => return Err(JournalError::unusable(name, problem)),
            Err(BadHead::NotWhole) => {}
        }
    }
    Ok(None)
}

/// The names of all snapshots, oldest first.
pub(crate) fn names(storage: &mut dyn Storage) -> Result<Vec<String>, JournalError> {
    sorted(storage, |name| snapshot::place_of(name).is_some())
}

/// The place of the first command that is there; nothing where there is no segment.
pub(crate) fn first(storage: &mut dyn Storage) -> Result<Option<u64>, JournalError> {
    Ok(segment_names(storage)?.first().and_then(|name| segment::first_of(name)))
}

/// The names of all segments, oldest first.
pub(super) fn segment_names(storage: &mut dyn Storage) -> Result<Vec<String>, JournalError> {
    sorted(storage, |name| segment::first_of(name).is_some())
}

/// Takes away what was never finished, and sets aside what is not sound.
pub(crate) fn tidy(
    storage: &mut dyn Storage,
    passed_over: &[PassedOver],
) -> Result<(), JournalError> {
    for name in sorted(storage, |name| snapshot::is_part(name) || name == SPARE)? {
        storage.remove(&name).map_err(|error| JournalError::io(&name, "remove", &error))?;
    }
    for PassedOver { file, .. } in passed_over {
        let aside = snapshot::damaged_name(file);
        storage.rename(file, &aside).map_err(|error| JournalError::io(file, "rename", &error))?;
    }
    Ok(())
}

fn sorted(
    storage: &mut dyn Storage,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<String>, JournalError> {
    let folder = storage.name();
    let names = storage.list().map_err(|error| JournalError::io(&folder, "list", &error))?;
    let mut names: Vec<_> = names.into_iter().filter(|name| is_wanted(name)).collect();
    names.sort_unstable();
    Ok(names)
}
