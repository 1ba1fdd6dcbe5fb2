//! Reads a journal from its first command to its last, and trusts nothing that it reads. A venue may go
//! on writing it meanwhile.

use std::collections::VecDeque;
use std::io::ErrorKind;

use super::error::JournalError;
use super::record::{ALIGN, Entry, Record};
use super::seal::Seal;
use super::segment::{self, BadHead, HEAD_LEN_MAX, Header};
use super::shelf::{self, LOOKS_MAX};
use super::storage::{Storage, StoredFile};
use super::tail::{self, Tail};
use crate::sequencer::Stamp;

/// The largest segment that is written or read: 64 times the usual size.
pub(crate) const SEGMENT_LEN_MAX: u64 = 1 << 32;

/// Segments that are open at once.
const AHEAD_MAX: usize = 32;

/// A journal that is being read.
#[derive(Debug)]
pub struct Reader<'a> {
    storage: &'a mut dyn Storage,
    /// The segments that are still to be read, the next one last.
    names: Vec<String>,
    /// The first of those, opened: a venue that goes on meanwhile may take them away, and they can be
    /// read all the same.
    ahead: VecDeque<Box<dyn StoredFile>>,
    open: Option<Open>,
    last: Stamp,
    chain: u32,
    /// What the latest record says of those before it.
    behind: u32,
    commands: u64,
    bytes: u64,
    segments: u64,
    /// A last segment that was never finished, and holds nothing.
    unborn: Option<String>,
    /// Kept for the next segment: large, and soon needed again.
    buffer: Vec<u8>,
}

/// The segment that is being read.
#[derive(Debug)]
struct Open {
    name: String,
    file: Box<dyn StoredFile>,
    header: Header,
    bytes: Vec<u8>,
    at: usize,
}

/// Where and how a journal ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Its last command; place 0 where there is none.
    pub last: Stamp,
    /// How many commands were read.
    pub commands: u64,
    /// How many bytes they take, segment heads included.
    pub bytes: u64,
    /// How many segments there are.
    pub segments: u64,
    /// What a crash left behind the last command.
    pub torn: Option<Torn>,
    /// Whether a seal stands there: it ended in order.
    pub(super) is_sealed: bool,
    /// The checksum of the last record.
    pub(super) chain: u32,
    /// The last segment, and where its next record goes.
    pub(super) open: Option<(String, u64)>,
    /// A segment that was never finished, and holds nothing.
    pub(super) unborn: Option<String>,
}

/// What a crash left behind the last command. Nobody was told of it where the policy was
/// [`EveryTurn`](super::Policy::EveryTurn); under another, somebody may have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Which file.
    pub file: String,
    /// From here.
    pub from: u64,
    /// To here.
    pub to: u64,
    /// So many commands are whole among it, and follow some that are not.
    pub commands: u64,
}

impl End {
    /// The file and the offset behind the last record.
    pub(crate) fn end(&self) -> (&str, u64) {
        self.open.as_ref().map_or(("the journal", 0), |(name, at)| (name, *at))
    }
}

impl<'a> Reader<'a> {
    /// Begins to read. A folder without segments is an empty journal.
    ///
    /// # Errors
    ///
    /// [`JournalError`] where the disk fails, or the first segment is not one.
    pub fn open(storage: &'a mut dyn Storage) -> Result<Self, JournalError> {
        Self::open_at(storage, 0)
    }

    /// Leaves out the segments whose commands all come before `place`.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_at(storage: &'a mut dyn Storage, place: u64) -> Result<Self, JournalError> {
        let mut reader = Self {
            storage,
            names: Vec::new(),
            ahead: VecDeque::new(),
            open: None,
            last: Stamp::default(),
            chain: 0,
            behind: 0,
            commands: 0,
            bytes: 0,
            segments: 0,
            unborn: None,
            buffer: Vec::new(),
        };
        for _ in 1..LOOKS_MAX {
            match reader.begin(place) {
                Err(JournalError::Io { kind: ErrorKind::NotFound, .. }) => {}
                begun => return begun.map(|()| reader),
            }
        }
        reader.begin(place).map(|()| reader)
    }

    /// Looks which segments there are, and opens the first.
    fn begin(&mut self, place: u64) -> Result<(), JournalError> {
        self.names = shelf::segment_names(self.storage)?;
        self.names.reverse();
        self.ahead.clear();
        let begins_by = |name: &String| segment::first_of(name).is_some_and(|at| at <= place);
        if let Some(at) = self.names.iter().position(begins_by) {
            self.names.truncate(at + 1);
        }
        self.set_unborn_aside()?;
        self.open_ahead()?;
        self.open_next()
    }

    /// The head of the segment that is being read; `None` in an empty journal.
    #[must_use]
    pub fn header(&self) -> Option<&Header> {
        self.open.as_ref().map(|open| &open.header)
    }

    /// The place of the first command of the segment that is being read.
    pub(crate) fn first(&self) -> Option<u64> {
        self.open.as_ref().map(|open| open.header.first)
    }

    /// Whether everything before the latest command was on the disk when it was written: it is the
    /// first of a group, where each group is on the disk before the next begins.
    pub(crate) const fn begins_group(&self) -> bool {
        self.behind == 1
    }

    /// The checksum of the record that was read last.
    pub(crate) const fn chain(&self) -> u32 {
        self.chain
    }

    /// The next command; `None` after the last.
    ///
    /// # Errors
    ///
    /// [`JournalError::Damaged`] where something is not as it was written: nothing is passed over.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, JournalError> {
        while let Some(open) = &mut self.open {
            let Some(record) = next_record(&open.bytes[open.at..], self.last, self.chain) else {
                if self.names.is_empty() {
                    match self.check_end() {
                        Err(error) if error.is_damage() && self.has_more()? => continue,
                        checked => return checked.map(|()| None),
                    }
                }
                self.leave_segment()?;
                continue;
            };
            let entry = record.entry().map_err(|problem| {
                let problem = format!("the record is whole, but {problem}");
                JournalError::damaged(&open.name, open.at as u64, problem)
            })?;
            (self.last, self.chain, self.behind) = (record.stamp, record.crc, record.behind);
            open.at += record.len();
            self.bytes += record.len() as u64;
            self.commands += 1;
            return Ok(Some(entry));
        }
        Ok(None)
    }

    /// Reads what is left and tells how the journal ends.
    ///
    /// # Errors
    ///
    /// As [`next_entry`](Self::next_entry).
    pub fn end(mut self) -> Result<End, JournalError> {
        while self.next_entry()?.is_some() {}
        let tail = self.open.as_ref().map_or(Tail::Clean, |open| self.judge(open));
        let is_sealed = tail == Tail::Sealed;
        let torn = match (&self.open, tail) {
            (Some(Open { name, at, .. }), Tail::Torn { to, records }) => Some(Torn {
                file: name.clone(),
                from: *at as u64,
                to: to as u64,
                commands: records,
            }),
            _ => None,
        };
        Ok(End {
            last: self.last,
            commands: self.commands,
            bytes: self.bytes,
            segments: self.segments,
            torn,
            is_sealed,
            chain: self.chain,
            open: self.open.map(|open| (open.name, open.at as u64)),
            unborn: self.unborn,
        })
    }

    /// What stands behind the last record that was read.
    fn judge(&self, open: &Open) -> Tail {
        tail::judge(&open.bytes, open.at, self.last, self.chain)
    }

    /// Asserts that behind the last record of the last segment stands nothing but zeros, a seal, or what
    /// a crash left.
    fn check_end(&self) -> Result<(), JournalError> {
        let Some(open) = &self.open else { return Ok(()) };
        match self.judge(open) {
            Tail::Clean | Tail::Sealed | Tail::Torn { .. } => Ok(()),
            Tail::Damaged(problem) => {
                Err(JournalError::damaged(&open.name, open.at as u64, problem))
            }
        }
    }

    /// Reads the last segment anew. Whether the next record is there now: a venue that goes on may have
    /// written it while what comes behind it was read.
    fn has_more(&mut self) -> Result<bool, JournalError> {
        let Some(open) = &mut self.open else { return Ok(false) };
        read_segment(&mut *open.file, &open.name, SEGMENT_LEN_MAX, &mut open.bytes)?;
        let bytes = open.bytes.get(open.at..).unwrap_or_default();
        Ok(next_record(bytes, self.last, self.chain).is_some())
    }

    /// Goes on to the next segment. This one was on the disk as a whole before that was begun.
    fn leave_segment(&mut self) -> Result<(), JournalError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let place = self.last.place + 1;
        let next = self.names.last().and_then(|name| segment::first_of(name));
        let problem = match self.judge(&open) {
            Tail::Clean | Tail::Sealed if next == Some(place) => {
                self.buffer = open.bytes;
                return self.open_next();
            }
            Tail::Damaged(problem) => problem,
            Tail::Clean | Tail::Sealed | Tail::Torn { .. } => {
                format!("the record of place {place} is not here, though segments come after")
            }
        };
        Err(JournalError::damaged(&open.name, open.at as u64, problem))
    }

    /// A last segment that was made but never finished holds nothing: it is not read.
    fn set_unborn_aside(&mut self) -> Result<(), JournalError> {
        let Some(name) = self.names.first().cloned() else { return Ok(()) };
        let mut bytes = Vec::new();
        let mut file = open_file(self.storage, &name)?;
        read_segment(&mut *file, &name, HEAD_LEN_MAX as u64, &mut bytes)?;
        if Header::read(&bytes) != Err(BadHead::NotWhole) {
            return Ok(());
        }
        read_segment(&mut *file, &name, SEGMENT_LEN_MAX, &mut bytes)?;
        if holds_nothing(&bytes, segment::first_of(&name).unwrap_or_default()) {
            self.unborn = Some(name);
            self.names.remove(0);
        }
        Ok(())
    }

    /// Opens segments ahead, as many as may be open at once.
    fn open_ahead(&mut self) -> Result<(), JournalError> {
        for name in self.names.iter().rev().take(AHEAD_MAX).skip(self.ahead.len()) {
            match open_file(self.storage, name) {
                Ok(file) => self.ahead.push_back(file),
                error @ Err(JournalError::Io { kind: ErrorKind::NotFound, .. }) => {
                    return error.map(drop);
                }
                // Too many are open, or the disk fails: its turn will come.
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Opens the next segment, if there is one.
    fn open_next(&mut self) -> Result<(), JournalError> {
        let Some(name) = self.names.pop() else { return Ok(()) };
        let mut file = match self.ahead.pop_front() {
            Some(file) => file,
            None => open_file(self.storage, &name)?,
        };
        let mut bytes = std::mem::take(&mut self.buffer);
        read_segment(&mut *file, &name, SEGMENT_LEN_MAX, &mut bytes)?;
        let first = segment::first_of(&name).unwrap_or_default();
        let (header, at) = match Header::read(&bytes) {
            Ok(read) => read,
            Err(BadHead::Foreign(problem)) => {
                return Err(JournalError::unusable(&name, problem));
            }
            Err(BadHead::NotWhole) => {
                return Err(JournalError::damaged(&name, 0, "its head is not what was written"));
            }
        };
        let damaged = |problem| Err(JournalError::damaged(&name, 0, problem));
        if header.first != first || first == 0 {
            return damaged(format!("its head says that it begins with place {}", header.first));
        }
        if self.segments == 0 {
            self.last = Stamp { place: first - 1, at: header.at };
            self.chain = header.chain;
        } else if first != self.last.place + 1 || header.chain != self.chain {
            return damaged(format!(
                "it does not continue what ends with place {}",
                self.last.place
            ));
        }
        self.segments += 1;
        self.bytes += at as u64;
        self.open = Some(Open { name, file, header, bytes, at });
        // What is gone by now is missed when its turn comes.
        _ = self.open_ahead();
        Ok(())
    }
}

/// The record that follows `last`, which has the checksum `chain`, where it is there.
fn next_record(bytes: &[u8], last: Stamp, chain: u32) -> Option<Record<'_>> {
    Record::read(bytes).filter(|record| {
        record.stamp.place == last.place + 1 && record.chain == chain && record.stamp.at >= last.at
    })
}

fn open_file(storage: &mut dyn Storage, name: &str) -> Result<Box<dyn StoredFile>, JournalError> {
    storage.open(name).map_err(|error| JournalError::io(name, "read", &error))
}

/// Reads a segment, at most `len_max` bytes of it; one that is longer than any is refused.
fn read_segment(
    file: &mut dyn StoredFile,
    name: &str,
    len_max: u64,
    bytes: &mut Vec<u8>,
) -> Result<(), JournalError> {
    let failed = |error| JournalError::io(name, "read", &error);
    loop {
        let len = file.len().map_err(failed)?;
        if len > SEGMENT_LEN_MAX {
            let problem =
                format!("has {len} bytes; no segment has more than {SEGMENT_LEN_MAX}; remove it");
            return Err(JournalError::unusable(name, problem));
        }
        bytes.clear();
        bytes.resize(usize::try_from(len.min(len_max)).unwrap_or(usize::MAX), 0);
        match file.read_exact_at(bytes, 0) {
            // It was cut meanwhile, as a venue does with a segment that it leaves.
            Err(_) if file.len().map_err(failed)? < len => {}
            read => return read.map_err(failed),
        }
    }
}

/// Whether this segment, which should begin with the place `first`, has no record and no seal. Its
/// head is on the disk before either is written.
fn holds_nothing(bytes: &[u8], first: u64) -> bool {
    let is_record = |at| Record::read(&bytes[at..]).is_some_and(|r| r.stamp.place >= first);
    !(0..bytes.len()).step_by(ALIGN).any(|at| is_record(at) || Seal::read(bytes, at).is_some())
}

#[cfg(test)]
mod tests;
