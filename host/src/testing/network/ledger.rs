//! What was admitted, told of and came of it, as plain as can be: what everything is compared with.

use std::collections::BTreeMap;

use ringfence_core::wire::{CommandRecord, EventRecord, command_flag, kind};
use ringfence_core::{AccountId, Command, Engine, Event, Op};

use super::CAPACITY;
use crate::host::Request;
use crate::journal::Entry;
use crate::recovery::Findings;
use crate::sequencer::{Origin, Stamp};

/// The history of the venue, that no crash touches.
#[derive(Debug)]
pub(super) struct Ledger {
    seed: u64,
    /// What the sequencer admitted, by place from 1, in the order of the latest life.
    admitted: Vec<Entry>,
    /// How many of these the world was told of, or recovery has brought back.
    told: usize,
    /// How many the reference applied.
    applied: usize,
    reference: Engine,
    /// Commands of each account as it sent them.
    commands: BTreeMap<u32, Vec<CommandRecord>>,
    /// Events of each account as it is to be told them.
    events: BTreeMap<u32, Vec<EventRecord>>,
}

/// Ids of clients have so many bits; above them stands the account.
const ID_BITS: u32 = 40;

/// Self-trade groups of clients have so many bits; above them stands the account.
const STP_GROUP_BITS: u32 = 11;

impl Ledger {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            admitted: Vec::new(),
            told: 0,
            applied: 0,
            reference: Engine::new(CAPACITY),
            commands: BTreeMap::new(),
            events: BTreeMap::new(),
        }
    }

    /// Events of an account, by number from 1.
    pub(super) fn events_of(&self, account: u32) -> &[EventRecord] {
        self.events.get(&account).map_or(&[], Vec::as_slice)
    }

    /// Commands of an account, by number from 1.
    pub(super) fn commands_of(&self, account: u32) -> &[CommandRecord] {
        self.commands.get(&account).map_or(&[], Vec::as_slice)
    }

    /// How many commands of an account were done.
    pub(super) fn taken_of(&self, account: u32) -> u64 {
        self.commands_of(account).len() as u64
    }

    /// How many instruments were defined.
    pub(super) fn definitions(&self) -> usize {
        let is_one = |entry: &&Entry| matches!(entry.command, Command::Instrument(_));
        self.admitted.iter().filter(is_one).count()
    }

    /// What the sequencer will make of `requests`.
    pub(super) fn note_admission(&mut self, mut last: Stamp, requests: &[Request]) {
        for Request { origin, stamped } in requests {
            last = Stamp { place: last.place + 1, at: last.at.max(stamped.at) };
            let command = stamped.command.clone();
            self.admitted.push(Entry { stamp: last, origin: *origin, command });
        }
    }

    pub(super) fn note_told(&mut self, stamp: Stamp) {
        self.told += 1;
        assert_eq!(stamp.place, self.told as u64, "seed {}: places have no gap", self.seed);
    }

    /// What came back is what was told, then what was admitted, and nothing else.
    pub(super) fn check_recovery(&mut self, findings: &Findings, entries: &[Entry]) {
        let (seed, told) = (self.seed, self.told);
        let base = usize::try_from(findings.snapshot.place).expect("a few commands");
        let there = base + entries.len();
        assert_eq!(findings.last.place, there as u64, "seed {seed}");
        assert!(there >= told, "seed {seed}: {told} commands were told and {there} are there");
        assert_eq!(entries, &self.admitted[base..there], "seed {seed}: another command");
        self.admitted.truncate(there);
        self.told = there;
        self.catch_up();
        let hash = self.reference.state_hash();
        assert_eq!(findings.state_hash, hash, "seed {seed}: the state is another one");
    }

    /// Applies what was told, and notes what each account sent and is to hear.
    pub(super) fn catch_up(&mut self) {
        for entry in &self.admitted[self.applied..self.told] {
            let mut events: Vec<Event> = Vec::new();
            self.reference.apply(entry.stamp.at, &entry.command, &mut events);
            for event in events {
                if let Some(account) = event.what.account() {
                    let record = local_event(EventRecord::from_event(&event, entry.stamp.at));
                    self.events.entry(account.0).or_default().push(record);
                }
            }
            let Origin { session, number } = entry.origin;
            if session != 0 {
                let commands = self.commands.entry(session).or_default();
                commands.push(local_command(&entry.command, session));
                let there = commands.len() as u64;
                assert_eq!(number, there, "seed {}: one is missing or there twice", self.seed);
            }
        }
        self.applied = self.told;
    }

    pub(super) fn check_invariants(&self) {
        self.reference.check_invariants();
    }
}

/// Whether a client may call things as the record does.
pub(super) fn is_local(record: &CommandRecord) -> bool {
    let names =
        [record.id, record.id.saturating_add(1), record.new_id, record.group, record.parent];
    names.iter().all(|name| name >> ID_BITS == 0) && record.stp_group >> STP_GROUP_BITS == 0
}

/// The record without an account: whose it is, the session says.
pub(super) const fn of_nobody(record: CommandRecord) -> CommandRecord {
    let is_scope = record.op == Op::MassCancel as u8;
    let flags = if is_scope { record.flags & !command_flag::HAS_ACCOUNT } else { record.flags };
    CommandRecord { account: 0, flags, ..record }
}

/// The event in its client's names.
fn local_event(record: EventRecord) -> EventRecord {
    let local = |id: u64| id & ((1 << ID_BITS) - 1);
    let aux0 = if record.kind == kind::REPLACED { local(record.aux0) } else { record.aux0 };
    EventRecord { order_id: local(record.order_id), aux0, ..record }
}

/// The command in its client's names, as clients of these tests send it: for nobody's account.
fn local_command(command: &Command, account: u32) -> CommandRecord {
    let record = CommandRecord::from_command(command).expect("it came as one");
    assert_eq!(AccountId(record.account), AccountId(account), "it is of who sent it");
    let local = |id: u64| id & ((1 << ID_BITS) - 1);
    CommandRecord {
        id: local(record.id),
        new_id: local(record.new_id),
        stp_group: record.stp_group & ((1 << STP_GROUP_BITS) - 1),
        group: local(record.group),
        parent: local(record.parent),
        ..of_nobody(record)
    }
}
