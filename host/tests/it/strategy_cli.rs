//! `ringfence strategy`: what is checked, what is shown, and what is refused.

use crate::command::{Folder, Run, ringfence};
use crate::guests::Guest;

const MANIFEST: &str = r#"{"abi":"1.0","name":"calm","version":"2.1.0","params":[{"name":"size","type":"u64","default":"100","about":"Lots."}],"subscriptions":["l1","timer"],"timer_ns":5000,"imports":["log"]}"#;

/// A guest with this manifest, further custom sections and whatever else.
fn with_manifest(guest: &Guest, manifest: &str) -> Vec<u8> {
    let mut wasm = guest.wasm();
    for (name, bytes) in [("ringfence.manifest", manifest), ("smuggled", "native code")] {
        let len = 1 + name.len() + bytes.len();
        let (low, high) = ((len & 0x7F) as u8 | 0x80, (len >> 7) as u8);
        wasm.extend([0, low, high, name.len() as u8]);
        wasm.extend(name.bytes().chain(bytes.bytes()));
    }
    wasm
}

/// The line of a check, its columns apart.
#[track_caller]
fn line<'a>(run: &'a Run, check: &str) -> Vec<&'a str> {
    let columns = |line: &'a str| line.split("  ").map(str::trim).filter(|it| !it.is_empty());
    let found = run.out.lines().map(|it| columns(it).collect::<Vec<_>>());
    let found = found.into_iter().find(|columns| columns.get(1) == Some(&check));
    found.unwrap_or_else(|| panic!("no line about {check}:\n{}", run.out))
}

#[test]
fn a_sound_strategy_passes_every_check() {
    let folder = Folder::new("check-sound");
    let log = r#"(import "ringfence_1" "log" (func (param i32 i32 i32)))"#;
    let guest = Guest { imports: log, ..Guest::default() };
    let file = folder.write("calm.wasm", with_manifest(&guest, MANIFEST));
    let run = ringfence(&["strategy", "check", &file]);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{}", run.out);
    assert!(run.out.ends_with(&format!("{file} is admitted\n")), "{}", run.out);
    assert!(!run.out.contains("REFUSED"), "{}", run.out);
    assert_eq!(line(&run, "ABI version"), ["ok", "ABI version", "1.0", "1.0"]);
    assert_eq!(line(&run, "imports")[3], "ringfence_1.log");
    assert_eq!(line(&run, "memory pages"), ["ok", "memory pages", "256", "2"]);
    assert_eq!(line(&run, "table elements"), ["ok", "table elements", "2,500", "0"]);
    assert_eq!(line(&run, "export rf_timer")[3], "absent");
    assert_eq!(line(&run, "export rf_io")[2..], ["() -> i32", "() -> i32"]);
}

#[test]
fn each_broken_rule_has_its_line_and_its_sentence() {
    let folder = Folder::new("check-broken");
    let refused = |guest: &Guest, manifest: &str, check: &str, sentence: &str| {
        let file = folder.write("broken.wasm", with_manifest(guest, manifest));
        let run = ringfence(&["strategy", "check", &file]);
        assert_eq!((run.status, run.err.as_str()), (1, ""), "{check}: {}", run.out);
        assert_eq!(line(&run, check)[0], "REFUSED", "{}", run.out);
        assert_eq!(run.out.matches("REFUSED").count(), 1, "{}", run.out);
        assert!(run.out.contains(sentence), "{sentence} in {}", run.out);
        assert!(run.out.contains("is refused by 1 of "), "{}", run.out);
    };
    let usual = Guest::default();
    let wasi = r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32) (result i32)))"#;
    let foreign = Guest { imports: wasi, ..Guest::default() };
    refused(&foreign, MANIFEST, "imports", "`wasi_snapshot_preview1.fd_write`");
    let rand = r#"(import "ringfence_1" "rand64" (func (result i64)))"#;
    let unlisted = Guest { imports: rand, ..Guest::default() };
    refused(&unlisted, MANIFEST, "imports", "which its manifest does not list");
    let more = |more: &str| Guest { more: more.to_owned(), ..Guest::default() };
    refused(&more("(func $f) (start $f)"), MANIFEST, "start function", "has a start function");
    let timer = more(r#"(func (export "rf_timer") (param i32))"#);
    refused(&timer, MANIFEST, "export rf_timer", "not as (i64)");
    let large = Guest { memory: "257", ..Guest::default() };
    refused(&large, MANIFEST, "memory pages", "begins with 257 pages");
    refused(&more("(table 2501 funcref)"), MANIFEST, "table elements", "has 2501 table elements");
    let data = r#"(data (i32.const 131070) "abc")"#;
    let said = "data segment 1 puts 3 bytes at 131070, where there are 131072";
    refused(&more(data), MANIFEST, "segments", said);
    let grows = "(table 1 funcref)
        (func (drop (table.grow (ref.null func) (i32.const 1))))";
    refused(&more(grows), MANIFEST, "ways to change tables", "table.grow");
    let log = r#"(import "ringfence_1" "log" (func $log (param i32 i32 i32)))"#;
    let pointer = "(table 1 funcref) (elem (i32.const 0) $log)".to_owned();
    let pointed = Guest { imports: log, more: pointer, ..Guest::default() };
    refused(&pointed, MANIFEST, "imports", "point at a function of the strategy that calls it");
    let returns = |count| more(&format!("(func {})", "(return) ".repeat(count)));
    refused(&returns(1 << 20), MANIFEST, "bytes of one function", "may have 1048576");
    refused(&returns(900_000), MANIFEST, "rewriting", "once its fence is in, but engines take");
    refused(&usual, "{", "manifest", "no manifest that a host reads");
    refused(&usual, r#"{"timer_ns":-1}"#, "manifest", "no manifest that a host reads");
    refused(&usual, r#"{"abi":"7.0"}"#, "ABI version", "ABI version 7.0");
    let simd = more("(func (drop (i8x16.splat (i32.const 0))))");
    refused(&simd, MANIFEST, "validation", "SIMD");
}

#[test]
fn what_is_no_module_is_refused_and_shown_as_such() {
    let folder = Folder::new("check-none");
    let text = folder.write("text.wasm", "(module)");
    let run = ringfence(&["strategy", "check", &text]);
    assert_eq!(run.status, 1);
    assert_eq!(line(&run, "kind")[0], "REFUSED", "{}", run.out);
    ringfence(&["strategy", "inspect", &text]).refused(&[&text, "not a whole Wasm module"]);
    let large = folder.write("large.wasm", vec![0; (8 << 20) + 1]);
    let run = ringfence(&["strategy", "check", &large]);
    assert_eq!(run.status, 1);
    let size = ["REFUSED", "size", "8,388,608 bytes", "8,388,609 bytes"];
    assert_eq!(line(&run, "size"), size);
    let whole = Guest::default().wasm();
    for len in (0..whole.len()).step_by(16) {
        // Cut off between two sections it is a module, though not a strategy.
        let cut = folder.write("cut.wasm", &whole[..len]);
        assert_eq!(ringfence(&["strategy", "check", &cut]).status, 1, "{len} bytes");
    }
    for task in ["check", "inspect"] {
        let missing = folder.path("missing.wasm");
        ringfence(&["strategy", task, &missing]).refused(&[&missing, "cannot open"]);
        ringfence(&["strategy", task, &folder.path("")]).refused(&["no file; name a module"]);
        assert_eq!(ringfence(&["strategy", task]).status, 2);
    }
    assert_eq!(ringfence(&["strategy"]).status, 2);
}

#[test]
fn a_strategy_is_shown_with_its_parts() {
    let folder = Folder::new("inspect");
    let log = r#"(import "ringfence_1" "log" (func (param i32 i32 i32)))"#;
    let guest = Guest { imports: log, memory: "2 9", ..Guest::default() };
    let file = folder.write("calm.wasm", with_manifest(&guest, MANIFEST));
    let run = ringfence(&["strategy", "inspect", &file]);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    let shown = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "name calm version 2.1.0 ABI 1.0 subscriptions l1, timer timer every 5,000 ns",
        "wanted imports log parameters: name, type, default size u64 100 Lots.",
        "custom section smuggled 11 bytes functions 4",
        "memory 2 pages of 64 KiB, at most 9 start function none",
        "imports ringfence_1.log (i32, i32, i32) exports memory memory",
        "rf_on_events (i32, i32) -> i32",
        "call of the host 256",
        "gas by function, each instruction once: gas, loops function 1 1 0",
    ] {
        assert!(shown.contains(part), "{part} in {}", run.out);
    }
    let evil = r#"(import "x" "\1b[2J" (global i32))"#;
    let evil = Guest { imports: evil, ..Guest::default() };
    let evil = folder.write("evil.wasm", with_manifest(&evil, "{}"));
    for task in ["check", "inspect"] {
        let run = ringfence(&["strategy", task, &evil]);
        assert!(run.out.contains("\\u{1b}[2J") && !run.out.contains('\u{1b}'), "{}", run.out);
    }
}
