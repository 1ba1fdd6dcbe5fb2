//! Brings a venue back: what the journal holds is applied again, and the journal goes on.

mod past;

use std::fmt;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use ringfence_core::{Capacity, Command, Engine, Event, EventSink, Interest};

use crate::journal::{
    Disk, End, Entry, Journal, JournalError, PassedOver, Reader, Settings, Snapshot, Storage, Torn,
    cut, index_key, room, shelf,
};
use crate::metrics::{Grouped, Span};
use crate::sequencer::{Sequencer, Stamp};

pub use past::Past;

/// Who looks on while commands are applied again, to rebuild what they keep.
pub trait Witness {
    /// Which events it wants.
    fn interest(&self) -> Interest;

    /// Learns that the next command is the first of a group, as far as the journal tells.
    fn begin_group(&mut self) {}

    /// Sees a command that is in the journal, and what it causes.
    fn see(&mut self, entry: &Entry, events: &[Event]);

    /// Finds what an [`Outlet`](crate::publisher::Outlet) noted after the command at `last`: what
    /// came before is not seen.
    fn recall(&mut self, last: Stamp, notes: &[u8]) {
        _ = (last, notes);
    }
}

/// Nobody.
impl Witness for () {
    fn interest(&self) -> Interest {
        Interest::NONE
    }

    fn see(&mut self, _entry: &Entry, _events: &[Event]) {}
}

/// Both look on.
impl<A: Witness, B: Witness> Witness for (&mut A, &mut B) {
    fn interest(&self) -> Interest {
        self.0.interest().and(self.1.interest())
    }

    fn begin_group(&mut self) {
        self.0.begin_group();
        self.1.begin_group();
    }

    fn see(&mut self, entry: &Entry, events: &[Event]) {
        self.0.see(entry, events);
        self.1.see(entry, events);
    }

    fn recall(&mut self, last: Stamp, notes: &[u8]) {
        self.0.recall(last, notes);
        self.1.recall(last, notes);
    }
}

/// What was brought back.
#[derive(Debug)]
pub struct Recovery {
    /// The engine, as it was after the last command that is in the journal.
    pub engine: Engine,
    /// The sequencer, which goes on after that command.
    pub sequencer: Sequencer,
    /// What was found.
    pub findings: Findings,
}

/// What a recovery found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    /// The last command.
    pub last: Stamp,
    /// The command after which the snapshot was taken that it began with; place 0 where it began
    /// with nothing.
    pub snapshot: Stamp,
    /// Newer snapshots that could not be used. They were set aside, with `.damaged` behind their
    /// names.
    pub passed_over: Vec<PassedOver>,
    /// How many commands were applied again.
    pub commands: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Segments that were read.
    pub segments: u64,
    /// What a crash had left behind the last command; it was cut.
    pub torn: Option<Torn>,
    /// The file that has what was cut, where commands were whole among it.
    pub kept: Option<String>,
    /// The hash of the engine's state.
    pub state_hash: u64,
    /// How long it took, without the hash.
    pub took: Duration,
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let took = u64::try_from(self.took.as_nanos()).unwrap_or(u64::MAX);
        let rate = u128::from(self.commands) * 1_000_000_000 / u128::from(took.max(1));
        let Self { last, snapshot, commands, bytes, segments, state_hash, .. } = self;
        write!(f, "recovered ")?;
        if snapshot.place > 0 {
            write!(f, "the snapshot of place {} and ", snapshot.place)?;
        }
        write!(
            f,
            "{} commands up to place {} from {} bytes in {segments} segments in {} ({} a second); \
             state {state_hash:016x}",
            Grouped(*commands),
            last.place,
            Grouped(*bytes),
            Span(took),
            Grouped(rate),
        )?;
        if let Some(torn) = &self.torn {
            write!(f, "; cut {torn}")?;
        }
        if let Some(kept) = &self.kept {
            write!(f, "; what was cut is kept in {kept}")?;
        }
        self.passed_over.iter().try_for_each(|passed_over| write!(f, "; {passed_over}"))
    }
}

/// Brings back what the journal in `storage` holds, for an engine with room for `capacity`: the
/// newest sound snapshot, and what came after it; and opens the journal to go on. An empty folder
/// is a venue that begins.
///
/// # Errors
///
/// [`JournalError`] where the disk fails, a record is damaged, what came before the journal's first
/// command is in no snapshot, or it was written for an engine of another capacity, which would have
/// refused other commands.
pub fn recover(
    mut storage: Box<dyn Storage>,
    capacity: Capacity,
    settings: Settings,
    witness: &mut impl Witness,
) -> Result<Recovery, JournalError> {
    let begun = Instant::now();
    let (snapshot, passed_over) = shelf::newest(&mut *storage, capacity, u64::MAX)?;
    let (mut state, chain) = Replayed::begin(snapshot, capacity, witness);
    let reading = Reading::begin(&mut *storage, capacity, state.snapshot, chain)?;
    let Reading { reader, definitions, .. } = state.apply_all(reading, witness)?;
    let header = reader.header().cloned();
    let end = reader.end()?;
    check_end(&end, state.snapshot)?;
    let took = begun.elapsed();
    shelf::tidy(&mut *storage, &passed_over)?;
    let kept = cut(&mut *storage, &end)?;
    let Replayed { engine, snapshot, commands, bytes, sink: _ } = state;
    let header = header.as_ref();
    let disk = Disk::resume(storage, settings, capacity, &end, &definitions, header, snapshot)?;
    let findings = Findings {
        last: end.last,
        snapshot,
        passed_over,
        commands,
        bytes: end.bytes + bytes,
        segments: end.segments,
        torn: end.torn,
        kept,
        state_hash: engine.state_hash(),
        took,
    };
    let sequencer = Sequencer::resume(end.last, Journal::on_disk(disk));
    Ok(Recovery { engine, sequencer, findings })
}

/// What was brought back so far.
struct Replayed {
    engine: Engine,
    snapshot: Stamp,
    commands: u64,
    /// Bytes of the snapshot.
    bytes: u64,
    sink: Sink,
}

/// The journal as it is read: what a snapshot has is left out, what a segment defines is noted.
struct Reading<'a> {
    reader: Reader<'a>,
    folder: String,
    /// The command after which the snapshot was taken, and the checksum of its record.
    snapshot: Stamp,
    chain: u32,
    /// The segment that was read last, by its first place, and the definitions in it.
    first: Option<u64>,
    definitions: Vec<(Stamp, Command)>,
}

/// A command as it was read.
struct Read {
    entry: Entry,
    begins_group: bool,
}

/// Commands that are read together: few enough for the caches of two processors.
const BATCH_LEN: usize = 512;

/// Batches that may wait to be applied.
const BATCHES: usize = 4;

impl Replayed {
    /// Begins with the snapshot; gives back the checksum of the record that it was taken after.
    fn begin(
        snapshot: Option<Snapshot>,
        capacity: Capacity,
        witness: &mut impl Witness,
    ) -> (Self, u32) {
        let (engine, snapshot, chain, bytes) = match snapshot {
            Some(Snapshot { engine, last, chain, notes, bytes }) => {
                witness.recall(last, &notes);
                (engine, last, chain, bytes)
            }
            None => (Engine::keyed(capacity, index_key()), Stamp::default(), 0, 0),
        };
        let sink = Sink { interest: witness.interest(), events: Vec::new() };
        (Self { engine, snapshot, commands: 0, bytes, sink }, chain)
    }

    /// Applies all that is read: this thread, while another one reads on where there is much.
    fn apply_all<'a>(
        &mut self,
        mut reading: Reading<'a>,
        witness: &mut impl Witness,
    ) -> Result<Reading<'a>, JournalError> {
        let mut batch = Vec::with_capacity(BATCH_LEN);
        let is_more = reading.fill(&mut batch)?;
        self.apply(&batch, witness);
        if !is_more {
            return Ok(reading);
        }
        std::thread::scope(|scope| {
            let (full, filled) = sync_channel(BATCHES);
            let (empty, emptied) = channel();
            let reads = scope.spawn(move || read_on(reading, &full, &emptied));
            for batch in filled {
                self.apply(&batch, witness);
                // Whoever has read everything has no use for it.
                _ = empty.send(batch);
            }
            reads.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn apply(&mut self, batch: &[Read], witness: &mut impl Witness) {
        for Read { entry, begins_group } in batch {
            if *begins_group {
                witness.begin_group();
            }
            self.sink.events.clear();
            self.engine.apply(entry.stamp.at, &entry.command, &mut self.sink);
            witness.see(entry, &self.sink.events);
        }
        self.commands += batch.len() as u64;
    }
}

/// Reads to the end, batch by batch.
fn read_on<'a>(
    mut reading: Reading<'a>,
    full: &SyncSender<Vec<Read>>,
    emptied: &Receiver<Vec<Read>>,
) -> Result<Reading<'a>, JournalError> {
    loop {
        let mut batch = emptied.try_recv().unwrap_or_default();
        batch.clear();
        let is_more = reading.fill(&mut batch)?;
        if full.send(batch).is_err() || !is_more {
            return Ok(reading);
        }
    }
}

impl<'a> Reading<'a> {
    fn begin(
        storage: &'a mut dyn Storage,
        capacity: Capacity,
        snapshot: Stamp,
        chain: u32,
    ) -> Result<Self, JournalError> {
        let folder = storage.name();
        let reader = Reader::open_at(storage, snapshot.place)?;
        check_beginning(&reader, &folder, snapshot, capacity)?;
        let first = reader.first();
        Ok(Self { reader, folder, snapshot, chain, first, definitions: Vec::new() })
    }

    /// Reads as many commands as are applied together; whether there may be more.
    fn fill(&mut self, batch: &mut Vec<Read>) -> Result<bool, JournalError> {
        while batch.len() < BATCH_LEN {
            let Some(entry) = self.reader.next_entry()? else { return Ok(false) };
            if self.reader.first() != self.first {
                self.first = self.reader.first();
                self.definitions.clear();
            }
            if matches!(entry.command, Command::Instrument(_)) {
                self.definitions.push((entry.stamp, entry.command.clone()));
            }
            if entry.stamp.place <= self.snapshot.place {
                self.check_link(&entry)?;
                continue;
            }
            batch.push(Read { entry, begins_group: self.reader.begins_group() });
        }
        Ok(true)
    }

    /// Whether the snapshot was taken after a command of this journal.
    fn check_link(&self, entry: &Entry) -> Result<(), JournalError> {
        let is_it = entry.stamp.place == self.snapshot.place;
        if !is_it || (entry.stamp, self.reader.chain()) == (self.snapshot, self.chain) {
            return Ok(());
        }
        let problem = format!(
            "holds a snapshot of place {} that is of another journal; take it away",
            self.snapshot.place
        );
        Err(JournalError::unusable(&self.folder, problem))
    }
}

/// Whether the journal is as long as its newest snapshot says: it was on the disk first.
fn check_end(end: &End, snapshot: Stamp) -> Result<(), JournalError> {
    if end.last.place >= snapshot.place {
        return Ok(());
    }
    let (file, offset) = end.end();
    let problem = format!(
        "the journal ends with place {}, and held place {} when a snapshot was taken",
        end.last.place, snapshot.place
    );
    Err(JournalError::damaged(file, offset, problem))
}

fn check_beginning(
    reader: &Reader<'_>,
    folder: &str,
    snapshot: Stamp,
    capacity: Capacity,
) -> Result<(), JournalError> {
    let Some(header) = reader.header() else { return Ok(()) };
    if header.first > snapshot.place.max(1) {
        let problem = format!(
            "begins with place {}, and no sound snapshot tells what was before; restore the \
             segments or the snapshots that are missing",
            header.first
        );
        return Err(JournalError::unusable(folder, problem));
    }
    if header.capacity != capacity {
        let problem = format!(
            "was written by an engine with {}; recover with the same capacity",
            room(header.capacity)
        );
        return Err(JournalError::unusable(folder, problem));
    }
    Ok(())
}

/// Takes the events that a witness wants.
struct Sink {
    interest: Interest,
    events: Vec<Event>,
}

impl EventSink for Sink {
    fn interest(&self) -> Interest {
        self.interest
    }

    fn push(&mut self, event: Event) {
        self.events.push(event);
    }
}
