//! The head of a segment: what its records mean, and where they continue.

use std::fmt::Write as _;

use ringfence_core::{Capacity, Time};

use super::record::ALIGN;
use crate::sequencer::Stamp;

/// The rules that commands are applied by. It grows with every change after which a journal that
/// was written before would give another state.
pub const SEMANTICS: u32 = ringfence_core::SEMANTICS_VERSION;

/// The layout of segments and records.
const FORMAT: u32 = 1;

const MAGIC: &[u8; 8] = b"RINGJRNL";

/// Bytes before the instruments.
pub(super) const FIXED_LEN: usize = 64;

/// The most that a head may have: 1,024 instruments with full tick tables have 2 MB.
pub(super) const HEAD_LEN_MAX: usize = 1 << 24;

/// What stands at the head of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The rules that its commands were applied by.
    pub semantics: u32,
    /// The place of its first command.
    pub first: u64,
    /// Time of the command before.
    pub at: Time,
    /// The checksum of the record before.
    pub(super) chain: u32,
    /// What the engine has room for: a full engine refuses, so this is part of the rules.
    pub capacity: Capacity,
    /// The first definition of each instrument that was asked for before, a line of JSON each.
    pub instruments: String,
}

/// Why bytes are not the head of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BadHead {
    /// It is damaged, or was never finished.
    NotWhole,
    /// It is whole, and says something that this program does not know.
    Foreign(String),
}

impl Header {
    /// A head after `last`, which has the checksum `chain`.
    pub(super) fn after(last: Stamp, chain: u32, capacity: Capacity, instruments: String) -> Self {
        Self {
            semantics: SEMANTICS,
            first: last.place + 1,
            at: last.at,
            chain,
            capacity,
            instruments,
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut text = self.instruments.clone().into_bytes();
        while !text.len().is_multiple_of(ALIGN) {
            text.push(b'\n');
        }
        let len = u32::try_from(text.len()).expect("HEAD_LEN_MAX has 32 bits");
        let mut bytes = Vec::with_capacity(FIXED_LEN + text.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&self.semantics.to_le_bytes());
        bytes.extend_from_slice(&self.first.to_le_bytes());
        bytes.extend_from_slice(&self.at.0.to_le_bytes());
        let Capacity { orders, levels, instruments, accounts, positions } = self.capacity;
        for word in [self.chain, len, orders, levels, instruments, accounts, positions, 0] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(&text);
        let crc = checksum(&bytes);
        bytes[60..64].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads a head, and how many bytes it takes.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, usize), BadHead> {
        let fixed = bytes.first_chunk::<FIXED_LEN>().ok_or(BadHead::NotWhole)?;
        let word = |at: usize| u32::from_le_bytes(fixed[at..at + 4].try_into().expect("four"));
        let wide = |at: usize| u64::from_le_bytes(fixed[at..at + 8].try_into().expect("eight"));
        if &fixed[..8] != MAGIC {
            return Err(BadHead::NotWhole);
        }
        let len = usize::try_from(word(36)).map_err(|_| BadHead::NotWhole)?;
        if len > HEAD_LEN_MAX || len % ALIGN != 0 {
            return Err(BadHead::NotWhole);
        }
        let whole = bytes.get(..FIXED_LEN + len).ok_or(BadHead::NotWhole)?;
        if checksum(whole) != word(60) {
            return Err(BadHead::NotWhole);
        }
        let (format, semantics) = (word(8), word(12));
        if format != FORMAT {
            return Err(foreign("format", format, FORMAT));
        }
        if semantics != SEMANTICS {
            return Err(foreign("semantics", semantics, SEMANTICS));
        }
        let text = String::from_utf8_lossy(&whole[FIXED_LEN..]);
        let mut instruments = text.trim_end_matches('\n').to_owned();
        if !instruments.is_empty() {
            instruments.push('\n');
        }
        let header = Self {
            semantics,
            first: wide(16),
            at: Time(wide(24)),
            chain: word(32),
            capacity: Capacity {
                orders: word(40),
                levels: word(44),
                instruments: word(48),
                accounts: word(52),
                positions: word(56),
            },
            instruments,
        };
        Ok((header, whole.len()))
    }
}

fn foreign(what: &str, there: u32, here: u32) -> BadHead {
    let mut problem = String::new();
    write!(
        problem,
        "has {what} {there}, and this program has {here}; read it with the version that wrote it"
    )
    .expect("a string takes any text");
    BadHead::Foreign(problem)
}

/// The CRC-32C of a head, but for the four bytes that hold it.
fn checksum(head: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&head[..60]), &head[64..])
}

/// The name of the segment whose first command has this place.
pub(super) fn file_name(first: u64) -> String {
    format!("{first:020}.{EXTENSION}")
}

/// The place of the first command of the segment with this name, if it is one.
pub(super) fn first_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(EXTENSION)?.strip_suffix('.')?;
    if digits.len() != 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

const EXTENSION: &str = "journal";

#[cfg(test)]
mod tests;
