//! `examples/strategy-hostile` on every engine at once, in one venue with honest strategies: the same
//! end for each, and everybody else as if it had never been there.

use std::time::{Duration, Instant};

use ringfence_core::testing::generate::TradingDay;
use ringfence_core::wire::CommandRecord;
use ringfence_core::{
    AccountId, Capacity, Command, Discard, Engine, InstrumentId, InstrumentSpec, Interest, Price,
    Time,
};
use ringfence_host::Host;
use ringfence_host::journal::{Entry, Journal};
use ringfence_host::runtime::{Import, ImportFault, Panic, Trap};
use ringfence_host::sandbox::{
    Cache, Cause, Fault, LoadError, Program, Sandbox, SandboxConfig, Stats,
};
use ringfence_host::seat::{Counts, Limits, Seat, Subscription};
use ringfence_host::sequencer::Stamped;
use strategy_hostile::Attack;

use crate::guests::{Guest, engines, events, guest_file, with_section};

/// Where the day happens; honest strategies trade it, and hostile ones hear of it.
const DAY: InstrumentId = InstrumentId(0);

/// Commands of the day.
const COMMANDS: usize = 400;

const HONEST: [&str; 3] = ["strategy-quoter", "strategy-momentum", "strategy-twap"];

const CAPACITY: Capacity =
    Capacity { orders: 1 << 15, levels: 1 << 12, instruments: 32, accounts: 64, positions: 64 };

/// Gas of a call: little enough for interpreters, enough for 10,000 host calls.
const GAS: u64 = 4_000_000;

/// Pages that a hostile strategy may have.
const PAGES: u32 = 40;

/// Everything of a hostile strategy that may not depend on its engine.
#[derive(Debug, PartialEq)]
struct End {
    fault: Option<Fault>,
    counts: Counts,
    gas: u64,
    calls: u64,
    commands: u64,
    pages: u32,
    log: Vec<Vec<String>>,
    backtrace: Vec<Vec<String>>,
}

/// The venue with its honest strategies, before the day.
fn venue() -> Host {
    let mut host = Host::new(CAPACITY, Journal::in_memory(1 << 20));
    for (number, name) in HONEST.into_iter().enumerate() {
        // Each on another engine: all that there are, in one process.
        let program = program(number % engines().len(), name, &SandboxConfig::default());
        let sandbox = Sandbox::start(&program, &SandboxConfig::default()).unwrap();
        let subscription = Subscription { instruments: vec![DAY], ..Subscription::of(&sandbox) };
        let number = u16::try_from(number).unwrap();
        host.seat(Seat::new("honest".into(), number, Box::new(sandbox), subscription));
    }
    for number in 0..engines().len() {
        let id = ground_of(number);
        let spec = InstrumentSpec::new(id, &format!("HOSTILE{number}"));
        host.turn(Stamped { at: Time(1), command: Command::Instrument(Box::new(spec)) }, &mut ())
            .unwrap();
    }
    host
}

/// The instrument that the hostile strategy on this engine has for itself. Numbers of as many digits
/// are parsed with the same gas.
fn ground_of(engine: usize) -> InstrumentId {
    InstrumentId(11 + u32::try_from(engine).unwrap())
}

/// A guest of `examples/`, compiled once for each engine.
fn program(engine: usize, name: &str, config: &SandboxConfig) -> Program {
    use std::collections::BTreeMap;
    use std::sync::Mutex;
    static PROGRAMS: Mutex<BTreeMap<(usize, String), Program>> = Mutex::new(BTreeMap::new());
    let mut programs = PROGRAMS.lock().unwrap();
    let make = || {
        let wasm = std::fs::read(guest_file(name)).expect("run .ci/build-guests.sh first");
        Program::prepare(&*engines()[engine], &Cache::disabled(), &wasm, config).unwrap()
    };
    programs.entry((engine, name.to_owned())).or_insert_with(make).clone()
}

fn hostile_config(params: &str, engine: usize) -> SandboxConfig {
    SandboxConfig {
        gas_per_call: GAS,
        gas_init: GAS,
        memory_pages: PAGES,
        params: format!("{params}\ninstrument={}", ground_of(engine).0),
        ..SandboxConfig::default()
    }
}

fn start(params: &str, engine: usize) -> Result<Sandbox, LoadError> {
    let config = hostile_config(params, engine);
    Sandbox::start(&program(engine, "strategy-hostile", &config), &config)
}

fn play(mut host: Host) -> Host {
    for (at, command) in TradingDay::new(7, DAY, Price(5_850_000)).take(COMMANDS) {
        host.turn(Stamped { at, command }, &mut ()).unwrap();
    }
    host
}

/// One hostile strategy on each engine, all of them in one venue.
fn attacked(params: &str) -> Host {
    let mut host = venue();
    for engine in 0..engines().len() {
        let number = u16::try_from(HONEST.len() + engine).unwrap();
        let sandbox = start(params, engine).unwrap();
        let subscription = Subscription {
            interest: Interest::ALL,
            instruments: vec![DAY],
            timer_ns: 1_000_000_000,
        };
        let seat = Seat::new("hostile".into(), number, Box::new(sandbox), subscription);
        let limits = Limits { orders_per_second: 500, open_orders: Some(100), ..Limits::default() };
        host.seat(seat.within(limits));
    }
    play(host)
}

/// What the others did and hold; no part of it may show that somebody attacks.
fn others(host: &Host) -> Vec<(Option<Fault>, Counts, u64, u64)> {
    let seats = host.seats()[..HONEST.len()].iter();
    seats
        .map(|seat| {
            let Stats { gas, commands, .. } = seat.stats();
            (seat.fault().cloned(), seat.counts(), gas, commands)
        })
        .collect()
}

/// The commands that are nobody's of these accounts.
fn without(entries: &[Entry], accounts: &[AccountId]) -> Vec<(Time, Command)> {
    let is_theirs = |command: &Command| match command {
        Command::Account(spec) => accounts.contains(&spec.account),
        command => CommandRecord::from_command(command)
            .is_some_and(|record| accounts.contains(&AccountId(record.account))),
    };
    let entries = entries.iter().filter(|entry| !is_theirs(&entry.command));
    entries.map(|entry| (entry.stamp.at, entry.command.clone())).collect()
}

fn replayed(commands: &[(Time, Command)]) -> u64 {
    let mut engine = Engine::new(CAPACITY);
    for (at, command) in commands {
        engine.apply(*at, command, &mut Discard);
    }
    engine.state_hash()
}

/// Lets it loose, and expects that it ends like this on every engine and that nobody else notices.
#[track_caller]
fn check(params: &str, fault: Option<&Fault>) -> End {
    let (alone, host) = (play(venue()), attacked(params));
    assert_eq!(others(&host), others(&alone), "{params}: honest strategies");
    let journal = host.sequencer().journal().entries();
    let accounts: Vec<AccountId> = host.seats()[HONEST.len()..].iter().map(Seat::account).collect();
    let kept = without(journal, &accounts);
    assert_eq!(kept, without(alone.sequencer().journal().entries(), &[]), "{params}: decisions");
    assert_eq!(replayed(&kept), alone.engine().state_hash(), "{params}: the venue without it");
    assert_eq!(replayed(&without(journal, &[])), host.engine().state_hash(), "{params}: with it");
    let mut ends = host.seats()[HONEST.len()..].iter().map(end);
    let first = ends.next().unwrap();
    for (number, other) in (1..).zip(ends) {
        assert_eq!(other, first, "{params}: {} (left)", engines()[number].name());
    }
    assert_eq!(first.fault.as_ref(), fault, "{params}");
    first
}

fn end(seat: &Seat) -> End {
    let Stats { gas, calls, commands, pages, .. } = seat.stats();
    End {
        fault: seat.fault().cloned(),
        counts: seat.counts(),
        gas,
        calls,
        commands,
        pages,
        log: seat.failures().map(|failure| failure.log.clone()).collect(),
        backtrace: seat.failures().map(|failure| failure.backtrace.clone()).collect(),
    }
}

const OUT_OF_GAS: Fault = Fault::OutOfGas { limit: GAS };

#[test]
fn loops_without_end_end() {
    for attack in ["loop-event", "loop-timer", "loop-host"] {
        let end = check(&format!("attack={attack}"), Some(&OUT_OF_GAS));
        assert!(!end.backtrace[0].is_empty());
        assert_eq!(end.counts.orders, 0);
    }
    for engine in 0..engines().len() {
        let error = start("attack=loop-init", engine).unwrap_err();
        let LoadError::Start { export: "rf_init", fault, backtrace } = error else {
            panic!("{error}")
        };
        assert_eq!(fault, OUT_OF_GAS);
        assert_eq!(backtrace.last().map(String::as_str), Some("rf_init"), "{backtrace:?}");
    }
}

#[test]
fn memory_and_stack_end_where_they_are_limited() {
    let end = check("attack=memory", None);
    assert_eq!(end.pages, PAGES);
    let too_deep = Fault::TooDeep { limit: SandboxConfig::default().depth };
    let end = check("attack=recursion", Some(&too_deep));
    let innermost = ["strategy_hostile::guest::recurse"; 8];
    assert_eq!(end.backtrace[0][..8], innermost);
    // Its own stack, in its memory, ends before it is as deep as it may be.
    let end = check("attack=heavy-recursion", Some(&Fault::Trapped(Trap::MemoryOutOfBounds)));
    assert_eq!(end.fault.unwrap().cause(), Cause::Trap);
}

#[test]
fn traps_and_panics_end_the_one_who_does_it() {
    check("attack=trap", Some(&Fault::Trapped(Trap::Unreachable)));
    for at in ["4294967292", "2621440", "4294967295"] {
        let out = Some(Fault::Trapped(Trap::MemoryOutOfBounds));
        check(&format!("attack=wild-read\nptr={at}"), out.as_ref());
        check(&format!("attack=wild-write\nptr={at}\nlen=7"), out.as_ref());
    }
    let text = "\u{fffd}".repeat(4_096);
    let flood = Fault::Panicked(Panic { text, line: 0, column: 0 });
    check("attack=panic-flood", Some(&flood));
    let seat = &attacked("attack=panic").seats()[HONEST.len()..][0].fault().cloned();
    let Some(Fault::Panicked(Panic { text, line, .. })) = seat else { panic!("{seat:?}") };
    assert!(text.contains("guest.rs") && text.contains("an attack on the"), "{text}");
    assert!(*line > 0);
    let end = check("attack=panic", seat.as_ref());
    let backtrace = &end.backtrace[0];
    assert!(backtrace.iter().any(|it| it == "core::panicking::panic_fmt"), "{backtrace:?}");
    assert_eq!(backtrace.last().unwrap(), "rf_on_events");
}

#[test]
fn pointers_and_counts_that_make_no_sense_end_the_one_who_passes_them() {
    let memory = start("attack=calm", 0).unwrap().stats().pages as usize * 65_536;
    let end = u32::try_from(memory).unwrap();
    for (ptr, len) in [(end - 4, 5), (end, 1), (u32::MAX, 1), (0, u32::MAX), (u32::MAX, u32::MAX)] {
        for (name, import) in [
            ("wild-log", Import::Log),
            ("wild-panic", Import::Panic),
            ("wild-submit", Import::Submit),
        ] {
            let fault = Fault::HostCall(ImportFault::OutOfBounds { import, ptr, len, memory });
            check(&format!("attack={name}\nptr={ptr}\nlen={len}"), Some(&fault));
        }
    }
    for (len, fault) in [
        (65, Fault::BadCount { returned: 65, cap: 64 }),
        (0x7fff_ffff, Fault::BadCount { returned: 0x7fff_ffff, cap: 64 }),
        (u32::MAX, Fault::GuestError { code: -1 }),
        (1 << 31, Fault::GuestError { code: i32::MIN }),
    ] {
        check(&format!("attack=wild-answer\nlen={len}"), Some(&fault));
    }
    // Nothing that it has comes of these, and nothing of anybody else's.
    for attack in ["wild-metric", "overwrite"] {
        check(&format!("attack={attack}"), None);
    }
}

#[test]
fn floods_are_cut_off() {
    let end =
        check("attack=order-flood", Some(&Fault::TooManyCommands { asked: 1_088, limit: 1_024 }));
    assert_eq!(end.counts.orders, 0, "the whole answer is dropped");
    let greed = Fault::TooManyCommands { asked: 1_025, limit: 1_024 };
    check("attack=order-greed", Some(&greed));
    let calm = check("attack=calm", None);
    assert!(calm.counts.limited > 0 && calm.counts.rejected > 0, "{:?}", calm.counts);
    assert!(calm.counts.orders > 0);
    let nonsense = check("attack=nonsense", None);
    assert!(nonsense.counts.refused > 1_000, "{:?}", nonsense.counts);
    check("attack=log-flood", None);
}

#[test]
fn what_is_not_a_number_has_the_same_bits_everywhere() {
    check("attack=nan", None);
    let shown = |engine: usize| {
        let mut sandbox = start("attack=nan", engine).unwrap();
        sandbox.deliver(Time(1), &events(3), &mut Vec::new()).unwrap();
        *sandbox.metrics()
    };
    let first = shown(0);
    let canonical = 0x7ff8_0000_0000_0000_u64.cast_signed();
    assert!(first[..7].iter().all(|bits| *bits == canonical), "{first:x?}");
    for engine in 1..engines().len() {
        assert_eq!(shown(engine), first, "{}", engines()[engine].name());
    }
}

#[test]
fn smuggled_native_code_changes_nothing() {
    let wasm = std::fs::read(guest_file("strategy-hostile")).unwrap();
    let smuggled = with_section(wasm.clone(), "wasmedge", &[0xcc; 4_096]);
    for engine in engines() {
        let run = |wasm: &[u8]| {
            let config = hostile_config("attack=calm", 0);
            let mut sandbox = Sandbox::load(&**engine, &Cache::disabled(), wasm, &config).unwrap();
            let mut out = Vec::new();
            sandbox.deliver(Time(1), &events(9), &mut out).unwrap();
            (out, sandbox.stats().gas)
        };
        assert_eq!(run(&smuggled), run(&wasm), "{}", engine.name());
    }
}

#[test]
fn every_attack_there_is_is_let_loose_above() {
    let source = include_str!("attacks.rs");
    for attack in Attack::ALL {
        let name = attack.name();
        let named = [format!("attack={name}"), format!("\"{name}\"")];
        assert!(named.iter().any(|it| source.contains(it)), "{name}");
    }
}

/// Loops to be stopped, each with what a turn costs besides counting.
const BODIES: [(&str, u64); 4] = [
    ("", 0),
    ("(local.set $x (i64.mul (i64.add (local.get $x) (i64.const 3)) (i64.const 5)))", 6),
    ("(i64.store (i32.const 70000) (i64.add (i64.load (i32.const 70000)) (i64.const 1)))", 6),
    ("(drop (call $rand))", 257),
];

/// A loop of `turns` turns.
fn counting(body: &str, turns: u64) -> Vec<u8> {
    let imports = r#"(import "ringfence_1" "rand64" (func $rand (result i64)))"#;
    let on_events = format!(
        "(loop $l {body} (global.set $k (i64.add (global.get $k) (i64.const 1)))
            (br_if $l (i64.lt_u (global.get $k) (i64.const {turns})))) (i32.const 0)"
    );
    let more = "(global $k (mut i64) (i64.const 0))".to_owned();
    Guest { imports, on_events, more, ..Guest::default() }.wasm()
}

/// How long one delivery takes, and what it used.
fn took(program: &Program, config: &SandboxConfig) -> (Duration, u64) {
    let mut sandbox = Sandbox::start(program, config).unwrap();
    let before = sandbox.stats().gas;
    let begun = Instant::now();
    _ = sandbox.deliver(Time(1), &events(1), &mut Vec::new());
    (begun.elapsed(), sandbox.stats().gas - before)
}

#[test]
fn an_endless_loop_ends_in_less_than_twice_the_time_that_its_gas_allows() {
    for engine in engines() {
        // A millisecond or so: other work of the machine does not fall into every run.
        let gas: u64 = if engine.keeps_artifacts() { 5_000_000 } else { 200_000 };
        let config = SandboxConfig { gas_per_call: gas, ..SandboxConfig::default() };
        for (body, cost) in BODIES {
            // The same instructions, of which one guest has as many as its gas allows.
            let turns = [gas / (cost + PER_TURN) - 10, u64::MAX];
            let programs = turns.map(|turns| {
                let wasm = counting(body, turns);
                Program::prepare(&**engine, &Cache::disabled(), &wasm, &config).unwrap()
            });
            let mut least = [Duration::MAX; 2];
            for _ in 0..15 {
                let runs = programs.each_ref().map(|program| took(program, &config));
                assert!(runs[0].1 < gas && runs[0].1 > gas / 100 * 98, "{} of {gas}", runs[0].1);
                assert_eq!(runs[1].1, gas);
                least = [least[0].min(runs[0].0), least[1].min(runs[1].0)];
            }
            let ([honest, stopped], name) = (least, engine.name());
            println!("{name}: {gas} gas allow {honest:?}, stopped after {stopped:?}: {body}");
            assert!(stopped < 2 * honest, "{name}: {stopped:?} of {honest:?}: {body}");
        }
    }
}

/// What counting costs, the turn of the loop included.
const PER_TURN: u64 = 12;
