//! Brings a venue back: what the journal holds is applied again, and the journal goes on.

use std::fmt;
use std::time::{Duration, Instant};

use ringfence_core::{Capacity, Command, Engine, Event, EventSink, Interest};

use crate::journal::{Disk, Entry, Journal, JournalError, Reader, Settings, Storage, Torn};
use crate::metrics::{Grouped, Span};
use crate::sequencer::{Sequencer, Stamp};

/// Who looks on while commands are applied again, to rebuild what they keep.
pub trait Witness {
    /// Which events it wants.
    fn interest(&self) -> Interest;

    /// Sees a command that is in the journal, and what it causes.
    fn see(&mut self, entry: &Entry, events: &[Event]);
}

/// Nobody.
impl Witness for () {
    fn interest(&self) -> Interest {
        Interest::NONE
    }

    fn see(&mut self, _entry: &Entry, _events: &[Event]) {}
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
    /// How many commands were applied again.
    pub commands: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Segments that were read.
    pub segments: u64,
    /// What a crash had left behind the last command; it was cut.
    pub torn: Option<Torn>,
    /// The hash of the engine's state.
    pub state_hash: u64,
    /// How long it took, without the hash.
    pub took: Duration,
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let took = u64::try_from(self.took.as_nanos()).unwrap_or(u64::MAX);
        let rate = u128::from(self.commands) * 1_000_000_000 / u128::from(took.max(1));
        write!(
            f,
            "recovered {} commands up to place {} from {} bytes in {} segments in {} ({} a \
             second); state {:016x}",
            Grouped(self.commands),
            self.last.place,
            Grouped(self.bytes),
            self.segments,
            Span(took),
            Grouped(rate),
            self.state_hash
        )?;
        if let Some(Torn { file, from, to }) = &self.torn {
            write!(f, "; cut {} torn bytes at offset {from} of {file}", to - from)?;
        }
        Ok(())
    }
}

/// Applies what the journal in `storage` holds to an engine with room for `capacity`, and opens the
/// journal to go on. An empty folder is a venue that begins.
///
/// # Errors
///
/// [`JournalError`] where the disk fails, a record is damaged, or the journal was written for an
/// engine of another capacity, which would have refused other commands.
pub fn recover(
    mut storage: Box<dyn Storage>,
    capacity: Capacity,
    settings: Settings,
    witness: &mut impl Witness,
) -> Result<Recovery, JournalError> {
    let begun = Instant::now();
    let folder = storage.name();
    let mut reader = Reader::open(&mut *storage)?;
    check_beginning(&reader, &folder, capacity)?;
    let mut engine = Engine::new(capacity);
    let mut sink = Sink { interest: witness.interest(), events: Vec::new() };
    let mut header = reader.header().cloned();
    let mut definitions = Vec::new();
    while let Some(entry) = reader.next_entry()? {
        if reader.header().map(|now| now.first) != header.as_ref().map(|then| then.first) {
            header = reader.header().cloned();
            definitions.clear();
        }
        if matches!(entry.command, Command::Instrument(_)) {
            definitions.push((entry.stamp, entry.command.clone()));
        }
        sink.events.clear();
        engine.apply(entry.stamp.at, &entry.command, &mut sink);
        witness.see(&entry, &sink.events);
    }
    let header = reader.header().cloned().or(header);
    let end = reader.end()?;
    let took = begun.elapsed();
    let disk = Disk::resume(storage, settings, capacity, &end, &definitions, header.as_ref())?;
    let findings = Findings {
        last: end.last,
        commands: end.commands,
        bytes: end.bytes,
        segments: end.segments,
        torn: end.torn,
        state_hash: engine.state_hash(),
        took,
    };
    let sequencer = Sequencer::resume(end.last, Journal::on_disk(disk));
    Ok(Recovery { engine, sequencer, findings })
}

fn check_beginning(
    reader: &Reader<'_>,
    folder: &str,
    capacity: Capacity,
) -> Result<(), JournalError> {
    let Some(header) = reader.header() else { return Ok(()) };
    if header.first != 1 {
        let problem = format!(
            "begins with place {}, and nothing tells what was before; restore the segments that \
             are missing",
            header.first
        );
        return Err(JournalError::unusable(folder, problem));
    }
    if header.capacity != capacity {
        let Capacity { orders, levels, instruments, accounts, positions } = header.capacity;
        let problem = format!(
            "was written by an engine with room for {orders} orders, {levels} levels, \
             {instruments} instruments, {accounts} accounts and {positions} positions; recover with the same capacity"
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
