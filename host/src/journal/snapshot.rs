//! A snapshot as it lies in a file: where in the journal it belongs, notes, and the engine.

use std::hash::{BuildHasher, RandomState};

use ringfence_core::{Capacity, Engine, Image, SnapshotError, Time};

use super::error::JournalError;
use super::segment::SEMANTICS;
use crate::sequencer::Stamp;

/// The state after one command.
#[derive(Debug)]
pub(super) struct Shot {
    pub(super) image: Image,
    /// The command.
    pub(super) last: Stamp,
    /// The checksum of its record.
    pub(super) chain: u32,
    pub(super) capacity: Capacity,
    /// What whoever was told of it wants to find again.
    pub(super) notes: Vec<u8>,
}

/// A snapshot that was read, and is sound.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The engine, as it was after `last`.
    pub(crate) engine: Engine,
    /// The last command that is in it.
    pub(crate) last: Stamp,
    /// The checksum of that command's record.
    pub(crate) chain: u32,
    /// What was noted.
    pub(crate) notes: Vec<u8>,
    /// Bytes of the file.
    pub(crate) bytes: u64,
}

/// Why bytes are not a snapshot to go on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BadSnapshot {
    /// They are not what was written.
    Damaged(String),
    /// They are, but not for this program or this engine.
    Foreign(String),
}

const MAGIC: &[u8; 8] = b"RINGSHOT";

/// The layout of the file.
const FORMAT: u32 = 1;

/// Bytes before the notes; a multiple of what an engine's snapshot is aligned to.
const HEAD_LEN: usize = 80;

/// Bytes that the engine's part is aligned to.
const ALIGN: usize = 16;

impl Shot {
    /// The file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let engine = self.image.snapshot();
        let notes_len = u32::try_from(self.notes.len()).expect("NOTES_LEN_MAX has 32 bits");
        let mut bytes = Vec::with_capacity(HEAD_LEN + self.notes.len() + ALIGN + engine.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&SEMANTICS.to_le_bytes());
        bytes.extend_from_slice(&self.last.place.to_le_bytes());
        bytes.extend_from_slice(&self.last.at.0.to_le_bytes());
        let Capacity { orders, levels, instruments, accounts, positions } = self.capacity;
        let words = [self.chain, notes_len, orders, levels, instruments, accounts, positions];
        for word in words {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(&crc32c::crc32c(&self.notes).to_le_bytes());
        bytes.extend_from_slice(&(engine.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&crc32c::crc32c(&engine).to_le_bytes());
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes.extend_from_slice(&self.notes);
        bytes.resize(bytes.len().next_multiple_of(ALIGN), 0);
        bytes.extend_from_slice(&engine);
        bytes
    }
}

/// What the index of an engine is keyed by that comes back: another number each time.
pub(crate) fn index_key() -> u64 {
    RandomState::new().hash_one(0)
}

impl Snapshot {
    /// Reads a file; the engine has room for `capacity`, as it had.
    pub(super) fn read(bytes: &[u8], capacity: Capacity) -> Result<Self, BadSnapshot> {
        let head = Head::read(bytes)?;
        if head.capacity != capacity {
            let problem = format!(
                "was written by an engine with {}; recover with the same capacity",
                room(head.capacity)
            );
            return Err(BadSnapshot::Foreign(problem));
        }
        let (notes, engine) = head.parts(bytes)?;
        let engine = Engine::restore_keyed(engine, Some(capacity), index_key()).map_err(
            |error| match error {
                SnapshotError::Format(_) | SnapshotError::Semantics(_) => {
                    BadSnapshot::Foreign(format!("cannot be used: {error}"))
                }
                error => damaged(error.to_string()),
            },
        )?;
        let (last, chain) = (head.last, head.chain);
        Ok(Self { engine, last, chain, notes: notes.to_vec(), bytes: bytes.len() as u64 })
    }
}

/// What stands before the notes.
struct Head {
    last: Stamp,
    chain: u32,
    capacity: Capacity,
    notes_len: usize,
    notes_crc: u32,
    engine_len: usize,
    engine_crc: u32,
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Self, BadSnapshot> {
        let head = bytes.first_chunk::<HEAD_LEN>().ok_or_else(|| damaged("it is too short"))?;
        let word = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("four"));
        let wide = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("eight"));
        let len = |len: u64| usize::try_from(len).map_err(|_| damaged("its parts are too long"));
        if &head[..8] != MAGIC || crc32c::crc32c(&head[..76]) != word(76) {
            return Err(damaged("its head is not what was written"));
        }
        for (what, there, here) in [("format", word(8), FORMAT), ("semantics", word(12), SEMANTICS)]
        {
            if there != here {
                let problem = format!(
                    "has {what} {there}, and this program has {here}; read it with the version \
                     that wrote it"
                );
                return Err(BadSnapshot::Foreign(problem));
            }
        }
        Ok(Self {
            last: Stamp { place: wide(16), at: Time(wide(24)) },
            chain: word(32),
            notes_len: len(u64::from(word(36)))?,
            capacity: Capacity {
                orders: word(40),
                levels: word(44),
                instruments: word(48),
                accounts: word(52),
                positions: word(56),
            },
            notes_crc: word(60),
            engine_len: len(wide(64))?,
            engine_crc: word(72),
        })
    }

    /// The notes and the engine, which are all that there is.
    fn parts<'a>(&self, bytes: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), BadSnapshot> {
        let begin = (HEAD_LEN + self.notes_len).next_multiple_of(ALIGN);
        let is_whole = begin.checked_add(self.engine_len) == Some(bytes.len());
        if !is_whole {
            return Err(damaged("it has another length than its head says"));
        }
        let (before, engine) = bytes.split_at(begin);
        let (notes, zeros) = before[HEAD_LEN..].split_at(self.notes_len);
        if crc32c::crc32c(notes) != self.notes_crc || zeros.iter().any(|&byte| byte != 0) {
            return Err(damaged("its notes are not what was written"));
        }
        if crc32c::crc32c(engine) != self.engine_crc {
            return Err(damaged("its engine is not what was written"));
        }
        Ok((notes, engine))
    }
}

fn damaged(problem: impl Into<String>) -> BadSnapshot {
    BadSnapshot::Damaged(problem.into())
}

/// What an engine of this capacity has room for, in words.
pub(crate) fn room(capacity: Capacity) -> String {
    let Capacity { orders, levels, instruments, accounts, positions } = capacity;
    format!(
        "room for {orders} orders, {levels} levels, {instruments} instruments, {accounts} \
         accounts and {positions} positions"
    )
}

/// The most that notes may have: 64 MiB are a thousand sessions with 64 KiB each.
pub(super) const NOTES_LEN_MAX: usize = 1 << 26;

/// The notes are too long for a snapshot.
pub(super) fn check_notes(notes: &[u8]) -> Result<(), JournalError> {
    let len = notes.len();
    if len <= NOTES_LEN_MAX {
        return Ok(());
    }
    let problem = format!("has {len} bytes of notes, and may have {NOTES_LEN_MAX}");
    Err(JournalError::unusable("a snapshot", problem))
}

/// The name of the snapshot after the command of this place.
pub(super) fn file_name(place: u64) -> String {
    format!("{place:020}.{EXTENSION}")
}

/// What it is called while it is being written.
pub(super) fn part_name(place: u64) -> String {
    format!("{place:020}.{EXTENSION}.{PART}")
}

/// What it is called once it was found to be no snapshot.
pub(super) fn damaged_name(name: &str) -> String {
    format!("{name}.damaged")
}

/// The place after which the snapshot with this name was taken, if it is one.
pub(super) fn place_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(EXTENSION)?.strip_suffix('.')?;
    if digits.len() != 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// Whether a file of this name was never finished.
pub(super) fn is_part(name: &str) -> bool {
    name.strip_suffix(PART)
        .and_then(|name| name.strip_suffix('.'))
        .is_some_and(|name| place_of(name).is_some())
}

const EXTENSION: &str = "snapshot";
const PART: &str = "part";

#[cfg(test)]
mod tests;
