//! A venue on a disk that fails, crashed again and again, compared with one that never crashes.

use std::io::ErrorKind;

mod tally;
mod witness;

use ringfence_core::{Capacity, Command, Engine, Event, Time};

use super::disk::SimulatedDisk;
use super::random::Random;
use crate::host::{Host, Request};
use crate::journal::{Ahead, Entry, JournalError, Policy, Settings, SnapshotSettings};
use crate::recovery::{Recovery, recover};
use crate::sequencer::{Origin, Stamp, Stamped};

pub use tally::Tally;
use witness::{Seen, Told};

/// Lets clients trade on a venue whose disk fails as this seed says, and brings it back each time.
///
/// # Panics
///
/// Where a command of which somebody was told is missing, one is there twice, events differ from
/// those that were told, or the state is not that of an engine that never crashed.
pub fn check_crashes_of_seed(seed: u64) -> Tally {
    let mut world = World::new(seed);
    while !world.is_over() {
        world.live_once();
        world.tally.recoveries += 1;
    }
    world.check_end();
    world.tally
}

/// Who sends commands, and waits to be told of them.
#[derive(Debug)]
struct Client {
    commands: Vec<Command>,
    /// How many it has sent in this life of the venue, or knows to be taken.
    sent: usize,
}

struct World {
    seed: u64,
    random: Random,
    disk: SimulatedDisk,
    settings: Settings,
    now: u64,
    clients: Vec<Client>,
    /// What the sequencer admitted, by place from 1, in the order of the latest life.
    admitted: Vec<Entry>,
    /// How many of these the world was told of.
    told: usize,
    /// The events that it was told, by place from 1.
    events: Vec<Vec<Event>>,
    /// Applies what was told or recovered, and never crashes.
    reference: Engine,
    /// How many commands the reference applied.
    applied: usize,
    lives: u64,
    /// Bits that have flipped.
    flips: u32,
    is_damaged: bool,
    /// The latest life ended in order: nothing of it may be missing.
    is_sealed: bool,
    tally: Tally,
}

const CAPACITY: Capacity =
    Capacity { orders: 256, levels: 128, instruments: 4, accounts: 16, positions: 64 };

/// Commands of one client.
const COMMANDS: usize = 24;

const CLIENTS: usize = 3;

/// Lives after which the disk has no faults any more, so that every client ends.
const LIVES_MAX: u64 = 12;

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut commands = super::commands(random.next()).map(|(_, command)| command);
        let clients = (0..CLIENTS)
            .map(|_| Client { commands: commands.by_ref().take(COMMANDS).collect(), sent: 0 })
            .collect();
        let segment_len = 512 << random.below(6);
        let snapshots = SnapshotSettings {
            every_commands: random.one_of(&[0, 3, 7, 20]),
            every_ns: random.one_of(&[0, 0, 5_000]),
            kept: 1 + u32::try_from(random.below(3)).expect("below 3"),
            truncates: !random.once_in(4),
            has_thread: false,
        };
        let ahead = random.one_of(&[Ahead::Never, Ahead::InTurns, Ahead::InTurns]);
        let policy = match random.below(8) {
            0 | 1 => Policy::Os,
            2 => Policy::Interval(random.one_of(&[500, 5_000, 20_000])),
            _ => Policy::EveryTurn,
        };
        Self {
            seed,
            disk: SimulatedDisk::new(random.next()),
            settings: Settings { policy, segment_len, has_thread: false, ahead, snapshots },
            random,
            now: 1,
            clients,
            admitted: Vec::new(),
            told: 0,
            events: Vec::new(),
            reference: Engine::new(CAPACITY),
            applied: 0,
            lives: 0,
            flips: 0,
            is_damaged: false,
            is_sealed: false,
            tally: Tally::default(),
        }
    }

    fn is_over(&self) -> bool {
        let all_told = self.told == self.admitted.len();
        let all_sent = self.clients.iter().all(|client| client.sent == client.commands.len());
        self.is_damaged || (all_told && all_sent && self.lives > 0)
    }

    /// The venue starts, works until its disk fails or all is done, and is gone.
    fn live_once(&mut self) {
        self.lives += 1;
        assert!(self.lives < 2 * LIVES_MAX, "seed {}: there is no end to it", self.seed);
        let mut seen = Seen::default();
        let flipped = self.break_something();
        self.flips += u32::from(flipped);
        let recovered = recover(Box::new(self.disk.clone()), CAPACITY, self.settings, &mut seen);
        match recovered {
            Ok(recovery) => {
                self.check_recovery(&recovery, &seen, flipped);
                self.work(Host::resume(recovery.engine, recovery.sequencer));
            }
            Err(JournalError::Damaged { .. }) if flipped => {
                self.tally.damaged += 1;
                self.is_damaged = true;
            }
            // Bits of old snapshots flip unseen: as many as are kept can be lost.
            Err(JournalError::Unusable { .. })
                if flipped && self.is_truncated() && self.flips >= self.settings.snapshots.kept =>
            {
                self.tally.all_damaged += 1;
                self.is_damaged = true;
            }
            Err(error) => {
                let is_fault = matches!(error, JournalError::Io { .. });
                assert!(is_fault, "seed {}: the journal is lost: {error}", self.seed);
                assert!(self.lives <= LIVES_MAX, "seed {}: {error}", self.seed);
                self.tally.disk_errors += 1;
            }
        }
        self.disk.restart();
    }

    /// Prepares the faults of this life; true where a bit flipped.
    fn break_something(&mut self) -> bool {
        self.disk.set_room(u64::MAX);
        if self.lives > LIVES_MAX {
            return false;
        }
        let soon = 1 + self.random.below(60);
        match self.random.below(12) {
            0..=5 => self.disk.crash_in(soon),
            6..=7 => {
                let kinds =
                    [ErrorKind::Other, ErrorKind::StorageFull, ErrorKind::ReadOnlyFilesystem];
                let kind = kinds[usize::try_from(self.random.below(3)).expect("below 3")];
                self.disk.fail_in(soon, kind);
            }
            8 => {
                let used: u64 = self.disk.names().iter().map(|name| self.len_of(name)).sum();
                self.disk.set_room(used + self.random.below(4_096));
            }
            9 if self.lives > 1 => return self.disk.flip_a_bit().is_some(),
            _ => {}
        }
        false
    }

    /// Whether the journal does not begin with the first command any more.
    fn is_truncated(&self) -> bool {
        let names = self.disk.names();
        let mut segments = names.iter().filter(|name| name.ends_with(".journal"));
        segments.next().is_some_and(|name| *name != "00000000000000000001.journal")
    }

    fn len_of(&self, name: &str) -> u64 {
        self.disk.bytes(name).map_or(0, |bytes| bytes.len() as u64)
    }

    /// What came back is what was told, then what was admitted, and nothing else.
    fn check_recovery(&mut self, recovery: &Recovery, seen: &Seen, flipped: bool) {
        let (seed, told) = (self.seed, self.told);
        let base = usize::try_from(recovery.findings.snapshot.place).expect("a few commands");
        assert!(base <= told, "seed {seed}: {told} commands were told of, {base} are snapshotted");
        let there = base + seen.entries.len();
        self.check_seal(recovery, there);
        let told = match self.settings.policy {
            Policy::EveryTurn => told,
            Policy::Interval(ns) => self.forget_lately(there, ns),
            Policy::Os => self.forget(there),
        };
        assert!(there >= told, "seed {seed}: {told} commands were told and {there} are there");
        assert_eq!(seen.entries, self.admitted[base..there], "seed {seed}: another command");
        assert_eq!(
            seen.events[..told - base],
            self.events[base..told],
            "seed {seed}: what was told is not what happened"
        );
        self.tally.torn += u64::from(recovery.findings.torn.is_some());
        self.tally.harmless += u64::from(flipped && recovery.findings.passed_over.is_empty());
        self.tally.untold += (there - told) as u64;
        self.tally.lost_untold += (self.admitted.len() - there) as u64;
        self.tally.from_snapshots += u64::from(base > 0);
        self.tally.truncated += u64::from(base > 0 && self.is_truncated());
        self.tally.passed_over += recovery.findings.passed_over.len() as u64;
        self.admitted.truncate(there);
        self.events.truncate(base);
        self.events.extend_from_slice(&seen.events);
        self.told = there;
        self.catch_up();
        assert_eq!(
            recovery.findings.state_hash,
            self.reference.state_hash(),
            "seed {seed}: the state is another one"
        );
        self.let_clients_ask(base, seen);
    }

    /// What ended in order is there as a whole, whatever the policy; bits of the seal may have flipped.
    fn check_seal(&mut self, recovery: &Recovery, there: usize) {
        if !std::mem::take(&mut self.is_sealed) {
            return;
        }
        assert_eq!(there, self.admitted.len(), "seed {}: the end was in order", self.seed);
        let torn = recovery.findings.torn.as_ref().map_or(0, |torn| torn.to - torn.from);
        assert!(torn <= 32, "seed {}: {torn} bytes are torn behind a seal", self.seed);
        self.tally.sealed += 1;
    }

    /// A journal that only the system has may lose what was told when the power fails, but never
    /// what a snapshot has: the reference begins again. Returns how many are told of now.
    fn forget(&mut self, there: usize) -> usize {
        if there < self.told {
            self.tally.lost_with_the_system += (self.told - there) as u64;
            (self.told, self.applied) = (there, 0);
            self.events.truncate(there);
            self.reference = Engine::new(CAPACITY);
        }
        self.told
    }

    /// The same where the disk had everything up to `ns` nanoseconds before.
    fn forget_lately(&mut self, there: usize, ns: u64) -> usize {
        let at = |place: usize| self.admitted[place].stamp.at.0;
        if there < self.told {
            let (lost, last) = (at(there), at(self.told - 1));
            assert!(lost + ns > last, "seed {}: {lost} is lost at {last}, {ns} ns on", self.seed);
        }
        self.forget(there)
    }

    /// Clients ask how far they came, and go on from there.
    fn let_clients_ask(&mut self, base: usize, seen: &Seen) {
        let mut taken = seen.noted;
        for (at, entry) in self.admitted.iter().enumerate() {
            let number = entry.origin.number;
            let taken = &mut taken[entry.origin.session as usize - 1];
            if at < base {
                assert!(number <= *taken, "seed {}: {number} is not noted", self.seed);
                continue;
            }
            *taken += 1;
            assert_eq!(number, *taken, "seed {}: one is missing or there twice", self.seed);
        }
        for (client, taken) in self.clients.iter_mut().zip(taken) {
            client.sent = usize::try_from(taken).expect("a few commands");
        }
    }

    /// Lets the reference apply what was told.
    fn catch_up(&mut self) {
        for place in self.applied..self.told {
            let Entry { stamp, command, .. } = &self.admitted[place];
            let mut events: Vec<Event> = Vec::new();
            self.reference.apply(stamp.at, command, &mut events);
            assert_eq!(events, self.events[place], "seed {}: other events at {place}", self.seed);
        }
        self.applied = self.told;
    }

    fn work(&mut self, mut host: Host) {
        while self.clients.iter().any(|client| client.sent < client.commands.len()) {
            let requests = self.requests();
            self.note_admission(&host, &requests);
            let turned = host.turn_of(requests, &mut self.outlet());
            if let Err(error) = turned {
                let is_fault = matches!(error, JournalError::Io { .. });
                assert!(is_fault, "seed {}: {error}", self.seed);
                self.tally.disk_errors += u64::from(!self.disk.is_off());
                // Intake has stopped: whoever tries gets the same answer, and nothing happens.
                let hash = host.engine().state_hash();
                let again = Stamped { at: Time(self.now), command: Command::Time };
                assert_eq!(host.turn(again, &mut ()), Err(error), "seed {}", self.seed);
                assert_eq!(host.engine().state_hash(), hash, "seed {}", self.seed);
                return;
            }
            self.catch_up();
            if self.random.once_in(30) {
                let taken = host.snapshot(&self.outlet());
                taken.unwrap_or_else(|error| panic!("seed {}: {error}", self.seed));
            }
            if self.random.once_in(40) {
                break;
            }
        }
        if self.random.once_in(2) {
            host.wait_for_snapshot();
        }
        if self.random.once_in(2) {
            self.is_sealed = host.sync().is_ok();
            self.tally.disk_errors += u64::from(!self.is_sealed && !self.disk.is_off());
        }
        let snapshots = host.sequencer().journal().snapshots().expect("it is on a disk");
        self.tally.snapshots += snapshots.written;
        self.tally.snapshots_failed += snapshots.failed;
    }

    fn outlet(&mut self) -> Told<'_> {
        Told { admitted: &self.admitted, told: &mut self.told, events: &mut self.events }
    }

    /// What clients send next, some of them.
    fn requests(&mut self) -> Vec<Request> {
        let count = 1 + self.random.below(6);
        let mut requests = Vec::new();
        for _ in 0..count {
            let at = self.random.below(CLIENTS as u64);
            let client = &mut self.clients[usize::try_from(at).expect("few clients")];
            let Some(command) = client.commands.get(client.sent) else { continue };
            client.sent += 1;
            self.now += self.random.below(1_000);
            let session = u32::try_from(at + 1).expect("few clients");
            let origin = Origin { session, number: client.sent as u64 };
            let stamped = Stamped { at: Time(self.now), command: command.clone() };
            requests.push(Request { origin, stamped });
        }
        requests
    }

    /// What the sequencer will make of `requests`.
    fn note_admission(&mut self, host: &Host, requests: &[Request]) {
        let mut last = host.sequencer().last();
        for Request { origin, stamped } in requests {
            last = Stamp { place: last.place + 1, at: last.at.max(stamped.at) };
            let command = stamped.command.clone();
            self.admitted.push(Entry { stamp: last, origin: *origin, command });
        }
    }

    fn check_end(&mut self) {
        self.tally.commands = self.told as u64;
        if self.is_damaged {
            return;
        }
        let all = COMMANDS * self.clients.len();
        assert_eq!(self.told, all, "seed {}: not every command was taken", self.seed);
        self.reference.check_invariants();
    }
}
