//! Puts what it is given on a disk, in order, under a policy.

use std::fmt;
use std::str::FromStr;

use ringfence_core::Time;

use super::error::JournalError;
use super::porter::SPARE;
use super::reader::End;
use super::seal::{SEAL_LEN, Seal};
use super::steward::Steward;
use super::storage::{Storage, StoredFile};
use crate::sequencer::Stamp;

/// When the world may hear of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// When the disk itself has it: survives the loss of power. One sync for each group.
    #[default]
    EveryTurn,
    /// When the operating system has it; the disk has it at most this many nanoseconds of the
    /// commands' time later. Loss of power may cost that much.
    Interval(u64),
    /// When the operating system has it: survives the end of the process, not the loss of power.
    Os,
}

/// How long the interval is where only the policy is named: ten milliseconds.
const INTERVAL_NS: u64 = 10_000_000;

impl FromStr for Policy {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "every_turn" => Ok(Self::EveryTurn),
            "interval" => Ok(Self::Interval(INTERVAL_NS)),
            "os" => Ok(Self::Os),
            other => {
                Err(format!("no policy is called `{other}`; there are every_turn, interval, os"))
            }
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EveryTurn => "every_turn",
            Self::Interval(_) => "interval",
            Self::Os => "os",
        })
    }
}

/// What is to be put on the disk.
#[derive(Debug)]
pub(super) enum Job {
    /// A new segment: what came before is whole.
    Segment { name: String, head: Vec<u8>, len: u64 },
    /// Records, the last of which has this stamp.
    Records { bytes: Vec<u8>, last: Stamp },
    /// Nothing but the promise that the disk itself has everything, and a seal that says so; the last
    /// record has this checksum.
    Seal { last: Stamp, chain: u32 },
}

/// How far things have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reached {
    /// The latest place that was written.
    pub(super) written: u64,
    /// The latest place that the disk itself has.
    pub(super) synced: u64,
}

/// Writes segments.
#[derive(Debug)]
pub(super) struct Scribe {
    storage: Box<dyn Storage>,
    steward: Steward,
    policy: Policy,
    file: Option<(String, Box<dyn StoredFile>)>,
    offset: u64,
    /// Whether a seal stands there.
    is_sealed: bool,
    /// Bytes of the file.
    len: u64,
    /// The disk was asked to take what the file holds before this offset.
    handed: u64,
    reached: Reached,
    /// Time of the latest command that the disk itself has.
    synced_at: Time,
    /// Time of the latest command that was written.
    written_at: Time,
}

/// With `os`: the disk is asked to take so many bytes at once.
const HANDED_LEN: u64 = 1 << 20;

/// Nothing could make the first segment's file ahead. So many of its bytes are written before its
/// first command: some tenths of a second, once in a journal's life.
const FIRST_LEN: u64 = 1 << 26;

/// Zeros that are written at once, and how often they are put on the disk.
static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
const PART_LEN: u64 = 1 << 20;

impl Scribe {
    /// A scribe that goes on where a journal ends.
    pub(super) fn new(
        mut storage: Box<dyn Storage>,
        steward: Steward,
        policy: Policy,
        end: &End,
    ) -> Result<Self, JournalError> {
        let last = end.last;
        let (mut offset, mut len) = (0, 0);
        let mut file = None;
        if let Some((name, at)) = &end.open {
            let mut opened = storage.open(name).map_err(|error| io(name, "open", error))?;
            len = opened.len().map_err(|error| io(name, "open", error))?;
            if is_direct(policy) {
                opened.be_direct();
            }
            file = Some((name.clone(), opened));
            offset = *at;
        }
        let reached = Reached { written: last.place, synced: last.place };
        Ok(Self {
            storage,
            steward,
            policy,
            file,
            offset,
            is_sealed: end.is_sealed,
            len,
            handed: offset,
            reached,
            synced_at: last.at,
            written_at: last.at,
        })
    }

    /// Does one job; a `Records` is durable only after [`promise`](Self::promise). Gives back the
    /// memory that the job held.
    pub(super) fn take(&mut self, job: Job) -> Result<Vec<u8>, JournalError> {
        match job {
            Job::Segment { name, head, len } => self.begin_segment(name, head, len),
            Job::Records { bytes, last } => self.write(bytes, last),
            Job::Seal { last, chain } => self.seal(last, chain).map(|()| Vec::new()),
        }
    }

    /// Keeps the policy for everything that was taken.
    pub(super) fn promise(&mut self) -> Result<Reached, JournalError> {
        let is_due = match self.policy {
            Policy::EveryTurn => true,
            Policy::Interval(ns) => self.written_at.0.saturating_sub(self.synced_at.0) >= ns,
            Policy::Os => false,
        };
        if is_due && self.reached.synced < self.reached.written {
            self.sync()?;
        }
        self.steward.tend()?;
        self.reached.synced = self.reached.synced.max(self.steward.written_back());
        Ok(self.reached)
    }

    /// The latest place of which the world may hear.
    pub(super) const fn durable(policy: Policy, reached: Reached) -> u64 {
        match policy {
            Policy::EveryTurn => reached.synced,
            Policy::Interval(_) | Policy::Os => reached.written,
        }
    }

    fn write(&mut self, bytes: Vec<u8>, last: Stamp) -> Result<Vec<u8>, JournalError> {
        self.unseal()?;
        let (name, file) = self.file.as_mut().expect("a segment comes before its records");
        file.write_all_at(&bytes, self.offset).map_err(|error| io(name, "write", error))?;
        self.offset += bytes.len() as u64;
        self.reached.written = last.place;
        self.written_at = last.at;
        if self.offset >= self.len / 2 {
            self.steward.prepare(is_direct(self.policy));
        }
        // So that the end of a segment has little to wait for.
        let is_much = self.policy == Policy::Os && self.offset - self.handed >= HANDED_LEN;
        if is_much && self.steward.write_back(name, self.offset, last.place) {
            self.handed = self.offset;
        }
        Ok(bytes)
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        if let Some((name, file)) = &mut self.file {
            file.sync().map_err(|error| io(name, "sync", error))?;
        }
        self.reached.synced = self.reached.written;
        self.synced_at = self.written_at;
        Ok(())
    }

    /// Has everything on the disk, and then says so behind it.
    fn seal(&mut self, last: Stamp, chain: u32) -> Result<(), JournalError> {
        self.sync()?;
        let Some((name, file)) = &mut self.file else { return Ok(()) };
        if !self.is_sealed {
            let seal = Seal::after(last, chain, self.offset).to_bytes();
            file.write_all_at(&seal, self.offset).map_err(|error| io(name, "seal", error))?;
            file.sync().map_err(|error| io(name, "seal", error))?;
            self.is_sealed = true;
        }
        Ok(())
    }

    /// Takes the seal away before anything comes in its place: a sector that a crash keeps from being
    /// written is full of zeros behind the last record, as [`tail`](super::tail) has it.
    fn unseal(&mut self) -> Result<(), JournalError> {
        if !std::mem::take(&mut self.is_sealed) {
            return Ok(());
        }
        let Some((name, file)) = &mut self.file else { return Ok(()) };
        file.write_all_at(&[0; SEAL_LEN], self.offset)
            .map_err(|error| io(name, "unseal", error))?;
        file.sync().map_err(|error| io(name, "unseal", error))
    }

    fn begin_segment(
        &mut self,
        name: String,
        head: Vec<u8>,
        len: u64,
    ) -> Result<Vec<u8>, JournalError> {
        let is_first = self.file.is_none();
        // A seal goes with what the segment did not use.
        self.is_sealed = false;
        if let Some((left, mut file)) = self.file.take() {
            // Whole on the disk before the next has its name.
            file.sync().map_err(|error| io(&left, "sync", error))?;
            // Gives back what was reserved and not used.
            self.steward.cut(left, file, self.offset)?;
        }
        self.reached.synced = self.reached.written;
        self.synced_at = self.written_at;
        self.steward.tend()?;
        let made = if self.steward.take(len) {
            self.storage.rename(SPARE, &name).and_then(|()| self.storage.open(&name))
        } else {
            self.storage.create(&name, len)
        };
        let mut file = made.map_err(|error| io(&name, "make", error))?;
        if is_direct(self.policy) && file.be_direct() && is_first {
            clear(&mut *file, len.min(FIRST_LEN)).map_err(|error| io(&name, "make", error))?;
        }
        file.write_all_at(&head, 0).map_err(|error| io(&name, "write", error))?;
        file.sync().map_err(|error| io(&name, "sync", error))?;
        self.offset = head.len() as u64;
        (self.len, self.handed) = (len, self.offset);
        self.file = Some((name, file));
        Ok(head)
    }
}

/// Whether each group is put on the disk before the next is taken: then it goes there directly.
const fn is_direct(policy: Policy) -> bool {
    matches!(policy, Policy::EveryTurn)
}

/// Writes zeros to the first `len` bytes.
fn clear(file: &mut dyn StoredFile, len: u64) -> std::io::Result<()> {
    for at in (0..len).step_by(ZEROS.len()) {
        let part = ZEROS.len().min(usize::try_from(len - at).unwrap_or(usize::MAX));
        file.write_all_at(&ZEROS[..part], at)?;
        if (at + part as u64).is_multiple_of(PART_LEN) {
            file.sync()?;
        }
    }
    file.sync()
}

#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn io(file: &str, doing: &'static str, error: std::io::Error) -> JournalError {
    JournalError::io(file, doing, &error)
}
