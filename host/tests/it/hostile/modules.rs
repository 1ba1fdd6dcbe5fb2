//! Modules that are not let in for what they would do, or for what they say of their memory.

use ringfence_host::sandbox::{IoError, LoadError, Refusal, SandboxConfig, admit};

use crate::guests::{COMMANDS, EVENTS, EVENTS_CAP, Guest, echo, events, run, tight, with_section};

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
        let refused = admit(&wasm, &tight()).unwrap_err();
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
    let admitted = admit(&smuggled, &tight()).unwrap();
    let expected = admit(&plain, &tight()).unwrap();
    assert_eq!(admitted.bytes(), expected.bytes(), "the sections leave no trace");
    let batches = [events(5)];
    assert_eq!(run(&smuggled, &tight(), &batches), run(&plain, &tight(), &batches));
}
