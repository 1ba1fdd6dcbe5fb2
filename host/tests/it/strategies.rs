//! Strategies in a replay: what is refused, what a fault costs, and what is said at the end.

use std::fmt::Write as _;

use ringfence_core::TimeInForce;

use crate::command::{Folder, Run, ringfence};
use crate::guests::{self, Guest};
use crate::venue_strategies::{answers_offers, bid};

const TAPE: &str = r#"{"op":"instrument","instrument":0,"symbol":"ABC"}
{"op":"new","instrument":0,"id":1,"side":"sell","qty":5,"price":101,"at":1}
{"op":"new","instrument":0,"id":2,"side":"buy","qty":2,"price":101,"at":2}
"#;

fn replay(folder: &Folder, strategies: &[&str]) -> Run {
    let tape = folder.write("tape.jsonl", TAPE);
    let mut args = vec!["replay", "--events", "private", "--hash", &tape];
    for strategy in strategies {
        args.extend(["--strategy", strategy]);
    }
    ringfence(&args)
}

#[test]
fn a_file_that_is_no_strategy_is_refused() {
    let folder = Folder::new("no-strategy");
    let refused = |name: &str, bytes: &[u8], parts: &[&str]| {
        let file = folder.write(name, bytes);
        let run = replay(&folder, &[&file]);
        run.refused(&[&[name], parts].concat());
        assert_eq!(run.out, "", "nothing was replayed");
    };
    refused("text.wasm", b"this is text", &["is not a Wasm module"]);
    let foreign = r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))"#;
    let foreign = Guest { imports: foreign, ..Guest::default() }.wasm();
    refused("foreign.wasm", &foreign, &["wasi_snapshot_preview1", "fd_write"]);
    let version = "(i32.const 0x70000)";
    let other = Guest { version, ..Guest::default() }.wasm();
    refused("other.wasm", &other, &["ABI version 7.0"]);
    let picky = Guest { init: "(i32.const -4)".into(), ..Guest::default() }.wasm();
    refused("picky.wasm", &picky, &["rf_init", "-4"]);
    let missing = folder.path("missing.wasm");
    replay(&folder, &[&missing]).refused(&["cannot open", &missing]);
    let whole = folder.write("whole.wasm", Guest::default().wasm());
    replay(&folder, &[&format!("{whole},size")]).refused(&[&whole, "`size` has no value"]);
}

#[test]
fn a_strategy_that_loops_is_disabled_and_the_others_go_on() {
    let folder = Folder::new("faults");
    let loops =
        folder.write("loops.wasm", Guest::doing("(loop $for_ever (br $for_ever)) (i32.const 0)"));
    let calm = folder.write("calm.wasm", Guest::default().wasm());
    let alone = replay(&folder, &[&calm]);
    let both = replay(&folder, &[&loops, &calm]);
    assert_eq!((alone.status, both.status), (0, 0), "{}", both.err);
    assert!(both.err.contains("1 loops") && both.err.contains("2 calm"), "{}", both.err);
    assert!(both.err.contains("disabled: it ran out of gas"), "{}", both.err);
    assert!(!alone.err.contains("disabled"), "{}", alone.err);
    let trades = |run: &Run| run.out.lines().filter(|line| line.contains("filled")).count();
    assert_eq!((trades(&alone), trades(&both)), (2, 2));
}

#[test]
fn a_strategys_orders_enter_the_book_and_every_run_is_equal() {
    let folder = Folder::new("equal");
    // Echoes events as commands: most make no sense and are refused, which is counted.
    let echo = folder.write("echo.wasm", guests::echo());
    let first = replay(&folder, &[&echo, &echo]);
    assert_eq!(first.status, 0, "{}", first.err);
    assert!(first.err.contains("cold start") && first.err.contains("ns per call"), "{}", first.err);
    let again = replay(&folder, &[&echo, &echo]);
    assert_eq!(first.out, again.out);
}

/// Two strategies as a venue's file names them, on workers or not.
fn crew(workers: &str, [first, second]: [&str; 2]) -> String {
    format!(
        "cpu_affinity = [60000]\nwatchdog_ms = 60000\n{workers}\n\
         [[strategies]]\nfile = \"buyer.wasm\"\n{first}\n\
         [[strategies]]\nfile = \"fails.wasm\"\n{second}\n"
    )
}

/// Offers of three at 101, one each millisecond.
fn offers(count: u64) -> String {
    let mut tape = "{\"op\":\"instrument\",\"instrument\":1,\"symbol\":\"ABC\"}\n".to_owned();
    for id in 1..=count {
        let order = "\"instrument\":1,\"side\":\"sell\",\"qty\":3,\"price\":101";
        let at = id * 1_000_000;
        writeln!(tape, "{{\"op\":\"new\",{order},\"id\":{id},\"at\":{at}}}").unwrap();
    }
    tape
}

#[test]
fn a_file_of_strategies_decides_as_the_command_line_does_and_as_with_workers() {
    let folder = Folder::new("crew");
    let buyer = folder.write("buyer.wasm", answers_offers(bid(101, TimeInForce::Ioc), 0));
    let fails = folder.write("fails.wasm", answers_offers(bid(89, TimeInForce::Gtc), 30));
    let tape = folder.write("tape.jsonl", offers(200));
    let play = |options: &[&str]| {
        let run = ringfence(&[&["replay", "--hash", &tape], options].concat());
        assert_eq!(run.status, 0, "{}", run.err);
        run
    };
    let play_file = |workers: &str, keys: [&str; 2]| {
        let file = folder.write("crew.toml", crew(workers, keys));
        play(&["--strategies", &file])
    };
    let asked = play(&["--strategy", &buyer, "--strategy", &fails]);
    assert!(asked.err.contains("disabled"), "{}", asked.err);
    let named = play_file("", ["", ""]);
    assert!(asked.out == named.out, "{}\n{}", asked.out, named.out);
    for (count, workers) in [(1, [0, 0]), (2, [0, 1])] {
        let [first, second] = workers.map(|worker| format!("worker = {worker}"));
        let beside = play_file(&format!("[workers]\ncount = {count}"), [&first, &second]);
        assert!(asked.out == beside.out, "{count} workers");
    }
    // What the file says besides holds.
    let policy = "on_fault = { restart = true, back_off_ms = 3, quarantine_after = 99 }";
    let again = play_file("", ["name = \"it\"", policy]);
    assert!(again.err.contains("\n1 it\n"), "{}", again.err);
    assert!(again.err.contains("failed 5 times and is to run again"), "{}", again.err);
    assert!(asked.out != again.out);
    let workers = "[workers]\ncount = 2\nspins = true";
    let beside = play_file(workers, ["worker = 1", &format!("worker = 0\n{policy}")]);
    assert!(again.out == beside.out, "with restarts");
    // And so do the strategies of a backtest.
    let file = folder.write("crew.toml", crew("", ["", ""]));
    let tried = ringfence(&["backtest", "--strategies", &file, "--tape", &tape]);
    let asked = ringfence(&["backtest", &buyer, &fails, "--tape", &tape]);
    assert_eq!((tried.status, asked.status), (1, 1), "{}{}", tried.err, asked.err);
    assert_eq!(tried.out, asked.out);
}

#[test]
fn who_waits_for_an_instrument_that_never_comes_is_told_at_the_end() {
    let folder = Folder::new("no-instrument");
    let tape = folder.write("tape.jsonl", offers(3));
    folder.write("calm.wasm", Guest::default().wasm());
    let crew = |instruments: &str| {
        let text = format!("[[strategies]]\nfile = \"calm.wasm\"\ninstruments = {instruments}\n");
        folder.write("crew.toml", text)
    };
    let waits = crew("[9, 1, 7]");
    let told =
        "strategy 1 calm subscribed to [9, 7], but there never were any; mend its `instruments`\n";
    let run = ringfence(&["replay", "-q", "--events", "none", "--strategies", &waits, &tape]);
    assert_eq!((run.status, run.err.as_str()), (0, told));
    let run = ringfence(&["replay", "--events", "none", "--strategies", &waits, &tape]);
    assert_eq!(run.err.matches(told).count(), 1, "{}", run.err);
    let run = ringfence(&["backtest", "--strategies", &waits, "--tape", &tape]);
    assert_eq!((run.status, run.err.as_str()), (0, told));
    // The tape defines it with its first line: that is early enough.
    let run = ringfence(&["replay", "-q", "--strategies", &crew("[1]"), &tape]);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
}

#[test]
fn a_file_of_strategies_that_makes_no_sense_is_refused() {
    let folder = Folder::new("no-crew");
    let tape = folder.write("tape.jsonl", TAPE);
    let calm = folder.write("calm.wasm", Guest::default().wasm());
    let refused = |text: &str, parts: &[&str]| {
        let file = folder.write("crew.toml", text);
        ringfence(&["replay", "--strategies", &file, &tape]).refused(parts);
        ringfence(&["backtest", "--strategies", &file, "--tape", &tape]).refused(parts);
    };
    refused("", &["crew.toml", "names no strategy"]);
    refused("[[strategies]]\nfile = \"calm.wasm\"\nlimit = 1\n", &["line 3", "`limit`"]);
    refused("[[strategies]]\nfile = \"calm.wasm\"\nworker = 0\n", &["line 3", "count = 0"]);
    let calm_twice = "[[strategies]]\nfile = \"calm.wasm\"\nname = \"it\"\n".repeat(2);
    refused(&calm_twice, &["crew.toml, line 6, column 8", "\"it\"", "line 3, column 8"]);
    refused("[[strategies]]\nfile = \"other.wasm\"\n", &["cannot open", "other.wasm"]);
    let file = folder.write("crew.toml", "[[strategies]]\nfile = \"calm.wasm\"\n");
    for wrong in [
        &["replay", "--strategies", &file, "--strategy", &calm, &tape][..],
        &["replay", "--strategies", &file, "--format", "workload", &tape],
        &["backtest", &calm, "--strategies", &file, "--tape", &tape],
    ] {
        let run = ringfence(wrong);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{wrong:?}: {}", run.err);
    }
    replay(&folder, &[&format!("{calm},size=1,size=2")]).refused(&["`size` is there twice"]);
    for line in ["size=1\r2", "size=1\nlots", "size=1\nlots=2"] {
        replay(&folder, &[&format!("{calm},{line}")]).refused(&["size=1\\", "more than a line"]);
    }
}

#[test]
fn the_watchdog_of_a_file_is_on_unless_it_is_off() {
    let folder = Folder::new("watchdog");
    folder.write("loops.wasm", Guest::doing("(loop $for_ever (br $for_ever)) (i32.const 0)"));
    let tape = folder.write("tape.jsonl", TAPE);
    let stopped = |watchdog: &str| {
        let limits = "limits = { gas_per_call = 300000000 }";
        // Without kept code it begins in an interpreter, where that takes most of a second.
        let text = format!(
            "cache_enabled = false\n{watchdog}\n[[strategies]]\nfile = \"loops.wasm\"\n{limits}\n"
        );
        let run = ringfence(&["replay", "--strategies", &folder.write("it.toml", text), &tape]);
        assert_eq!(run.status, 0, "{}", run.err);
        run.err
    };
    let err = stopped("watchdog_ms = 1");
    assert!(err.contains("an answer took longer than 1 ms of real time"), "{err}");
    for calm in ["watchdog_ms = 0", "watchdog_ms = 60000"] {
        let err = stopped(calm);
        assert!(err.contains("disabled: it ran out of gas"), "{err}");
    }
}
