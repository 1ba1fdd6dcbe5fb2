//! Clients on a network that delays, splits and breaks, at a venue whose disk fails besides.

mod client;
mod intruder;
mod ledger;
mod wire;

use std::io::ErrorKind;

use ringfence_core::wire::CommandRecord;
use ringfence_core::{Capacity, Command, Event, Interest, Time};

use super::disk::SimulatedDisk;
use super::random::Random;
use crate::config::{Config, GatewayConfig};
use crate::gateway::Gateway;
use crate::gateway::frame::Goodbye;
use crate::host::{Host, Request};
use crate::journal::{Ahead, Entry, JournalError, Policy, Settings, SnapshotSettings};
use crate::publisher::Outlet;
use crate::recovery::{Witness, recover};
use crate::sequencer::{Origin, Stamp, Stamped};

use client::Client;
use intruder::Intruder;
use ledger::Ledger;

/// Lets clients trade over a network that fails as this seed says, at a venue that crashes as it
/// says, until each of them has been told of all that it asked for.
///
/// # Panics
///
/// Where a command that was said to be done is missing or there twice, a client is told something
/// that did not happen, twice, or not at all, or somebody without the secret is told anything.
pub fn check_network_of_seed(seed: u64) -> NetworkTally {
    let mut world = World::new(seed);
    while !world.is_over() {
        world.live_once();
    }
    world.check_end();
    world.tally
}

/// What happened to all clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkTally {
    /// Lives of the venue.
    pub lives: u64,
    /// Lives that ended in order.
    pub closed: u64,
    /// Times that the disk failed, and clients were told so.
    pub stopped: u64,
    /// Connections that were welcome.
    pub welcomes: u64,
    /// Connections that broke, on both sides or only on the client's.
    pub breaks: u64,
    /// Commands that were sent again, since nobody had said that they were done.
    pub sent_again: u64,
    /// Events that were told.
    pub told: u64,
    /// Events that a client missed, since it came for them too late.
    pub missed: u64,
    /// Cancels of orders whose owner was gone.
    pub cancels: u64,
    /// Commands that waited for their account's bucket.
    pub held: u64,
    /// Connections that were ended since they did not read.
    pub too_slow: u64,
    /// Intruders that were refused.
    pub refused: u64,
}

impl NetworkTally {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            lives: self.lives + other.lives,
            closed: self.closed + other.closed,
            stopped: self.stopped + other.stopped,
            welcomes: self.welcomes + other.welcomes,
            breaks: self.breaks + other.breaks,
            sent_again: self.sent_again + other.sent_again,
            told: self.told + other.told,
            missed: self.missed + other.missed,
            cancels: self.cancels + other.cancels,
            held: self.held + other.held,
            too_slow: self.too_slow + other.too_slow,
            refused: self.refused + other.refused,
        }
    }
}

struct World {
    seed: u64,
    random: Random,
    disk: SimulatedDisk,
    settings: Settings,
    terms: GatewayConfig,
    now: u64,
    definitions: Vec<Command>,
    clients: Vec<Client>,
    /// What the sequencer admitted, and what came of it.
    ledger: Ledger,
    tally: NetworkTally,
}

const CAPACITY: Capacity =
    Capacity { orders: 256, levels: 128, instruments: 8, accounts: 16, positions: 64 };

const CLIENTS: u32 = 3;

/// Commands of one client.
const COMMANDS: usize = 20;

/// Lives after which the disk has no faults any more, so that every client ends.
const LIVES_MAX: u64 = 5;

/// Rounds of one life, after which it is stuck.
const ROUNDS_MAX: u32 = 20_000;

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let (definitions, commands) = commands_of(random.next());
        let mut commands = commands.into_iter();
        let clients = (1..=CLIENTS)
            .map(|account| {
                let own = commands.by_ref().take(COMMANDS).collect();
                Client::new(seed, account, own, random.one_of(&[4, COMMANDS]))
            })
            .collect();
        let snapshots = SnapshotSettings {
            every_commands: random.one_of(&[0, 5, 12]),
            every_ns: 0,
            kept: 1 + u32::try_from(random.below(2)).expect("below 2"),
            truncates: random.once_in(2),
            has_thread: false,
        };
        let segment_len = 512 << random.below(5);
        Self {
            seed,
            disk: SimulatedDisk::new(random.next()),
            settings: Settings {
                policy: Policy::EveryTurn,
                segment_len,
                has_thread: false,
                ahead: Ahead::InTurns,
                snapshots,
            },
            terms: terms(&mut random),
            random,
            now: 1_000_000,
            definitions,
            clients,
            ledger: Ledger::new(seed),
            tally: NetworkTally::default(),
        }
    }

    fn is_over(&self) -> bool {
        self.clients.iter().all(|client| client.is_done(&self.ledger))
    }

    /// The venue starts, works until its disk fails, it is closed or all is done, and is gone.
    fn live_once(&mut self) {
        self.tally.lives += 1;
        assert!(self.tally.lives < 4 * LIVES_MAX, "seed {}: there is no end to it", self.seed);
        self.break_something();
        let mut gateway = Gateway::new(&self.terms, self.now);
        let mut seen = Seen { gateway: &mut gateway, entries: Vec::new() };
        let storage = Box::new(self.disk.clone());
        match recover(storage, CAPACITY, self.settings, &mut seen) {
            Ok(recovery) => {
                let entries = seen.entries;
                self.ledger.check_recovery(&recovery.findings, &entries);
                let mut host = Host::resume(recovery.engine, recovery.sequencer);
                self.work(&mut host, &mut gateway);
            }
            Err(error) => {
                let is_fault = matches!(error, JournalError::Io { .. });
                assert!(is_fault, "seed {}: the journal is lost: {error}", self.seed);
            }
        }
        let counts = *gateway.counts();
        self.tally.held += counts.held;
        self.tally.too_slow += counts.goodbyes[Goodbye::TooSlow as usize - 1];
        for client in &mut self.clients {
            client.lose_venue(&mut self.random);
            client.check(&self.ledger);
        }
        self.disk.restart();
    }

    /// Prepares the disk's faults of this life.
    fn break_something(&mut self) {
        self.disk.set_room(u64::MAX);
        if self.tally.lives > LIVES_MAX {
            return;
        }
        let soon = 1 + self.random.below(60);
        match self.random.below(8) {
            0..=4 => self.disk.crash_in(soon),
            5..=6 => {
                let kinds = [ErrorKind::Other, ErrorKind::StorageFull];
                self.disk.fail_in(soon, self.random.one_of(&kinds));
            }
            _ => {}
        }
    }

    fn work(&mut self, host: &mut Host, gateway: &mut Gateway) {
        let mut intruder = Intruder::new(self.seed);
        let mut rounds = 0;
        let mut requests = self.definitions();
        while !self.is_over() {
            rounds += 1;
            assert!(rounds < ROUNDS_MAX, "seed {}: nobody gets on", self.seed);
            self.now += 1 + self.random.below(2_000_000);
            for client in &mut self.clients {
                client.live(gateway, self.now, &mut self.random, &mut requests, &mut self.tally);
            }
            intruder.try_something(gateway, self.now, &mut self.random, &mut self.tally);
            gateway.attend(self.now, &mut requests);
            while gateway.next_ready().is_some() {}
            if !self.turn(host, gateway, &mut requests) {
                return;
            }
            self.clients.iter_mut().for_each(|client| client.check(&self.ledger));
            if self.tally.lives <= LIVES_MAX && self.random.once_in(400) {
                return self.close(host, gateway);
            }
        }
    }

    /// One turn of the venue; false where its journal takes no more.
    fn turn(
        &mut self,
        host: &mut Host,
        gateway: &mut Gateway,
        requests: &mut Vec<Request>,
    ) -> bool {
        self.ledger.note_admission(host.sequencer().last(), requests);
        let is_cancel = |request: &&Request| request.origin.session == 0;
        let cancels = requests.iter().filter(is_cancel).count();
        self.tally.cancels += cancels as u64;
        let mut told = Told { gateway, ledger: &mut self.ledger };
        let turned = host.turn_of(requests.drain(..), &mut told);
        self.ledger.catch_up();
        let Err(error) = turned else { return true };
        let is_fault = matches!(error, JournalError::Io { .. });
        assert!(is_fault, "seed {}: {error}", self.seed);
        // Where only the disk failed, the process tells its clients before it goes.
        if !self.disk.is_off() {
            self.tally.stopped += 1;
            self.say_goodbye(gateway, Goodbye::Stopped);
        }
        false
    }

    fn close(&mut self, host: &mut Host, gateway: &mut Gateway) {
        let mut told = Told { gateway, ledger: &mut self.ledger };
        let finished = host.finish(&mut told).and_then(|()| host.sync());
        self.ledger.catch_up();
        self.tally.closed += u64::from(finished.is_ok());
        self.say_goodbye(gateway, Goodbye::Closes);
    }

    fn say_goodbye(&mut self, gateway: &mut Gateway, why: Goodbye) {
        gateway.close(why, self.now);
        for client in &mut self.clients {
            client.listen(gateway, self.now, &mut self.random, &mut self.tally);
        }
    }

    /// Definitions that the journal does not have yet.
    fn definitions(&self) -> Vec<Request> {
        let defined = self.ledger.definitions();
        let rest = self.definitions[defined..].iter();
        rest.map(|command| Stamped { at: Time(self.now), command: command.clone() }.into())
            .collect()
    }

    fn check_end(&mut self) {
        for client in &mut self.clients {
            client.check(&self.ledger);
            self.tally.told += client.heard();
            self.tally.missed += client.missed();
        }
        self.ledger.check_invariants();
    }
}

/// What the gateway puts up with, in this world.
fn terms(random: &mut Random) -> GatewayConfig {
    let text = format!(
        "[gateway]\nheartbeat_ms = 20\ntimeout_ms = 100\nbuffer_kib = 64\nrate_limit = {}\n\
         burst = {}\nresend_events = {}\ncancel_on_disconnect = {}\ncancel_grace_ms = {}\n\
         slow_consumer = \"{}\"\n",
        random.one_of(&[0, 0, 1_000]),
        1 + random.below(3),
        random.one_of(&[16, 16, 1_024]),
        random.once_in(2),
        random.one_of(&[0, 30]),
        random.one_of(&["disconnect", "disconnect_and_cancel"]),
    );
    let accounts = (1..=CLIENTS).map(|account| {
        format!("[[gateway.accounts]]\naccount = {account}\nsecret = \"{}\"\n", secret(account))
    });
    let text = text + &accounts.collect::<String>();
    Config::parse("simulated", &text).expect("all of it is in range").gateway
}

fn secret(account: u32) -> String {
    format!("known to account {account} alone")
}

/// Instruments, and commands that any client may send.
fn commands_of(seed: u64) -> (Vec<Command>, Vec<CommandRecord>) {
    let (mut definitions, mut commands) = (Vec::new(), Vec::new());
    for (_, command) in super::commands(seed).take(600) {
        let is_clients = matches!(
            command,
            Command::New(_)
                | Command::Cancel(_)
                | Command::Reduce(_)
                | Command::Replace(_)
                | Command::Quote(_)
                | Command::MassCancel(_)
        );
        match CommandRecord::from_command(&command) {
            None if matches!(command, Command::Instrument(_)) && definitions.len() < 3 => {
                definitions.push(command);
            }
            Some(record) if is_clients && ledger::is_local(&record) => {
                commands.push(ledger::of_nobody(record));
            }
            _ => {}
        }
    }
    (definitions, commands)
}

/// What recovery applied, on its way to the gateway.
struct Seen<'a> {
    gateway: &'a mut Gateway,
    entries: Vec<Entry>,
}

impl Witness for Seen<'_> {
    fn interest(&self) -> Interest {
        Witness::interest(self.gateway)
    }

    fn see(&mut self, entry: &Entry, events: &[Event]) {
        self.entries.push(entry.clone());
        self.gateway.see(entry, events);
    }

    fn recall(&mut self, last: Stamp, notes: &[u8]) {
        self.gateway.recall(last, notes);
    }
}

/// What is told, on its way to the gateway.
struct Told<'a> {
    gateway: &'a mut Gateway,
    ledger: &'a mut Ledger,
}

impl Outlet for Told<'_> {
    fn interest(&self) -> Interest {
        Outlet::interest(self.gateway)
    }

    fn attribute(&mut self, origin: Origin) {
        self.gateway.attribute(origin);
    }

    fn tell(&mut self, stamp: Stamp, events: &[Event]) {
        self.ledger.note_told(stamp);
        self.gateway.tell(stamp, events);
    }

    fn acknowledge(&mut self, origin: Origin) {
        self.gateway.acknowledge(origin);
    }

    fn note(&self, notes: &mut Vec<u8>) {
        self.gateway.note(notes);
    }
}
