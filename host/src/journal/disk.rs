//! A journal in segments of a storage: what is appended is gathered, and committed as one group.

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use ringfence_core::{Capacity, Command, Engine};

use super::archivist::{Archivist, SnapshotSettings, SnapshotTally};
use super::error::JournalError;
use super::latency::Latency;
use super::reader::{End, SEGMENT_LEN_MAX};
use super::record::{self, Link};
use super::scribe::{Job, Policy, Reached, Scribe};
use super::seal::SEAL_LEN;
use super::segment::{self, Header};
use super::snapshot::{self, Shot};
use super::steward::{Ahead, Steward};
use super::storage::Storage;
use super::writer::Writer;
use crate::replay::jsonl::{parse_line, write_command};
use crate::sequencer::{Origin, Stamp};

/// How a journal is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// When the world may hear of a command.
    pub policy: Policy,
    /// Bytes of a segment, at most 4 GiB; one that would grow beyond is followed by another.
    pub segment_len: u64,
    /// Whether a thread of its own writes.
    pub has_thread: bool,
    /// When the file of the next segment is made.
    pub ahead: Ahead,
    /// When snapshots are taken, and how many are kept.
    pub snapshots: SnapshotSettings,
}

/// The usual size of a segment: 64 MiB hold about 600,000 orders.
const SEGMENT_LEN: u64 = 1 << 26;

impl Default for Settings {
    fn default() -> Self {
        let snapshots = SnapshotSettings::default();
        Self {
            policy: Policy::EveryTurn,
            segment_len: SEGMENT_LEN,
            has_thread: false,
            ahead: Ahead::default(),
            snapshots,
        }
    }
}

/// A journal on a disk.
#[derive(Debug)]
pub struct Disk {
    settings: Settings,
    capacity: Capacity,
    output: Output,
    /// Records that were appended and not committed.
    group: Vec<u8>,
    /// The latest record that was appended: its stamp and its checksum.
    last: Stamp,
    chain: u32,
    /// The first record of the group follows this one.
    committed: Stamp,
    committed_chain: u32,
    /// The place of the segment's first command; no segment is open at the very beginning.
    first: Option<u64>,
    /// Bytes that are used of the segment, and its length.
    used: u64,
    len: u64,
    reached: Reached,
    definitions: Definitions,
    /// Definitions of the group, and how many of them the head of the group's segment holds.
    definitions_committed: usize,
    /// The last place of each group of which the world may not have heard, and its checksum; and
    /// before those the latest of which it may.
    groups: VecDeque<Group>,
    latency: Latency,
    archivist: Archivist,
    broken: Option<JournalError>,
}

/// A group that was committed.
#[derive(Clone, Copy, Debug)]
struct Group {
    /// Its last place, and the checksum of that record.
    last: u64,
    chain: u32,
    since: Instant,
}

#[derive(Debug)]
enum Output {
    Direct(Box<Scribe>),
    Thread(Writer),
}

/// The first definition of each instrument that was asked for.
#[derive(Debug, Default)]
struct Definitions {
    known: BTreeSet<u32>,
    text: String,
}

impl Definitions {
    /// Those of a segment's head.
    fn read(name: &str, text: &str) -> Result<Self, JournalError> {
        let mut definitions = Self::default();
        for line in text.lines() {
            let Ok(Command::Instrument(spec)) = parse_line(line).map(|stamped| stamped.command)
            else {
                let problem = "its head holds a line that defines no instrument";
                return Err(JournalError::damaged(name, segment::FIXED_LEN as u64, problem));
            };
            definitions.known.insert(spec.instrument.0);
        }
        text.clone_into(&mut definitions.text);
        Ok(definitions)
    }

    fn note(&mut self, capacity: Capacity, stamp: Stamp, command: &Command) {
        let Command::Instrument(spec) = command else { return };
        if self.known.len() < capacity.instruments as usize && self.known.insert(spec.instrument.0)
        {
            let mut line = Vec::new();
            write_command(stamp.at, command, &mut line).expect("memory takes any text");
            self.text.push_str(&String::from_utf8_lossy(&line));
        }
    }
}

impl Disk {
    /// Goes on where a journal ends, of which `header` is the head of the last segment, and of
    /// which the newest snapshot was taken after `snapshot`: what a crash left was cut.
    ///
    /// # Errors
    ///
    /// [`JournalError`] where the disk fails.
    pub(crate) fn resume(
        mut storage: Box<dyn Storage>,
        mut settings: Settings,
        capacity: Capacity,
        end: &End,
        definitions: &[(Stamp, Command)],
        header: Option<&Header>,
        snapshot: Stamp,
    ) -> Result<Self, JournalError> {
        settings.segment_len = settings.segment_len.min(SEGMENT_LEN_MAX);
        let folder = storage.name();
        let shared = storage.share().map_err(|error| JournalError::io(&folder, "open", &error))?;
        let archivist = Archivist::new(shared, settings.snapshots, snapshot)?;
        let (mut used, mut len) = (0, 0);
        if let Some((name, at)) = &end.open {
            let failed = |error| JournalError::io(name, "open", &error);
            let mut file = storage.open(name).map_err(failed)?;
            // What another process wrote last may not be on the disk itself.
            file.sync().map_err(failed)?;
            (used, len) = (*at, file.len().map_err(failed)?);
        }
        let mut known = match (header, &end.open) {
            (Some(header), Some((name, _))) => Definitions::read(name, &header.instruments)?,
            _ => Definitions::default(),
        };
        for (stamp, command) in definitions {
            known.note(capacity, *stamp, command);
        }
        let reached = Reached { written: end.last.place, synced: end.last.place };
        let steward = Steward::new(&*storage, settings.ahead, settings.segment_len)?;
        let scribe = Scribe::new(storage, steward, settings.policy, end)?;
        let output = if settings.has_thread {
            Output::Thread(Writer::new(scribe, reached)?)
        } else {
            Output::Direct(Box::new(scribe))
        };
        Ok(Self {
            settings,
            capacity,
            output,
            group: Vec::new(),
            last: end.last,
            chain: end.chain,
            committed: end.last,
            committed_chain: end.chain,
            first: end.open.as_ref().and_then(|(name, _)| segment::first_of(name)),
            used,
            len,
            reached,
            definitions_committed: known.text.len(),
            definitions: known,
            groups: VecDeque::from([Group {
                last: end.last.place,
                chain: end.chain,
                since: Instant::now(),
            }]),
            latency: Latency::default(),
            archivist,
            broken: None,
        })
    }

    #[inline]
    pub(super) fn append(
        &mut self,
        stamp: Stamp,
        origin: Origin,
        command: &Command,
    ) -> Result<(), JournalError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        let behind = u32::try_from(stamp.place - self.reached.synced).unwrap_or(u32::MAX);
        let link = Link { stamp, origin, chain: self.chain, behind };
        self.chain = record::append(&mut self.group, &link, command)?;
        self.last = stamp;
        if matches!(command, Command::Instrument(_)) {
            self.definitions.note(self.capacity, stamp, command);
        }
        Ok(())
    }

    pub(super) fn commit(&mut self) -> Result<(), JournalError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        if self.group.is_empty() {
            return Ok(());
        }
        let sent = self.send_group();
        self.remember(sent)
    }

    pub(super) fn durable(&mut self) -> Result<u64, JournalError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        if let Output::Thread(writer) = &mut self.output {
            let reached = writer.reached();
            self.reached = self.remember(reached)?;
        }
        let durable = Scribe::durable(self.settings.policy, self.reached);
        while let Some(group) = self.groups.get(1).filter(|group| group.last <= durable) {
            let took_ns = u64::try_from(group.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.latency.record(took_ns);
            self.groups.pop_front();
        }
        Ok(durable)
    }

    pub(super) fn wait(&mut self) -> Result<(), JournalError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        if let Output::Thread(writer) = &mut self.output {
            let reached = writer.wait();
            self.reached = self.remember(reached)?;
        }
        Ok(())
    }

    pub(super) fn sync(&mut self) -> Result<(), JournalError> {
        self.commit()?;
        let sent = self.send(Job::Seal { last: self.committed, chain: self.committed_chain });
        self.remember(sent)?;
        self.wait()
    }

    /// Does what there is to do for snapshots, and says whether one is due after `told`. Where the
    /// disk fails to write the journal's own file, the journal has failed.
    #[inline]
    pub(super) fn tend_snapshots(&mut self, told: Stamp) -> Result<bool, JournalError> {
        let tended = self.archivist.tend();
        self.remember(tended)?;
        Ok(self.archivist.is_due(told))
    }

    /// Has the state written that is `engine` and came of all commands up to `told`, the latest
    /// of which the world may have heard. Does nothing where that state is written already, or
    /// while another one is.
    pub(super) fn take_snapshot(
        &mut self,
        engine: &Engine,
        told: Stamp,
        notes: Vec<u8>,
    ) -> Result<(), JournalError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        snapshot::check_notes(&notes)?;
        let group = self.groups.iter().find(|group| group.last == told.place);
        let Some(&Group { chain, .. }) = group else { return Ok(()) };
        if self.archivist.is_possible(told) {
            let (image, capacity) = (engine.image(), self.capacity);
            self.archivist.take(Shot { image, last: told, chain, capacity, notes });
        }
        Ok(())
    }

    /// Waits until no snapshot is being written.
    pub(super) fn wait_for_snapshot(&mut self) -> &SnapshotTally {
        let waited = self.archivist.wait();
        // Whoever asks the journal for something next hears of a failure.
        _ = self.remember(waited);
        self.archivist.tally()
    }

    pub(super) const fn latency(&self) -> &Latency {
        &self.latency
    }

    pub(super) const fn snapshots(&self) -> &SnapshotTally {
        self.archivist.tally()
    }

    /// After the first failure nothing is taken any more.
    fn remember<T>(&mut self, result: Result<T, JournalError>) -> Result<T, JournalError> {
        if let Err(error) = &result {
            self.broken.get_or_insert_with(|| error.clone());
        }
        result
    }

    fn send_group(&mut self) -> Result<(), JournalError> {
        let group_len = self.group.len() as u64;
        // A segment that has no records yet takes any group: its name is that of the next one.
        let is_empty = self.first == Some(self.committed.place + 1);
        if self.first.is_none() || (self.used + group_len + SEAL_LEN as u64 > self.len && !is_empty)
        {
            self.begin_segment(group_len)?;
        }
        let spare = match &mut self.output {
            Output::Direct(_) => Vec::new(),
            Output::Thread(writer) => writer.memory(),
        };
        let bytes = std::mem::replace(&mut self.group, spare);
        self.used += group_len;
        (self.committed, self.committed_chain) = (self.last, self.chain);
        let (last, chain) = (self.last.place, self.chain);
        self.groups.push_back(Group { last, chain, since: Instant::now() });
        self.definitions_committed = self.definitions.text.len();
        self.send(Job::Records { bytes, last: self.last })
    }

    fn begin_segment(&mut self, group_len: u64) -> Result<(), JournalError> {
        let instruments = self.definitions.text[..self.definitions_committed].to_owned();
        let header =
            Header::after(self.committed, self.committed_chain, self.capacity, instruments);
        let name = segment::file_name(header.first);
        let head = header.to_bytes();
        self.first = Some(header.first);
        self.used = head.len() as u64;
        self.len = self.settings.segment_len.max(self.used + group_len + SEAL_LEN as u64);
        self.send(Job::Segment { name, head, len: self.len })
    }

    fn send(&mut self, job: Job) -> Result<(), JournalError> {
        match &mut self.output {
            Output::Direct(scribe) => {
                let mut bytes = scribe.take(job)?;
                self.reached = scribe.promise()?;
                if self.group.is_empty() && bytes.capacity() > self.group.capacity() {
                    bytes.clear();
                    self.group = bytes;
                }
                Ok(())
            }
            Output::Thread(writer) => writer.send(job),
        }
    }
}
