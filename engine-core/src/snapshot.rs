//! Snapshots: the whole state as bytes that do not depend on how it is kept in memory.
//!
//! A header of 48 bytes (magic, format, [`SEMANTICS_VERSION`], checksum of the body, state hash,
//! length of the body, number of the latest event), then the records of `record.rs` as rkyv lays
//! them out.

pub(crate) mod record;

use alloc::vec::Vec;
use core::fmt;

use rkyv::rancor::Error;
use rkyv::util::AlignedVec;

use crate::SEMANTICS_VERSION;
use crate::book::index::Mixer;
use crate::engine::Engine;
use crate::limits::Capacity;
use crate::state_hash::StateHasher;
use record::State;

/// What a snapshot begins with.
const MAGIC: [u8; 8] = *b"RINGSNAP";

/// How the body is laid out.
const FORMAT: u32 = 4;

/// A multiple of what the body is aligned to.
const HEADER_LEN: usize = 48;

/// Why bytes are not a snapshot that this engine can go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// They do not begin as a snapshot does, or end too early.
    NotASnapshot,
    /// They are laid out in another way; the number is theirs.
    Format(u32),
    /// They are of an engine that decides otherwise; the number is theirs.
    Semantics(u32),
    /// They are not what was written.
    Checksum,
    /// They are what was written, but no records.
    Malformed,
    /// A record cannot be: the words say which.
    Inconsistent(&'static str),
    /// The capacity that is asked for has no room for them: the words say for what.
    Capacity(&'static str),
    /// There is no memory for an engine of the capacity that is asked for.
    Memory,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotASnapshot => f.write_str("this is not a snapshot, or not all of one"),
            Self::Format(theirs) => {
                write!(f, "the snapshot has format {theirs}; this engine reads {FORMAT}")
            }
            Self::Semantics(theirs) => write!(
                f,
                "the snapshot is of semantics {theirs}; this engine decides as of {SEMANTICS_VERSION}"
            ),
            Self::Checksum => f.write_str("the snapshot was changed after it was written"),
            Self::Malformed => f.write_str("the snapshot holds no records"),
            Self::Inconsistent(what) => write!(f, "the snapshot cannot be: {what}"),
            Self::Capacity(what) => write!(f, "the snapshot needs more room for {what}"),
            Self::Memory => f.write_str(
                "there is no memory for an engine of this capacity; restore with a smaller one",
            ),
        }
    }
}

impl core::error::Error for SnapshotError {}

impl Engine {
    /// The whole state as bytes; [`restore`](Self::restore) goes on from them.
    ///
    /// # Panics
    ///
    /// Where there is no memory for it.
    ///
    /// ```
    /// use ringfence_core::{Capacity, Engine};
    /// let engine = Engine::new(Capacity::SMALL);
    /// let bytes = engine.snapshot();
    /// let again = Engine::restore(&bytes, None).expect("what was just written");
    /// assert_eq!(again.state_hash(), engine.state_hash());
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let body = rkyv::to_bytes::<Error>(&self.save()).expect("memory for a snapshot");
        let mut bytes = Vec::with_capacity(HEADER_LEN + body.len());
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&SEMANTICS_VERSION.to_le_bytes());
        bytes.extend_from_slice(&checksum(&body).to_le_bytes());
        bytes.extend_from_slice(&self.state_hash().to_le_bytes());
        bytes.extend_from_slice(&(body.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&self.seq().to_le_bytes());
        bytes.extend_from_slice(&body);
        bytes
    }

    /// The engine that a snapshot is of, with its capacity or another one.
    ///
    /// It answers every command as the engine would that the snapshot was taken of.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] where the bytes are not a snapshot, whatever they are.
    pub fn restore(bytes: &[u8], capacity: Option<Capacity>) -> Result<Self, SnapshotError> {
        Self::restore_mixed(bytes, capacity, Mixer::GOLDEN)
    }

    /// The same, with an index as [`keyed`](Self::keyed) has it.
    ///
    /// # Errors
    ///
    /// As [`restore`](Self::restore).
    pub fn restore_keyed(
        bytes: &[u8],
        capacity: Option<Capacity>,
        key: u64,
    ) -> Result<Self, SnapshotError> {
        Self::restore_mixed(bytes, capacity, Mixer::of_key(key))
    }

    fn restore_mixed(
        bytes: &[u8],
        capacity: Option<Capacity>,
        mixer: Mixer,
    ) -> Result<Self, SnapshotError> {
        let (header, rest) =
            bytes.split_at_checked(HEADER_LEN).ok_or(SnapshotError::NotASnapshot)?;
        let word = |at: usize| header[at..at + 8].try_into().map(u64::from_le_bytes).unwrap_or(0);
        let half = |at: usize| header[at..at + 4].try_into().map(u32::from_le_bytes).unwrap_or(0);
        if header[..8] != MAGIC || word(32) != rest.len() as u64 {
            return Err(SnapshotError::NotASnapshot);
        }
        if half(8) != FORMAT {
            return Err(SnapshotError::Format(half(8)));
        }
        if half(12) != SEMANTICS_VERSION {
            return Err(SnapshotError::Semantics(half(12)));
        }
        if checksum(rest) != word(16) {
            return Err(SnapshotError::Checksum);
        }
        let engine = Self::rebuild(&read(rest)?, capacity, mixer)?;
        if (engine.state_hash(), engine.seq()) != (word(24), word(40)) {
            return Err(SnapshotError::Inconsistent("its records have another state hash"));
        }
        Ok(engine)
    }
}

/// The records, each checked; copied first where the bytes do not lie as records must.
fn read(body: &[u8]) -> Result<State, SnapshotError> {
    let read = |body: &[u8]| rkyv::from_bytes::<State, Error>(body);
    let state = if body.as_ptr().addr().is_multiple_of(AlignedVec::<16>::ALIGNMENT) {
        read(body)
    } else {
        let mut aligned: AlignedVec = AlignedVec::with_capacity(body.len());
        aligned.extend_from_slice(body);
        read(&aligned)
    };
    state.map_err(|_| SnapshotError::Malformed)
}

/// A checksum of bytes.
fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = StateHasher::default();
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        hasher.word(u64::from_le_bytes(*word));
    }
    for byte in rest {
        hasher.word(u64::from(*byte));
    }
    hasher.word(bytes.len() as u64);
    hasher.finish()
}

#[cfg(test)]
mod tests;
