//! What guests ask for by calls of the host and by their answers, and how much of it.

use ringfence_core::quantity::Time;
use ringfence_guest::abi::submit::{BAD_LEN, FULL, NO_COMMAND, NOT_NOW};
use ringfence_host::runtime::{
    Import, ImportFault, Panic, SUBMIT_BAD_LEN, SUBMIT_FULL, SUBMIT_NO_COMMAND, SUBMIT_NOT_NOW,
};
use ringfence_host::sandbox::{ANSWER_COMMANDS_MAX, Cache, Fault, Sandbox, SandboxConfig};

use super::check_guest;
use crate::guests::{COMMANDS_CAP, Guest, engines, events, run, tight};

#[test]
fn pointers_that_point_nowhere_are_turned_down_by_every_host_call() {
    let memory = 2 << 16;
    for (ptr, len) in [
        (memory - 4, 5),
        (memory, 1),
        (u32::MAX, 1),
        (0, u32::MAX),
        (u32::MAX, u32::MAX),
        (70, memory),
    ] {
        for (import, declared, call) in [
            (
                Import::Log,
                r#"(import "ringfence_1" "log" (func $f (param i32 i32 i32)))"#,
                format!(
                    "(call $f (i32.const 0) (i32.const {ptr}) (i32.const {len})) (i32.const 0)"
                ),
            ),
            (
                Import::Panic,
                r#"(import "ringfence_1" "panic" (func $f (param i32 i32 i32 i32)))"#,
                format!(
                    "(call $f (i32.const {ptr}) (i32.const {len}) (i32.const 1) (i32.const 1))
                     (i32.const 0)"
                ),
            ),
            (
                Import::Submit,
                r#"(import "ringfence_1" "submit" (func $f (param i32 i32) (result i32)))"#,
                format!("(call $f (i32.const {ptr}) (i32.const {len}))"),
            ),
        ] {
            let guest = Guest { imports: declared, on_events: call, ..Guest::default() };
            let memory = memory as usize;
            let fault = ImportFault::OutOfBounds { import, ptr, len, memory };
            check_guest(&guest, &Fault::HostCall(fault));
        }
    }
}

#[test]
fn a_panic_reaches_the_host_with_its_text() {
    let guest = Guest {
        imports: r#"(import "ringfence_1" "panic" (func $panic (param i32 i32 i32 i32)))"#,
        on_events: "(call $panic (i32.const 20000) (i32.const 9) (i32.const 12) (i32.const 3))
                    unreachable"
            .into(),
        more: r#"(data (i32.const 20000) "no \ff cash")"#.into(),
        ..Guest::default()
    };
    let text = "no \u{fffd} cash".to_owned();
    let fault = Fault::Panicked(Panic { text, line: 12, column: 3 });
    check_guest(&guest, &fault);
    assert_eq!(fault.to_string(), "panicked: no \u{fffd} cash (line 12, column 3)");
}

#[test]
fn an_abort_is_a_panic_whatever_it_points_at() {
    let abort = |message: &str| {
        Guest {
        imports: r#"(import "env" "abort" (func $abort (param i32 i32 i32 i32)))"#,
        on_events: format!(
            "(call $abort (i32.const {message}) (i32.const -1) (i32.const 4) (i32.const 5))
             unreachable"
        ),
        more: r#"(data (i32.const 20000) "\04\00\00\00h\00i\00") (data (i32.const 131068) "\ff\ff\ff\ff")"#
            .into(),
        ..Guest::default()
    }
    };
    for (message, text) in [("20004", "hi"), ("0", ""), ("3", ""), ("-1", ""), ("131072", "")] {
        let panic = Panic { text: text.to_owned(), line: 4, column: 5 };
        check_guest(&abort(message), &Fault::Panicked(panic));
    }
}

#[test]
fn more_commands_than_fit_are_a_fault() {
    let cap = COMMANDS_CAP;
    for (answer, fault) in [
        ("65", Fault::BadCount { returned: 65, cap }),
        ("0x7fffffff", Fault::BadCount { returned: 0x7fff_ffff, cap }),
        ("-3", Fault::GuestError { code: -3 }),
        ("0x80000000", Fault::GuestError { code: i32::MIN }),
    ] {
        let wasm = Guest::doing(&format!("(i32.const {answer})"));
        let outcome = run(&wasm, &tight(), &[events(1), events(1)]);
        let refused = Err(fault);
        assert_eq!(outcome.delivered.unwrap(), [refused.clone(), refused]);
        assert_eq!((outcome.commands, outcome.traps), (0, 0), "it returned, but nonsense");
    }
}

#[test]
fn a_flood_of_orders_is_cut_off() {
    let wasm = Guest::importing(
        r#"(import "ringfence_1" "submit" (func $submit (param i32 i32) (result i32)))"#,
        "(i32.store8 (i32.const 30000) (i32.const 4))
         (loop $l
            (br_if $l (i32.and
                (i32.eqz (call $submit (i32.const 30000) (i32.const 128)))
                (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 500)))))
         (i32.gt_u (local.get $i) (i32.const 100))",
    );
    let config = SandboxConfig { commands_per_batch: 10, ..tight() };
    let outcome = run(&wasm, &config, &[events(1)]);
    let asked = outcome.asked();
    assert_eq!(asked.len(), 10, "the eleventh was turned down, and the guest was told");
    // Returning more than that together with what was submitted is a fault.
    let greedy = Guest::importing(
        r#"(import "ringfence_1" "submit" (func $submit (param i32 i32) (result i32)))"#,
        "(i32.store8 (i32.const 30000) (i32.const 4))
         (drop (call $submit (i32.const 30000) (i32.const 128))) (i32.const 10)",
    );
    let outcome = run(&greedy, &config, &[events(1)]);
    assert_eq!(*outcome.fault(), Fault::TooManyCommands { asked: 11, limit: 10 });
    assert_eq!(outcome.commands, 0);
}

#[test]
fn a_call_may_ask_for_no_more_than_an_answer_whatever_its_limit_says() {
    let wasm = Guest::importing(
        r#"(import "ringfence_1" "submit" (func $submit (param i32 i32) (result i32)))"#,
        "(i32.store8 (i32.const 30000) (i32.const 4))
         (loop $l
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $l (i32.eqz (call $submit (i32.const 30000) (i32.const 128)))))
         (i32.eq (local.get $i) (i32.const 65537))",
    );
    let gas = 1_000_000_000;
    let config = SandboxConfig {
        commands_per_batch: u32::MAX,
        gas_per_call: gas,
        gas_per_second: gas,
        ..tight()
    };
    // The last was turned down; one more that is returned is a fault, as in an answer.
    let outcome = run(&wasm, &config, &[events(1)]);
    let (asked, limit) = (u64::from(ANSWER_COMMANDS_MAX) + 1, ANSWER_COMMANDS_MAX);
    assert_eq!(*outcome.fault(), Fault::TooManyCommands { asked, limit });
}

#[test]
fn what_is_never_a_command_is_not_taken_and_nothing_is_beside_events_and_timers() {
    let submit = |metric: u32, before: &str| {
        format!(
            "(memory.fill (i32.const 30000) (i32.const 0) (i32.const 128))
             (i32.store8 (i32.const 30000) (i32.const 3))
             (i32.store16 (i32.const 30004) (i32.const 32))
             (i64.store (i32.const 30024) (i64.const 9))
             (i64.store (i32.const 30048) (i64.const 1)) {before}
             (call $metric (i32.const {metric})
                (i64.extend_i32_s (call $submit (i32.const 30000) (i32.const 128))))"
        )
    };
    let changes = [
        ("", 0),
        ("(i32.store8 (i32.const 30000) (i32.const 99))", SUBMIT_NO_COMMAND),
        ("(i32.store (i32.const 30020) (i32.const 1))", SUBMIT_NO_COMMAND),
        ("(i32.store16 (i32.const 30004) (i32.const 0x4020))", SUBMIT_NO_COMMAND),
        ("(i64.store (i32.const 30048) (i64.const 0))", SUBMIT_NO_COMMAND),
        ("(i32.store8 (i32.const 30002) (i32.const 200))", SUBMIT_NO_COMMAND),
    ];
    let each = (0..).zip(changes).map(|(metric, (before, _))| submit(metric, before));
    let export = |name: &str, head: &str, metric, answer: &str| {
        format!(r#"(func (export "{name}") {head} {} {answer})"#, submit(metric, ""))
    };
    let wasm = Guest {
        imports: r#"(import "ringfence_1" "submit" (func $submit (param i32 i32) (result i32)))
            (import "ringfence_1" "metric" (func $metric (param i32 i64)))"#,
        init: format!("{} (i32.const 0)", submit(10, "")),
        on_events: format!("{} (i32.const 0)", each.collect::<String>()),
        more: [
            export("rf_timer", "(param i64)", 11, ""),
            export("rf_export", "(param i32 i32) (result i32)", 12, "(i32.const 0)"),
            export("rf_import", "(param i32 i32 i32) (result i32)", 13, "(i32.const 0)"),
            export("rf_shutdown", "", 14, ""),
        ]
        .concat(),
        ..Guest::default()
    }
    .wasm();
    for engine in engines() {
        let mut sandbox = Sandbox::load(&**engine, &Cache::disabled(), &wasm, &tight()).unwrap();
        let mut out = Vec::new();
        sandbox.deliver(Time(1), &events(1), &mut out).unwrap();
        assert_eq!(out.len(), 1, "{}", engine.name());
        sandbox.call_timer(Time(2), &mut out).unwrap();
        sandbox.export_state().unwrap();
        assert_eq!(sandbox.import_state(&[], 1), Ok(true));
        sandbox.shutdown().unwrap();
        assert_eq!(out.len(), 2, "{}", engine.name());
        let answers: Vec<_> = sandbox.metrics()[..changes.len()].to_vec();
        assert_eq!(answers, changes.map(|(_, answer)| i64::from(answer)), "{}", engine.name());
        let not_now = i64::from(SUBMIT_NOT_NOW);
        assert_eq!(sandbox.metrics()[10..15], [not_now, 0, not_now, not_now, not_now]);
    }
    let own = [SUBMIT_FULL, SUBMIT_BAD_LEN, SUBMIT_NO_COMMAND, SUBMIT_NOT_NOW];
    assert_eq!(own, [FULL, BAD_LEN, NO_COMMAND, NOT_NOW]);
}

#[test]
fn an_answer_of_many_calls_holds_so_many_commands() {
    // It takes one event a call, so that a round with many events is many calls.
    let [magic, layout, events_off, _, commands_off, commands_cap, sizes, flags] =
        Guest::default().io;
    let io = [magic, layout, events_off, 1, commands_off, commands_cap, sizes, flags];
    let wasm = Guest { io, on_events: "(i32.const 64)".to_owned(), ..Guest::default() }.wasm();
    let calls = u64::from(ANSWER_COMMANDS_MAX) / 64;
    let outcome = run(&wasm, &tight(), &[events(calls), events(calls), events(2 * calls)]);
    let asked = u64::from(ANSWER_COMMANDS_MAX) + 64;
    let fault = Fault::TooManyCommands { asked, limit: ANSWER_COMMANDS_MAX };
    assert_eq!(*outcome.fault(), fault);
    assert!(fault.to_string().contains("65600 commands in one answer, but may ask for 65536"));
    assert_eq!((outcome.calls - 3, outcome.events), (3 * calls + 1, 3 * calls + 1));
}

#[test]
fn a_flood_of_log_lines_is_cut_off_and_the_last_ones_are_kept() {
    let wasm = Guest::importing(
        r#"(import "ringfence_1" "log" (func $log (param i32 i32 i32)))"#,
        "(loop $l
            (i32.store8 (i32.const 20000) (i32.add (i32.const 48) (local.get $i)))
            (call $log (i32.const 1) (i32.const 20000) (i32.const 89))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                (i32.const 50))))
         (i32.const 0)",
    );
    // A line costs 100 bytes: its text and what it is kept with.
    let config = SandboxConfig {
        log_bytes_per_second: 1_000,
        log_bytes_kept: 350,
        ..SandboxConfig::default()
    };
    let outcome = run(&wasm, &config, &[events(1)]);
    assert_eq!(outcome.log_dropped, 40);
    let firsts: Vec<u8> = outcome.log.iter().map(|line| line.text.as_bytes()[0]).collect();
    assert_eq!(firsts, [48 + 7, 48 + 8, 48 + 9], "the last three of the ten that it may write");
}
