//! How many commands a second go through sequencer, journal, engine and publisher, in one process,
//! and how fast as many are recovered.
//!
//!     cargo bench --no-default-features -p ringfence-host --bench pipeline [-- COMMANDS [FOLDER]]
//!
//! FOLDER is where journals are written, and says which disk is measured; it should not be there.
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ringfence_core::testing::generate::TradingDay;
use ringfence_core::{Capacity, Command, Event, InstrumentId, Interest, Price, Time};
use ringfence_host::Host;
use ringfence_host::host::Request;
use ringfence_host::journal::{Folder, Journal, Policy, Settings, SnapshotSettings};
use ringfence_host::publisher::Outlet;
use ringfence_host::recovery::recover;
use ringfence_host::sequencer::{Origin, Stamp, Stamped};

const CAPACITY: Capacity =
    Capacity { orders: 1 << 20, levels: 1 << 16, instruments: 16, accounts: 64, positions: 256 };

const GROUPS: [usize; 5] = [1, 16, 128, 1_024, 8_192];

/// Commands are these again and again, in every run from the first one on.
const DISTINCT: usize = 1_000_000;

/// What is asked of the pipeline, in commands a second.
const ASKED: [(Policy, f64); 2] = [(Policy::Os, 2e6), (Policy::EveryTurn, 1e6)];

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let count = args.next().and_then(|count| count.parse().ok()).unwrap_or(2_000_000);
    let folder = args.next().map_or_else(
        || std::env::temp_dir().join(format!("ringfence-pipeline-{}", std::process::id())),
        PathBuf::from,
    );
    let commands: Vec<(Time, Command)> =
        TradingDay::new(1, InstrumentId(1), Price(50_000)).take(DISTINCT).collect();
    println!("{count} commands a row, the whole of each journal on {}", folder.display());
    println!(
        "| policy | thread | commands a group | commands a second | processor ns a command | a \
         group, p50 | p99 |"
    );
    println!("|---|---|---|---|---|---|---|");
    let nowhere = Host::new(CAPACITY, Journal::none());
    let without = run(nowhere, &commands, count, 1_024);
    println!("| no journal | | 1024 | {} |", without.row());
    for (policy, asked) in ASKED {
        let mut best: f64 = 0.0;
        for has_thread in [false, true] {
            for group in GROUPS {
                // One sync a group: the disk alone decides what small groups take.
                let few = policy == Policy::EveryTurn && group < 128;
                let count = if few { count.min(2_000 * group) } else { count };
                let host = open(&folder, policy, has_thread);
                let measured = run(host, &commands, count, group);
                std::fs::remove_dir_all(&folder).expect("it was just made");
                best = best.max(measured.rate());
                println!("| {policy} | {has_thread} | {group} | {} |", measured.row());
            }
        }
        let verdict = if best >= asked { "pass" } else { "FAIL" };
        println!("{policy}: at best {best:.0} commands a second, asked {asked:.0}: {verdict}");
    }
    measure_recovery(&folder, &commands, 5 * count);
}

fn open(folder: &Path, policy: Policy, has_thread: bool) -> Host {
    let snapshots = SnapshotSettings::NEVER;
    let settings = Settings { policy, has_thread, snapshots, ..Settings::default() };
    let storage = Box::new(Folder::open(folder).expect("the folder can be made"));
    let recovery = recover(storage, CAPACITY, settings, &mut ()).expect("it is empty");
    Host::resume(recovery.engine, recovery.sequencer)
}

struct Measured {
    commands: usize,
    took: Duration,
    /// Of both threads together.
    busy: Duration,
    groups: Vec<Duration>,
}

impl Measured {
    fn rate(&self) -> f64 {
        self.commands as f64 / self.took.as_secs_f64()
    }

    fn row(&self) -> String {
        let at = |share: usize| self.groups[(self.groups.len() - 1) * share / 100];
        let busy_ns = self.busy.as_nanos() as f64 / self.commands as f64;
        format!("{:.0} | {busy_ns:.0} | {:.1?} | {:.1?}", self.rate(), at(50), at(99))
    }
}

/// Counts what it is told: somebody wants private events and trades, as sessions do.
#[derive(Default)]
struct Count(usize);

impl Outlet for Count {
    fn interest(&self) -> Interest {
        Interest::PRIVATE.and(Interest::TRADES)
    }

    fn tell(&mut self, _stamp: Stamp, events: &[Event]) {
        self.0 += events.len();
    }
}

/// Takes commands through a host, and waits until all are told.
fn run(mut host: Host, commands: &[(Time, Command)], count: usize, group: usize) -> Measured {
    let mut told = Count::default();
    let mut requests = (1..=count as u64).zip(commands.iter().cycle()).map(|(number, next)| {
        let (at, command) = next;
        let stamped = Stamped { at: *at, command: command.clone() };
        Request { origin: Origin { session: 1, number }, stamped }
    });
    let mut groups = Vec::with_capacity(count / group + 1);
    let (begun, was_busy) = (Instant::now(), busy());
    let mut left = count;
    while left > 0 {
        let some = group.min(left);
        let begun = Instant::now();
        host.turn_of(requests.by_ref().take(some), &mut told).expect("the disk has room");
        groups.push(begun.elapsed());
        left -= some;
    }
    host.settle(&mut told).expect("the disk has room");
    let (took, busy) = (begun.elapsed(), busy().saturating_sub(was_busy));
    assert!(told.0 > count / 2, "{} events", told.0);
    groups.sort_unstable();
    Measured { commands: count, took, busy, groups }
}

/// Time that processors spent for this process.
fn busy() -> Duration {
    let busy = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(busy.tv_sec.unsigned_abs(), u32::try_from(busy.tv_nsec).unwrap_or(0))
}

/// A journal of `count` commands, and how long it takes to come back from it.
fn measure_recovery(folder: &Path, commands: &[(Time, Command)], count: usize) {
    let host = open(folder, Policy::Os, false);
    let hash = {
        let mut host = host;
        let mut requests = commands
            .iter()
            .cycle()
            .take(count)
            .map(|(at, command)| Request::from(Stamped { at: *at, command: command.clone() }));
        for _ in 0..count.div_ceil(4_096) {
            host.turn_of(requests.by_ref().take(4_096), &mut ()).expect("the disk has room");
        }
        host.engine().state_hash()
    };
    let settings = Settings { snapshots: SnapshotSettings::NEVER, ..Settings::default() };
    let storage = Box::new(Folder::open(folder).expect("it is there"));
    let was_busy = busy();
    let recovery = recover(storage, CAPACITY, settings, &mut ()).expect("it is sound");
    println!("{}; {:.1?} of processors", recovery.findings, busy().saturating_sub(was_busy));
    assert_eq!(recovery.findings.state_hash, hash, "another state came back");
    let per_ten_million = recovery.findings.took.as_secs_f64() * 1e7 / count as f64;
    let verdict = if per_ten_million < 5.0 { "pass" } else { "FAIL" };
    println!("ten million commands in {per_ten_million:.2} s, asked 5: {verdict}");
    drop(recovery);
    std::fs::remove_dir_all(folder).expect("it was just made");
}
