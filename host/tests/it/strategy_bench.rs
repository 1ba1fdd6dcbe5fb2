//! `ringfence strategy bench`: a row for each engine, and a word where two differ.

use std::process::Command;

use crate::command::{Folder, ringfence};
use crate::guests::{self, Guest};

#[test]
fn every_engine_has_its_row_of_figures() {
    let folder = Folder::new("bench");
    let file = folder.write("echo.wasm", guests::echo());
    let run = ringfence(&["strategy", "bench", &file, "--messages", "200", "--runs", "1"]);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{}", run.out);
    let mut engines = Vec::new();
    if cfg!(feature = "wasmtime") {
        engines.extend([("wasmtime, compiled", true), ("wasmi, interpreted", false)]);
    }
    if cfg!(feature = "wasmedge") {
        engines.extend([("WasmEdge, compiled", true), ("WasmEdge, interpreted", false)]);
    }
    for (engine, keeps_code) in engines {
        let line = run.out.lines().find_map(|line| line.strip_prefix(engine));
        let line = line.unwrap_or_else(|| panic!("{engine}: {}", run.out));
        let cells: Vec<_> = line.split("  ").map(str::trim).filter(|it| !it.is_empty()).collect();
        let [ns_event, ns_call, never, kept, memory, code] = cells[..] else {
            panic!("{engine}: {cells:?}")
        };
        assert!(ns_event.contains('.') && ns_call != "0", "{line}");
        assert!([never, memory].iter().all(|it| it.ends_with('s')), "{line}");
        assert_eq!((kept != "-", code != "-"), (keeps_code, keeps_code), "{line}");
    }
    for said in ["gas an event", "bytes", "pages of memory", "median of 1", "the same state"] {
        assert!(run.out.contains(said), "{said} in {}", run.out);
    }
}

#[test]
fn one_that_fails_or_is_no_strategy_is_told() {
    let folder = Folder::new("bench-fault");
    let traps = folder.write("traps.wasm", Guest::doing("(unreachable)"));
    let run = ringfence(&["strategy", "bench", &traps, "--messages", "200", "--runs", "1"]);
    assert_eq!(run.status, 1, "{}{}", run.out, run.err);
    assert!(run.out.contains("it failed"), "{}", run.out);
    let text = folder.write("text.wasm", "text");
    ringfence(&["strategy", "bench", &text]).refused(&[&text, "Wasm"]);
    let missing = folder.path("missing.wasm");
    ringfence(&["strategy", "bench", &missing]).refused(&["cannot open", &missing]);
    assert_eq!(ringfence(&["strategy", "bench", &traps, "--runs", "0"]).status, 2);
}

/// A module that a compiler needs minutes for ends with a word. Here a compiler has three seconds of a
/// processor; what is left out of them needs a tenth of one.
#[test]
fn who_takes_a_compiler_too_long_is_told() {
    let folder = Folder::new("bench-loops");
    let loops = "(loop $again (br_if $again (memory.size)))".repeat(20_000);
    let file = folder.write("loops.wasm", Guest::doing(&format!("{loops} (i32.const 0)")));
    let run = Command::new("sh")
        .args(["-c", "ulimit -St 3; exec \"$0\" strategy bench \"$1\""])
        .args([env!("CARGO_BIN_EXE_ringfence"), &file])
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&run.stderr);
    assert_eq!((run.status.code(), run.stdout.len()), (Some(2), 0), "{err}");
    assert!(err.contains(&file) && err.contains("it used up its time on the processor"), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
}
