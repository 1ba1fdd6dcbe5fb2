//! One command as it lies in a segment: a header of 44 bytes, what was asked for, a mark.
//!
//! What travels on the wire lies here as it travels, without the words of zeros at its end; what
//! does not travel (the definitions of instruments and accounts) lies here as a line of JSON.

use ringfence_core::wire::{COMMAND_LEN, CommandRecord};
use ringfence_core::{Command, OrderType, Time};

use super::error::JournalError;
use crate::replay::jsonl::{parse_line, write_command};
use crate::sequencer::{Origin, Stamp};

/// One command as it was admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place and time.
    pub stamp: Stamp,
    /// Who sent it.
    pub origin: Origin,
    /// What was asked for.
    pub command: Command,
}

/// Bytes of a record's header.
const HEADER_LEN: usize = 44;

/// The end of a record. Every byte has bits, so that a record of which the last bytes were not
/// written differs from a whole one in several: a single bit that differs has flipped.
const MARK: [u8; 4] = [0xa5; 4];

/// Bytes of a record besides its payload.
pub(super) const FRAME_LEN: usize = HEADER_LEN + MARK.len();

/// The longest payload: an instrument with a full tick table has under 2,000 bytes.
pub(super) const PAYLOAD_MAX: usize = 4_096;

/// Records begin at multiples of this many bytes.
pub(super) const ALIGN: usize = 8;

/// The payload is a [`CommandRecord`].
const WIRE: u8 = 1;
/// The payload is a line of JSON.
const TEXT: u8 = 2;

/// A record that is whole: what its checksum says is what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) stamp: Stamp,
    pub(super) origin: Origin,
    /// Its own checksum.
    pub(super) crc: u32,
    /// The checksum of the record before it.
    pub(super) chain: u32,
    /// How many places before its own were not known to be on the disk when it was written.
    pub(super) behind: u32,
    kind: u8,
    payload: &'a [u8],
}

/// Where a record stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) stamp: Stamp,
    pub(super) origin: Origin,
    pub(super) chain: u32,
    pub(super) behind: u32,
}

/// Writes a record to the end of `out` and returns its checksum.
pub(super) fn append(
    out: &mut Vec<u8>,
    link: &Link,
    command: &Command,
) -> Result<u32, JournalError> {
    let begin = out.len();
    out.extend_from_slice(&[0; HEADER_LEN]);
    let kind = match append_payload(out, link.stamp, command) {
        Ok(kind) => kind,
        Err(error) => {
            out.truncate(begin);
            return Err(error);
        }
    };
    let len = out.len() - begin - HEADER_LEN;
    out.extend_from_slice(&MARK);
    let len = u16::try_from(len).expect("PAYLOAD_MAX has 16 bits");
    let record = &mut out[begin..];
    record[0..2].copy_from_slice(&len.to_le_bytes());
    record[2] = kind;
    record[8..16].copy_from_slice(&link.stamp.place.to_le_bytes());
    record[16..24].copy_from_slice(&link.stamp.at.0.to_le_bytes());
    record[24..32].copy_from_slice(&link.origin.number.to_le_bytes());
    record[32..36].copy_from_slice(&link.origin.session.to_le_bytes());
    record[36..40].copy_from_slice(&link.chain.to_le_bytes());
    record[40..44].copy_from_slice(&link.behind.to_le_bytes());
    let crc = checksum(record);
    record[4..8].copy_from_slice(&crc.to_le_bytes());
    Ok(crc)
}

fn append_payload(out: &mut Vec<u8>, stamp: Stamp, command: &Command) -> Result<u8, JournalError> {
    // A command that would come back as another one, such as one with parts that exclude each
    // other and that the engine refuses, does not travel either.
    let travels = CommandRecord::from_command(command)
        .filter(|record| is_plain(command) || record.to_command().as_ref() == Ok(command));
    if let Some(record) = travels {
        let bytes = record.to_bytes();
        let mut used = COMMAND_LEN;
        while bytes[used - ALIGN..used] == [0; ALIGN] {
            used -= ALIGN;
        }
        out.extend_from_slice(&bytes[..used]);
        return Ok(WIRE);
    }
    append_text(out, stamp, command).map(|()| TEXT)
}

/// Whether the wire has a field of its own for everything that is said, as for most commands.
#[inline]
fn is_plain(command: &Command) -> bool {
    match command {
        Command::Cancel(_) | Command::Reduce(_) => true,
        Command::New(order) => {
            order.order_type == OrderType::Limit
                && order.notional == 0
                && order.stop.is_none()
                && order.trail == 0
        }
        _ => false,
    }
}

#[cold]
fn append_text(out: &mut Vec<u8>, stamp: Stamp, command: &Command) -> Result<(), JournalError> {
    let begin = out.len();
    write_command(stamp.at, command, out).expect("memory takes any text");
    let line = std::str::from_utf8(&out[begin..]).unwrap_or_default();
    let problem = match parse_line(line) {
        Ok(stamped) if stamped.command == *command => None,
        Ok(_) => Some("it would be read as another one".to_owned()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(problem) = problem {
        return Err(JournalError::Unwritable { problem });
    }
    while !(out.len() - begin).is_multiple_of(ALIGN) {
        out.push(b' ');
    }
    let len = out.len() - begin;
    let fits = len <= PAYLOAD_MAX;
    if fits { Ok(()) } else { Err(JournalError::TooLong { len, len_max: PAYLOAD_MAX }) }
}

/// The CRC-32C of a record, but for the four bytes that hold it.
fn checksum(record: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&record[..4]), &record[8..])
}

impl<'a> Record<'a> {
    /// The record that `bytes` begin with, if a whole one stands there.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.first_chunk::<HEADER_LEN>()?;
        let word = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("four"));
        let wide = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().expect("eight"));
        let len = usize::from(u16::from_le_bytes([header[0], header[1]]));
        let is_plausible = (ALIGN..=PAYLOAD_MAX).contains(&len)
            && len % ALIGN == 0
            && matches!(header[2], WIRE | TEXT)
            && header[3] == 0;
        if !is_plausible {
            return None;
        }
        let record = bytes.get(..FRAME_LEN + len)?;
        let (crc, payload_end) = (word(4), HEADER_LEN + len);
        if record[payload_end..] != MARK || checksum(record) != crc {
            return None;
        }
        Some(Self {
            stamp: Stamp { place: wide(8), at: Time(wide(16)) },
            origin: Origin { session: word(32), number: wide(24) },
            crc,
            chain: word(36),
            behind: word(40),
            kind: header[2],
            payload: &record[HEADER_LEN..payload_end],
        })
    }

    /// How many bytes it takes.
    pub(super) const fn len(&self) -> usize {
        FRAME_LEN + self.payload.len()
    }

    /// The latest place that was known to be on the disk when it was written.
    pub(super) fn durable(&self) -> u64 {
        self.stamp.place.saturating_sub(u64::from(self.behind))
    }

    /// The command, or what is wrong with it: whoever wrote it speaks another language.
    pub(super) fn entry(&self) -> Result<Entry, String> {
        let command = match self.kind {
            WIRE => self.wire_command()?,
            _ => self.text_command()?,
        };
        Ok(Entry { stamp: self.stamp, origin: self.origin, command })
    }

    #[inline]
    fn wire_command(&self) -> Result<Command, String> {
        let mut bytes = [0; COMMAND_LEN];
        let used = bytes.get_mut(..self.payload.len()).ok_or("the command is too long")?;
        used.copy_from_slice(self.payload);
        CommandRecord::from_bytes(&bytes).to_command().map_err(|error| error.to_string())
    }

    fn text_command(&self) -> Result<Command, String> {
        let line = std::str::from_utf8(self.payload).map_err(|error| error.to_string())?;
        parse_line(line).map(|stamped| stamped.command).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests;
