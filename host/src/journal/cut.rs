//! Cuts what a crash left at the end of a journal. Commands that are whole among it are kept beside:
//! under some policies somebody may have been told of them.

use std::fmt;

use super::error::JournalError;
use super::reader::{End, Torn};
use super::storage::Storage;
use crate::metrics::Grouped;

/// As many files of what was cut are kept, the newest.
const KEPT_MAX: usize = 8;

const EXTENSION: &str = "torn";

impl fmt::Display for Torn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, from, to, commands } = self;
        write!(f, "{} torn bytes at offset {from} of {file}", Grouped(to - from))?;
        if *commands > 0 {
            write!(f, ", with {} whole commands behind what is missing", Grouped(*commands))?;
        }
        write!(
            f,
            ", of which nobody was told under every_turn, and somebody may have been otherwise"
        )
    }
}

/// Takes away what a crash left behind the last command. Names the file that has it now, where
/// commands were whole among it.
pub(crate) fn cut(storage: &mut dyn Storage, end: &End) -> Result<Option<String>, JournalError> {
    if let Some(name) = &end.unborn {
        let failed = |error| JournalError::io(name, "remove", &error);
        storage.remove(name).map_err(failed)?;
    }
    let Some(torn) = &end.torn else { return Ok(None) };
    let failed = |error| JournalError::io(&torn.file, "mend", &error);
    let mut file = storage.open(&torn.file).map_err(failed)?;
    let mut bytes = vec![0; usize::try_from(torn.to - torn.from).unwrap_or_default()];
    let mut kept = None;
    if torn.commands > 0 {
        file.read_exact_at(&mut bytes, torn.from).map_err(failed)?;
        kept = Some(keep(storage, end.last.place + 1, &bytes)?);
        bytes.fill(0);
    }
    file.write_all_at(&bytes, torn.from).map_err(failed)?;
    file.sync().map_err(failed)?;
    Ok(kept)
}

/// Has bytes in a file of their own, on the disk, named by the place of the first command that is
/// missing; the oldest such files go where there are too many.
fn keep(storage: &mut dyn Storage, place: u64, bytes: &[u8]) -> Result<String, JournalError> {
    let folder = storage.name();
    let names = storage.list().map_err(|error| JournalError::io(&folder, "list", &error))?;
    let mut names: Vec<_> = names.into_iter().filter(|name| key(name).is_some()).collect();
    names.sort_unstable_by_key(|name| key(name));
    for name in names.drain(..(names.len() + 1).saturating_sub(KEPT_MAX)) {
        storage.remove(&name).map_err(|error| JournalError::io(&name, "remove", &error))?;
    }
    let latest = names.iter().rev().filter_map(|name| key(name)).find(|key| key.0 == place);
    let name = file_name(place, latest.map_or(1, |(_, time)| time + 1));
    let written = storage.create(&name, bytes.len() as u64).and_then(|mut file| {
        file.write_all_at(bytes, 0)?;
        file.sync()
    });
    if let Err(error) = written {
        // It takes room, and holds nothing that is not in the journal still.
        _ = storage.remove(&name);
        return Err(JournalError::io(&name, "write", &error));
    }
    Ok(name)
}

/// What was cut at this place, for so many times.
fn file_name(place: u64, time: u64) -> String {
    format!("{place:020}.{time}.{EXTENSION}")
}

/// The place and the time that a file is named by, if it has what was cut.
fn key(name: &str) -> Option<(u64, u64)> {
    let (place, time) = name.strip_suffix(EXTENSION)?.strip_suffix('.')?.split_once('.')?;
    let key = (place.parse().ok()?, time.parse::<u32>().ok()?.into());
    (file_name(key.0, key.1) == name).then_some(key)
}
