//! Strategies in a replay: what is refused, what a fault costs, and what is said at the end.

use crate::command::{Folder, Run, ringfence};
use crate::guests::{self, Guest};

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
