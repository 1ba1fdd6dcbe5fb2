//! Guests that try to break out, and what becomes of each: a fault, the same on every engine.

use ringfence_core::quantity::Time;
use ringfence_guest::abi::submit::{BAD_LEN, FULL, NO_COMMAND, NOT_NOW};
use ringfence_host::runtime::{
    Import, ImportFault, Panic, SUBMIT_BAD_LEN, SUBMIT_FULL, SUBMIT_NO_COMMAND, SUBMIT_NOT_NOW,
    Trap,
};
use ringfence_host::sandbox::{
    ANSWER_COMMANDS_MAX, Cache, Fault, IoError, LoadError, Refusal, Sandbox, SandboxConfig,
};

use crate::guests::{
    COMMANDS, COMMANDS_CAP, EVENTS, EVENTS_CAP, Guest, Outcome, echo, engines, events, run, run_on,
    tight, with_section,
};

/// Runs a guest that does this with its events, and expects this fault.
#[track_caller]
fn check(on_events: &str, expected: &Fault) {
    check_guest(&Guest { on_events: on_events.to_owned(), ..Guest::default() }, expected);
}

#[track_caller]
fn check_guest(guest: &Guest, expected: &Fault) -> Outcome {
    let config = tight();
    let outcome = run(&guest.wasm(), &config, &[events(2), events(1)]);
    assert_eq!(outcome.fault(), expected);
    let delivered = outcome.delivered.as_ref().unwrap();
    assert_eq!(delivered[0], delivered[1], "a spent sandbox gives the same answer");
    assert_eq!((outcome.commands, outcome.traps), (0, 1));
    assert!(outcome.gas >= config.gas_per_call, "a call that fails costs all it was given");
    outcome
}

const OUT_OF_GAS: Fault = Fault::OutOfGas { limit: 200_000 };
const TOO_DEEP: Fault = Fault::TooDeep { limit: 1_024 };

#[test]
fn a_loop_without_end_runs_out_of_gas() {
    check("(loop $l (br $l)) (i32.const 0)", &OUT_OF_GAS);
    check("(loop $l (br_if $l (i32.const 1))) (i32.const 0)", &OUT_OF_GAS);
    check("(loop $l (br_table $l $l (i32.const 0))) (i32.const 0)", &OUT_OF_GAS);
    check("(loop $a (loop $b (br $a))) (i32.const 0)", &OUT_OF_GAS);
    check("(loop $l (if (i32.const 1) (then (br $l)) (else (nop)))) (i32.const 0)", &OUT_OF_GAS);
    let guest = Guest {
        on_events: "(loop $l (call $leaf) (br $l)) (i32.const 0)".to_owned(),
        more: "(func $leaf)".to_owned(),
        ..Guest::default()
    };
    check_guest(&guest, &OUT_OF_GAS);
}

#[test]
fn a_loop_without_end_in_the_start_is_no_start() {
    let fault = Fault::OutOfGas { limit: 400_000 };
    for (guest, export, function) in [
        (
            Guest { init: "(loop $l (br $l)) (i32.const 0)".into(), ..Guest::default() },
            "rf_init",
            2,
        ),
        (Guest { io_at: "(loop $l (br $l)) (i32.const 64)", ..Guest::default() }, "rf_io", 1),
        (
            Guest { version: "(loop $l (br $l)) (i32.const 1)", ..Guest::default() },
            "rf_abi_version",
            0,
        ),
    ] {
        let outcome = run(&guest.wasm(), &tight(), &[]);
        let backtrace = vec![format!("function {function}")];
        let error = LoadError::Start { export, fault: fault.clone(), backtrace };
        assert_eq!(*outcome.load_error(), error);
    }
}

#[test]
fn a_loop_without_end_in_a_timer_runs_out_of_gas() {
    let guest = Guest {
        more: r#"(func (export "rf_timer") (param i64) (loop $l (br $l)))"#.into(),
        ..Guest::default()
    };
    for engine in engines() {
        let mut sandbox =
            Sandbox::load(&**engine, &Cache::disabled(), &guest.wasm(), &tight()).unwrap();
        let mut out = Vec::new();
        assert_eq!(sandbox.call_timer(Time(5), &mut out), Err(OUT_OF_GAS), "{}", engine.name());
        assert_eq!(sandbox.deliver(Time(6), &events(1), &mut out), Err(OUT_OF_GAS));
        assert_eq!(sandbox.fault(), Some(&OUT_OF_GAS));
    }
}

#[test]
fn bulk_operations_cost_by_length() {
    // Twelve instructions a turn, but 32 KiB.
    check(
        "(loop $l (memory.fill (i32.const 65536) (i32.const 1) (i32.const 32768)) (br $l))
         (i32.const 0)",
        &OUT_OF_GAS,
    );
    let turns = "(loop $l
        (memory.copy (i32.const 65536) (i32.const 66000) (i32.const {len}))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
        (i32.const 0)";
    let gas =
        |len: &str| run(&Guest::doing(&turns.replace("{len}", len)), &tight(), &[events(1)]).gas;
    assert_eq!(gas("32000") - gas("0"), 10 * 32_000 / 4);
    // A length beyond the memory is charged before the engine looks at it.
    check("(memory.fill (i32.const 0) (i32.const 1) (i32.const -1)) (i32.const 0)", &OUT_OF_GAS);
}

#[test]
fn calls_without_end_run_out_of_stack() {
    let recursion = |more: &str| Guest {
        on_events: "(call $deeper (local.get $count))".to_owned(),
        more: more.to_owned(),
        ..Guest::default()
    };
    check_guest(
        &recursion(
            "(func $deeper (param i32) (result i32)
                (i32.add (call $deeper (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))",
        ),
        &TOO_DEEP,
    );
    check_guest(
        &recursion(
            "(table funcref (elem $deeper)) (type $f (func (param i32) (result i32)))
             (func $deeper (param i32) (result i32)
                (i32.xor (call_indirect (type $f) (local.get 0) (i32.const 0)) (local.get 0)))",
        ),
        &TOO_DEEP,
    );
    check_guest(
        &recursion(
            "(func $deeper (param i32) (result i32) (i32.add (call $b (local.get 0)) (i32.const 1)))
             (func $b (param i32) (result i32) (i32.mul (call $deeper (local.get 0)) (i32.const 3)))",
        ),
        &TOO_DEEP,
    );
}

/// Each of its frames holds hundreds of values across the call that goes deeper.
fn heavy_recursion() -> Guest {
    let count = 900;
    let locals = "(local i64)".repeat(count);
    let set: String = (1..=count)
        .map(|at| format!("(local.set {at} (i64.load offset={} (local.get 0)))", at * 8))
        .collect();
    let used: String = (1..=count).map(|at| format!("(local.get {at}) i64.xor ")).collect();
    Guest {
        on_events: "(i32.wrap_i64 (call $deeper (i32.const 65536)))".into(),
        more: format!(
            "(func $deeper (param i32) (result i64) {locals} {set}
                (call $deeper (i32.add (local.get 0) (i32.const 8))) {used})"
        ),
        ..Guest::default()
    }
}

#[test]
fn heavy_frames_run_out_of_stack_sooner_and_never_take_the_process_along() {
    let guest = heavy_recursion();
    check_guest(&guest, &TOO_DEEP);
    // On a thread whose stack is far too small for it.
    let thread = std::thread::Builder::new().stack_size(256 << 10);
    let small = thread.spawn(move || check_guest(&guest, &TOO_DEEP)).unwrap();
    small.join().unwrap();
}

#[test]
fn the_end_of_the_native_stack_is_a_fault_where_the_depth_limit_fails() {
    let guest = Guest {
        on_events: "(call $deeper (local.get $count))".into(),
        more: "(func $deeper (param i32) (result i32)
                (i32.rotl (call $deeper (i32.add (local.get 0) (i32.const 1))) (local.get 0)))"
            .into(),
        ..Guest::default()
    };
    let gas_per_call = 1_000_000_000;
    let config = SandboxConfig { depth: u32::MAX, gas_per_call, ..SandboxConfig::default() };
    // An interpreter keeps its frames elsewhere.
    for engine in engines().iter().filter(|engine| engine.keeps_artifacts()) {
        for _ in 0..3 {
            let outcome = run_on(&**engine, &guest.wasm(), &config, &[events(1)]);
            let name = engine.name();
            assert_eq!(*outcome.fault(), Fault::Trapped(Trap::StackExhausted), "{name}");
            let outcome = run_on(&**engine, &echo(), &config, &[events(1)]);
            assert_eq!(outcome.asked().len(), 1, "{name} goes on");
        }
    }
}

#[test]
fn every_trap_has_the_same_name_everywhere() {
    for (body, trap) in [
        ("unreachable", Trap::Unreachable),
        ("(i32.load (i32.const -4))", Trap::MemoryOutOfBounds),
        ("(i32.load offset=4294967295 (local.get $events))", Trap::MemoryOutOfBounds),
        ("(i64.store (i32.const 131065) (i64.const 1)) (i32.const 0)", Trap::MemoryOutOfBounds),
        (
            "(memory.copy (i32.const 131000) (i32.const 0) (i32.const 1000)) (i32.const 0)",
            Trap::MemoryOutOfBounds,
        ),
        (
            "(memory.fill (i32.const 131000) (i32.const 0) (i32.const 1000)) (i32.const 0)",
            Trap::MemoryOutOfBounds,
        ),
        ("(i32.div_s (i32.const 1) (local.get $i))", Trap::DivideByZero),
        ("(i32.rem_u (i32.const 1) (local.get $i))", Trap::DivideByZero),
        (
            "(i32.div_s (i32.const 0x80000000) (i32.sub (local.get $i) (i32.const 1)))",
            Trap::IntegerOverflow,
        ),
        ("(i32.trunc_f64_s (f64.div (f64.const 0) (f64.const 0)))", Trap::BadConversion),
        ("(i32.trunc_f64_s (f64.const 1e300))", Trap::IntegerOverflow),
        ("(call_indirect (type $f) (i32.const 9))", Trap::TableOutOfBounds),
        ("(call_indirect (type $f) (i32.const 1))", Trap::NoSuchFunction),
        ("(call_indirect (type $f) (i32.const 0))", Trap::WrongFunctionType),
    ] {
        let guest = Guest {
            on_events: body.to_owned(),
            more: "(type $f (func (result i32))) (table 3 funcref) (elem (i32.const 0) $other)
                   (func $other (param f32))"
                .to_owned(),
            ..Guest::default()
        };
        check_guest(&guest, &Fault::Trapped(trap));
    }
}

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
fn an_io_block_that_makes_no_sense_is_no_start() {
    let usual = Guest::default().io;
    let with = |at: usize, word: u32| {
        let mut io = usual;
        io[at] = word;
        Guest { io, ..Guest::default() }
    };
    let at = |io_at| Guest { io_at, ..Guest::default() };
    let (block, page) = ("block", 2 << 16);
    let misplaced = |what, offset, len| IoError::Misplaced { what, offset, len };
    for (guest, error) in [
        (at("(i32.const 65)"), misplaced(block, 65, 32)),
        (at("(i32.const -64)"), misplaced(block, u32::MAX - 63, 32)),
        (at("(i32.const 131072)"), misplaced(block, page, 32)),
        (at("(i32.const 192)"), IoError::Magic { magic: 0 }),
        (with(0, 7), IoError::Magic { magic: 7 }),
        (with(1, 2), IoError::Version { major: 2, minor: 0 }),
        (with(1, 1 | 1 << 16), IoError::Version { major: 1, minor: 1 }),
        (with(2, EVENTS + 8), misplaced("events", EVENTS + 8, 4_096)),
        (with(2, page - 64), misplaced("events", page - 64, 4_096)),
        (with(2, 64), IoError::Overlap { first: block, second: "events" }),
        (with(3, 0), IoError::Cap { what: "events", cap: 0 }),
        (with(3, 65_537), IoError::Cap { what: "events", cap: 65_537 }),
        (with(3, u32::MAX), IoError::Cap { what: "events", cap: u32::MAX }),
        (with(3, 65_536), misplaced("events", EVENTS, 4 << 20)),
        (with(3, EVENTS_CAP + 1), IoError::Overlap { first: "events", second: "commands" }),
        (with(4, u32::MAX - 63), misplaced("commands", u32::MAX - 63, 8_192)),
        (with(4, EVENTS), IoError::Overlap { first: "events", second: "commands" }),
        (with(5, 0), IoError::Cap { what: "commands", cap: 0 }),
        (with(5, 2_048), misplaced("commands", COMMANDS, 2_048 * 128)),
        (with(6, 64 | 64 << 16), IoError::Stride { event: 64, command: 64 }),
        (with(6, 0), IoError::Stride { event: 0, command: 0 }),
        (with(7, 1), IoError::Flags { flags: 1 }),
    ] {
        let outcome = run(&guest.wasm(), &tight(), &[]);
        assert_eq!(*outcome.load_error(), LoadError::Io(error));
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

#[test]
fn memory_grows_to_its_limit_and_no_further() {
    let wasm = Guest::doing(
        "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
         (drop (memory.grow (i32.const -1)))
         (drop (memory.grow (i32.const 65535)))
         (memory.fill (i32.const 65536) (i32.const 7) (i32.const 65536))
         (i32.const 0)",
    );
    let config = SandboxConfig { memory_pages: 9, ..SandboxConfig::default() };
    let outcome = run(&wasm, &config, &[events(1), events(1)]);
    assert_eq!(outcome.pages, 9);
    assert_eq!(outcome.asked(), []);
    // What it declares itself counts where it is less.
    let modest = Guest {
        memory: "2 3",
        on_events: "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
                    (i32.const 0)"
            .into(),
        ..Guest::default()
    };
    assert_eq!(run(&modest.wasm(), &config, &[events(1)]).pages, 3);
    // Pages are paid for.
    let outcome = run(&wasm, &SandboxConfig { memory_pages: 256, ..tight() }, &[events(1)]);
    assert_eq!(*outcome.fault(), OUT_OF_GAS);
}

#[test]
fn state_that_cannot_be_carried_along_is_refused() {
    let refused = |more: &str, body: &str| {
        let on_events = format!("{body} (i32.const 0)");
        let guest = Guest { on_events, more: more.to_owned(), ..Guest::default() };
        match run(&guest.wasm(), &tight(), &[]).load_error().clone() {
            LoadError::Refused(refusals) => refusals,
            error => panic!("{body}: {error}"),
        }
    };
    let more = "(table $t 1 funcref) (elem $e funcref (ref.null func)) (data $d \"abc\")";
    let numbers = "(i32.const 0) (i32.const 0) (i32.const 1)";
    for (body, instruction) in [
        ("(drop (table.grow $t (ref.null func) (i32.const 1000000)))", "table.grow"),
        ("(table.fill $t (i32.const 0) (ref.null func) (i32.const 1))", "table.fill"),
        ("(table.set $t (i32.const 0) (ref.null func))", "table.set"),
        (&format!("(table.copy {numbers})"), "table.copy"),
        (&format!("(table.init $e {numbers})"), "table.init"),
    ] {
        assert_eq!(refused(more, body), [Refusal::TableChange { instruction }]);
    }
    for (body, instruction) in [
        ("(elem.drop $e)", "elem.drop"),
        ("(data.drop $d)", "data.drop"),
        (&format!("(memory.init $d {numbers})"), "memory.init"),
    ] {
        assert_eq!(refused(more, body), [Refusal::SegmentUse { instruction }]);
    }
    let reference = "(global $n (mut i32) (i32.const 0))
                     (global $g (mut funcref) (ref.null func))";
    assert_eq!(refused(reference, "nop"), [Refusal::ReferenceGlobal { number: 1 }]);
    let large = Guest { more: "(table 2501 funcref)".into(), ..Guest::default() };
    let error = run(&large.wasm(), &tight(), &[]).load_error().to_string();
    assert_eq!(error, "has 2501 table elements, but may have 2500");
}

#[test]
fn a_start_function_never_runs() {
    let guest = Guest { more: "(func $s (loop $l (br $l))) (start $s)".into(), ..Guest::default() };
    let outcome = run(&guest.wasm(), &tight(), &[]);
    assert_eq!(*outcome.load_error(), LoadError::Refused(vec![Refusal::StartFunction]));
}

#[test]
fn sixty_four_mebibytes_of_data_are_refused() {
    let zeros = "0".repeat(64 << 20);
    let guest = Guest {
        memory: "1100",
        more: format!("(data (i32.const 65536) \"{zeros}\")"),
        ..Guest::default()
    };
    let wasm = guest.wasm();
    drop(zeros);
    let error = run(&wasm, &tight(), &[]).load_error().clone();
    assert_eq!(error, LoadError::TooLarge { len: wasm.len(), max: 8 << 20 });
    // Where modules may be as large as that, memory still may not.
    let config = SandboxConfig { module_bytes_max: u32::MAX, ..tight() };
    let error = run(&wasm, &config, &[]).load_error().clone();
    let refusal = Refusal::MemoryTooLarge { pages: 1_100, max: 256 };
    assert_eq!(error, LoadError::Refused(vec![refusal]));
}

#[test]
fn segments_that_do_not_fit_are_refused() {
    let data = |offset, len| ("data", 1, offset, len, 131_072);
    let elements = |offset, len, room| ("element", 0, offset, len, room);
    for (more, segment) in [
        (r#"(data (i32.const 131070) "abcdef")"#, data(131_070, 6)),
        (r#"(data (i32.const -1) "abc")"#, data(u32::MAX, 3)),
        (r#"(data (i32.const 131073) "")"#, data(131_073, 0)),
        ("(table 1 1 funcref) (func $f) (elem (i32.const 1) $f)", elements(1, 1, 1)),
        ("(table 0 1 funcref) (func $f) (elem (i32.const 0) $f)", elements(0, 1, 0)),
        (
            "(table 2 funcref) (elem (i32.const -1) funcref (ref.null func))",
            elements(u32::MAX, 1, 2),
        ),
    ] {
        let wasm = Guest { more: more.into(), ..Guest::default() }.wasm();
        let (what, number, offset, len, room) = segment;
        let refusal = Refusal::Misplaced { what, number, offset, len, room };
        let refused = ringfence_host::sandbox::admit(&wasm, &tight()).unwrap_err();
        assert_eq!(refused, LoadError::Refused(vec![refusal]), "{more}");
    }
    // What ends where there is no more, and what is copied when somebody asks for it, are no trouble.
    let fits = r#"(data (i32.const 131069) "abc") (data (i32.const 131072) "") (data "passive")
        (table 1 funcref) (func $f) (elem (i32.const 0) $f) (elem func $f)"#;
    let wasm = Guest { more: fits.into(), ..Guest::default() }.wasm();
    assert!(run(&wasm, &tight(), &[events(1)]).delivered.is_ok());
}

#[test]
fn no_custom_section_reaches_an_engine() {
    let plain = echo();
    let smuggled =
        with_section(with_section(plain.clone(), "wasmedge", &[0x90; 4_096]), "name", b"");
    let admitted = ringfence_host::sandbox::admit(&smuggled, &tight()).unwrap();
    let expected = ringfence_host::sandbox::admit(&plain, &tight()).unwrap();
    assert_eq!(admitted.bytes(), expected.bytes(), "the sections leave no trace");
    let batches = [events(5)];
    assert_eq!(run(&smuggled, &tight(), &batches), run(&plain, &tight(), &batches));
}

#[test]
fn guests_of_both_engines_trap_side_by_side() {
    let trap = Guest::doing("(i32.load (i32.const -4))");
    let fine = echo();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (trap, fine) = (trap.clone(), fine.clone());
            std::thread::spawn(move || {
                for _ in 0..20 {
                    for engine in engines() {
                        let load = |wasm: &[u8]| {
                            Sandbox::load(&**engine, &Cache::disabled(), wasm, &tight()).unwrap()
                        };
                        let (mut bad, mut good) = (load(&trap), load(&fine));
                        let mut out = Vec::new();
                        let fault = bad.deliver(Time(1), &events(1), &mut out).unwrap_err();
                        assert_eq!(fault, Fault::Trapped(Trap::MemoryOutOfBounds));
                        good.deliver(Time(1), &events(9), &mut out).unwrap();
                        assert_eq!(out.len(), 9);
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
