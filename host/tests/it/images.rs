//! Strategies put down as bytes and taken up again: in another process, on another engine.

use std::path::PathBuf;
use std::process::Command;

use ringfence_core::quantity::Time;
use ringfence_core::wire::{CommandRecord, EventRecord};
use ringfence_host::sandbox::{
    Cache, Fault, ImageError, LoadError, Program, Sandbox, SandboxConfig,
};

use crate::guests::{Guest, engines, events, guest_file};
use crate::programs;

/// A guest in whose answers everything shows that it has to go on with: memory that grew, globals
/// of each type, random numbers, the time, and data that it cleared.
pub fn remembers() -> Vec<u8> {
    Guest {
        imports: r#"(import "ringfence_1" "log" (func $log (param i32 i32 i32)))
                    (import "ringfence_1" "rand64" (func $rand (result i64)))
                    (import "ringfence_1" "time_ns" (func $time (result i64)))
                    (import "ringfence_1" "metric" (func $metric (param i32 i64)))"#,
        more: r#"(global $a (mut i32) (i32.const -7)) (global $b (mut i64) (i64.const 3))
                 (global $c (mut f32) (f32.const nan:0x1234)) (global $d (mut f64) (f64.const 0.5))
                 (data (i32.const 90000) "cleared by the first call")"#
            .into(),
        on_events: "
            (local.set $x (i64.load (i32.const 90000)))
            (memory.fill (i32.const 90000) (i32.const 0) (i32.const 32))
            (drop (memory.grow (i32.const 1)))
            (global.set $a (i32.sub (global.get $a) (memory.size)))
            (global.set $b (i64.mul (global.get $b) (i64.const 3)))
            (global.set $d (f64.mul (global.get $d) (f64.const 1.5)))
            (i32.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4))
                (global.get $a))
            (call $log (i32.const 3) (i32.const 64) (i32.const 100))
            (call $metric (i32.const 1) (i64.add (global.get $b) (local.get $x)))
            (call $metric (i32.const 99) (i64.const 1))
            (i64.store (i32.const 4248) (i64.extend_i32_s (global.get $a)))
            (i64.store (i32.const 4264) (i64.add (global.get $b) (call $rand)))
            (i64.store (i32.const 4272) (i64.extend_i32_u (i32.reinterpret_f32 (global.get $c))))
            (f64.store (i32.const 4280) (global.get $d))
            (i64.store (i32.const 4288) (i64.add (call $time) (local.get $x)))
            (i32.const 1)"
            .into(),
        ..Guest::default()
    }
    .wasm()
}

/// Little gas and log in a second, so that what is left of both matters.
pub fn config() -> SandboxConfig {
    SandboxConfig {
        memory_pages: 6,
        seed: 5,
        gas_per_second: 1_000_000,
        log_bytes_per_second: 400,
        log_bytes_kept: 350,
        ..SandboxConfig::default()
    }
}

type Answers = Vec<Result<Vec<CommandRecord>, Fault>>;

/// Hands over these batches, a millisecond apart.
fn deliver(sandbox: &mut Sandbox, batches: std::ops::Range<u64>) -> Answers {
    let deliver = |number: u64| {
        let mut out = Vec::new();
        let batch: Vec<EventRecord> = events(1 + number % 5);
        sandbox.deliver(Time(1_000_000 * (number + 1)), &batch, &mut out).map(|()| out)
    };
    batches.map(deliver).collect()
}

/// What nobody may be able to tell apart.
fn seen(sandbox: &Sandbox) -> String {
    let stats = sandbox.stats();
    format!(
        "{:?} {:?} {} {:?}",
        (stats.gas, stats.calls, stats.events, stats.commands, stats.pages),
        sandbox.log_lines(),
        sandbox.log_dropped(),
        sandbox.metrics(),
    )
}

fn program(engine: usize, wasm: &[u8], config: &SandboxConfig) -> Program {
    Program::prepare(&*engines()[engine], &Cache::disabled(), wasm, config).unwrap()
}

/// Puts a strategy down after each of its batches, and takes it up on each engine.
#[track_caller]
fn check(wasm: &[u8], config: &SandboxConfig) {
    let programs: Vec<_> = (0..engines().len()).map(|at| program(at, wasm, config)).collect();
    let mut whole = Sandbox::start(&programs[0], config).unwrap();
    let expected = deliver(&mut whole, 0..6);
    for (at, from) in programs.iter().enumerate() {
        for put_down in 0..6 {
            let mut sandbox = Sandbox::start(from, config).unwrap();
            let mut answers = deliver(&mut sandbox, 0..put_down);
            let image = sandbox.image().unwrap();
            assert_eq!(sandbox.image().unwrap(), image, "to look changes nothing");
            drop(sandbox);
            let to = &programs[(at + 1 + put_down as usize) % programs.len()];
            let mut again = Sandbox::restore(to, config, &image).unwrap();
            assert_eq!(again.image().unwrap(), image, "the same state has the same bytes");
            answers.extend(deliver(&mut again, put_down..6));
            assert_eq!(answers, expected, "{put_down}");
            assert_eq!(seen(&again), seen(&whole), "{put_down}");
        }
    }
}

#[test]
fn nobody_can_tell_that_a_strategy_was_put_down_and_taken_up_on_another_engine() {
    check(&remembers(), &config());
    check(&programs::module(5, 8), &SandboxConfig::default());
    let quoter =
        std::fs::read(guest_file("strategy-quoter")).expect("run .ci/build-guests.sh first");
    check(&quoter, &SandboxConfig::default());
}

#[test]
fn what_is_left_of_a_second_goes_along() {
    let config = SandboxConfig { gas_per_second: 50_000, ..config() };
    let programs: Vec<_> =
        (0..engines().len()).map(|at| program(at, &remembers(), &config)).collect();
    let mut whole = Sandbox::start(&programs[0], &config).unwrap();
    let expected = deliver(&mut whole, 0..6);
    let fails = expected.iter().position(Result::is_err).expect("the gas of a second is used up");
    assert!(fails > 1, "{expected:?}");
    let mut sandbox = Sandbox::start(&programs[0], &config).unwrap();
    deliver(&mut sandbox, 0..1);
    let image = sandbox.image().unwrap();
    for to in &programs {
        let mut again = Sandbox::restore(to, &config, &image).unwrap();
        assert_eq!(deliver(&mut again, 1..6), expected[1..]);
        assert!(again.image().is_err(), "a spent one cannot be put down");
    }
}

#[test]
fn a_strategy_goes_on_in_another_process_on_another_engine() {
    let folder = std::env::temp_dir();
    if let Some(path) = std::env::var_os(IMAGE) {
        // The other process: this test, told where the image is.
        let path = PathBuf::from(path);
        let to = program(engines().len() - 1, &remembers(), &config());
        let image = std::fs::read(&path).unwrap();
        let mut sandbox = Sandbox::restore(&to, &config(), &image).unwrap();
        let answers = deliver(&mut sandbox, 3..6);
        let told = format!("{answers:?} {}", seen(&sandbox));
        return std::fs::write(path.with_extension("told"), told).unwrap();
    }
    let mut sandbox = Sandbox::start(&program(0, &remembers(), &config()), &config()).unwrap();
    deliver(&mut sandbox, 0..3);
    let path = folder.join(format!("ringfence-image-{}", std::process::id()));
    std::fs::write(&path, sandbox.image().unwrap()).unwrap();
    let answers = deliver(&mut sandbox, 3..6);
    let name = "images::a_strategy_goes_on_in_another_process_on_another_engine";
    let other = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact"])
        .env(IMAGE, &path)
        .output()
        .unwrap();
    assert!(other.status.success(), "{}", String::from_utf8_lossy(&other.stdout));
    let told = std::fs::read_to_string(path.with_extension("told")).unwrap();
    assert_eq!(told, format!("{answers:?} {}", seen(&sandbox)));
    for file in [path.with_extension("told"), path] {
        _ = std::fs::remove_file(file);
    }
}

#[test]
fn what_is_no_image_of_this_strategy_is_refused() {
    let (wasm, config) = (remembers(), config());
    let here = program(0, &wasm, &config);
    let mut sandbox = Sandbox::start(&here, &config).unwrap();
    deliver(&mut sandbox, 0..2);
    let image = sandbox.image().unwrap();
    let refused = |program: &Program, image: &[u8]| match Sandbox::restore(program, &config, image)
    {
        Err(LoadError::Image(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&here, b""), ImageError::Foreign);
    assert_eq!(refused(&here, b"RFGUEST"), ImageError::Foreign);
    let mut other = image.clone();
    other[8] = 9;
    assert_eq!(refused(&here, &other), ImageError::Version { version: 9 });
    for at in [12, 60, image.len() / 2, image.len() - 1] {
        let mut damaged = image.clone();
        damaged[at] ^= 4;
        assert_eq!(refused(&here, &damaged), ImageError::Damaged, "byte {at}");
    }
    assert_eq!(refused(&here, &image[..image.len() - 1]), ImageError::Damaged);
    let another = program(0, &Guest::default().wasm(), &config);
    assert_eq!(refused(&another, &image), ImageError::OtherModule);
    let narrower = SandboxConfig { memory_pages: 5, ..config.clone() };
    assert_eq!(refused(&program(0, &wasm, &narrower), &image), ImageError::OtherModule);
}

#[test]
fn an_image_that_somebody_signed_anew_does_no_harm() {
    let (wasm, config) = (remembers(), config());
    let here = program(0, &wasm, &config);
    let mut sandbox = Sandbox::start(&here, &config).unwrap();
    deliver(&mut sandbox, 0..2);
    let image = sandbox.image().unwrap();
    let body = &image[..image.len() - 32];
    let sign = |mut body: Vec<u8>| {
        let digest = blake3::hash(&body);
        body.extend(digest.as_bytes());
        body
    };
    // Every field of the head in turn, and every length.
    for at in (44..body.len().min(1_200)).step_by(3) {
        for byte in [0, 1, 0x7f, 0xff] {
            let mut edited = body.to_vec();
            edited[at] = byte;
            if let Ok(mut again) = Sandbox::restore(&here, &config, &sign(edited)) {
                _ = again.log_lines();
                deliver(&mut again, 2..3);
            }
        }
    }
    for len in (44..body.len()).step_by(97) {
        assert!(Sandbox::restore(&here, &config, &sign(body[..len].to_vec())).is_err(), "{len}");
    }
}

/// Where the other process finds its image.
const IMAGE: &str = "RINGFENCE_TEST_IMAGE";
