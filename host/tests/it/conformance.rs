//! One suite for all that a strategy can run on: every guest of `examples/`, honest and hostile, in a
//! venue from a seed, on each engine, and natively where it is written in Rust. Each seed draws
//! parameters, gas, limits and whether who fails starts again.

mod cast;
mod lanes;
mod venue;

use std::collections::BTreeMap;
use std::sync::Mutex;

use ringfence_host::runtime::Engine;
use ringfence_host::sandbox::{Cache, Cause, LoadError, Program, Sandbox, SandboxConfig};
use ringfence_host::testing::Random;

use crate::guests::{engines, guest_file};
use cast::{HONEST, HOSTILE, Role};
use lanes::Delivery;
use strategy_hostile::Attack;
use venue::{Conditions, Played, day, play};

/// What all seeds came to, for whoever wants to know that something was tested.
#[derive(Debug, Default)]
struct Tally {
    plays: u64,
    refused: u64,
    deliveries: u64,
    commands: u64,
    fills: BTreeMap<&'static str, u64>,
    faults: BTreeMap<String, u64>,
}

impl Tally {
    fn add(&mut self, role: &Role, played: &Result<Played, LoadError>) {
        self.plays += 1;
        let Ok(played) = played else {
            self.refused += 1;
            return;
        };
        self.deliveries += played.tape.len() as u64;
        self.commands += played.tape.iter().map(|it| it.asked.len() as u64).sum::<u64>();
        *self.fills.entry(role.module).or_default() += played.fills();
        for failure in &played.failures {
            *self.faults.entry(format!("{:?}", failure.fault.cause())).or_default() += 1;
        }
    }
}

#[test]
fn strategies_decide_the_same_everywhere() {
    let mut tally = Tally::default();
    let cast: Vec<&Role> = HONEST.iter().filter(|role| is_built(role)).collect();
    for seed in 0..seeds() {
        for role in &cast {
            let mut random = Random::new(seed.wrapping_mul(0x9e37_79b9));
            let params = (role.params)(&mut random);
            let conditions = Conditions::of_seed(&mut random);
            check(role, seed, &params, &conditions, &mut tally);
        }
    }
    println!("{} seeds on {} engines and natively: {tally:?}", seeds(), engines().len());
    assert!(cast.iter().all(|role| tally.fills[role.module] > 0), "they trade: {tally:?}");
    assert!(tally.faults.contains_key("Gas"), "some run out of gas: {tally:?}");
    assert!(tally.refused > 0, "some have wrong parameters: {tally:?}");
}

#[test]
fn attacks_end_the_same_everywhere() {
    let mut tally = Tally::default();
    for seed in 0..seeds() {
        for attack in Attack::ALL {
            let mut random = Random::new(seed.wrapping_mul(0x9e37_79b9) ^ attack as u64);
            let params = cast::orders(attack, &mut random);
            let conditions = Conditions::of_attack(&mut random);
            check(&HOSTILE, seed, &params, &conditions, &mut tally);
        }
    }
    println!("{} seeds on {} engines: {tally:?}", seeds(), engines().len());
    let ended = [Cause::Gas, Cause::Stack, Cause::HostCall, Cause::Panic, Cause::Trap];
    for cause in ended.into_iter().chain([Cause::GuestError, Cause::Commands]) {
        assert!(tally.faults.contains_key(&format!("{cause:?}")), "{cause:?}: {tally:?}");
    }
}

/// How many seeds: `RINGFENCE_SEEDS=1000` for all that were promised.
fn seeds() -> u64 {
    std::env::var("RINGFENCE_SEEDS").map_or(8, |seeds| seeds.parse().unwrap())
}

fn is_built(role: &Role) -> bool {
    let file = guest_file(role.module);
    let built = file.is_file();
    if !built {
        println!("skipped: there is no {}; .ci/build-guests.sh builds it", file.display());
    }
    built
}

/// Plays one role on every engine and natively, and expects one and the same of all.
#[track_caller]
fn check(role: &Role, seed: u64, params: &str, conditions: &Conditions, tally: &mut Tally) {
    let day = day(seed, role.commands);
    let config = SandboxConfig { params: params.to_owned(), ..conditions.config() };
    let mut expected: Option<(&str, Result<Played, LoadError>)> = None;
    let at = format!("seed {seed}, {} with {params:?}", role.module);
    for engine in engines() {
        let script = (program(&**engine, role.module, &config), config.clone());
        let played = play::<Sandbox>(&day, &script, conditions);
        match &expected {
            None => {
                tally.add(role, &played);
                expected = Some((engine.name(), played));
            }
            Some((name, first)) => {
                expect_equal(&played, first, &format!("{at}: {} and {name}", engine.name()))
            }
        }
    }
    let Some((name, first)) = expected else { return };
    let Some(native) = role.native else { return };
    let natively = native(&day, &params.to_owned(), conditions);
    expect_decisions(&natively, &first, &format!("{at}: natively and on {name}"));
}

/// A guest of `examples/`, compiled once for each engine.
fn program(engine: &dyn Engine, module: &'static str, config: &SandboxConfig) -> Program {
    static PROGRAMS: Mutex<BTreeMap<(usize, &str), Program>> = Mutex::new(BTreeMap::new());
    let mut programs = PROGRAMS.lock().unwrap();
    let make = || {
        let wasm = std::fs::read(guest_file(module)).expect("run .ci/build-guests.sh first");
        Program::prepare(engine, &Cache::disabled(), &wasm, config).unwrap()
    };
    let number = std::ptr::from_ref(engine).addr();
    programs.entry((number, module)).or_insert_with(make).clone()
}

#[track_caller]
fn expect_equal(found: &Result<Played, LoadError>, expected: &Result<Played, LoadError>, at: &str) {
    if let (Ok(found), Ok(expected)) = (found, expected) {
        expect_same_tape(&found.tape, &expected.tape, at);
    }
    assert_eq!(found, expected, "{at} differ");
}

/// Natively there is no gas: up to where that ran out, if it did, the decisions are the same.
#[track_caller]
fn expect_decisions(
    natively: &Result<Played, LoadError>,
    expected: &Result<Played, LoadError>,
    at: &str,
) {
    let (found, expected) = match (natively, expected) {
        (Ok(found), Ok(expected)) => (found, expected),
        (
            Err(LoadError::InitRefused { code: found, .. }),
            Err(LoadError::InitRefused { code: expected, .. }),
        ) => {
            // What they log about it is each language's own affair.
            return assert_eq!(found, expected, "{at} differ");
        }
        (found, expected) => {
            return assert_eq!(found.as_ref().err(), expected.as_ref().err(), "{at} differ");
        }
    };
    let ran_out = |it: &Delivery| it.fault.as_ref().is_some_and(|it| it.cause() == Cause::Gas);
    let decided = expected.tape.iter().position(ran_out);
    match decided {
        Some(decided) => {
            expect_same_tape(&found.tape[..decided], &expected.tape[..decided], at);
        }
        None => {
            expect_same_tape(&found.tape, &expected.tape, at);
            assert_eq!(found.state, expected.state, "{at}: the state of the engine differs");
            assert_eq!(found.counts, expected.counts, "{at}: counts differ");
        }
    }
}

/// The same heard, the same asked for, the same faults, one delivery after the other.
#[track_caller]
fn expect_same_tape(found: &[Delivery], expected: &[Delivery], at: &str) {
    for (number, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found, expected, "{at} differ at delivery {number}");
    }
    assert_eq!(found.len(), expected.len(), "{at}: as many deliveries");
}
