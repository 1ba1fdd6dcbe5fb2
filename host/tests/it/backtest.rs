//! `ringfence backtest`: what it says of strategies, on each kind of market.

use crate::command::{Folder, Run, ringfence};
use crate::guests::{Guest, colossus, guest_file};

/// Takes two lots at 101 or better whenever somebody's order comes into the book.
const BUYER: &str = "
    (if (i32.ne (i32.load8_u (local.get $events)) (i32.const 17)) (then (return (i32.const 0))))
    (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
    (memory.fill (i32.const 4224) (i32.const 0) (i32.const 128))
    (i32.store8 (i32.const 4224) (i32.const 3))
    (i32.store8 offset=3 (i32.const 4224) (i32.const 3))
    (i32.store16 offset=4 (i32.const 4224) (i32.const 32))
    (i64.store offset=24 (i32.const 4224) (global.get $calls))
    (i64.store offset=40 (i32.const 4224) (i64.const 101))
    (i64.store offset=48 (i32.const 4224) (i64.const 2))
    (i32.const 1)";

fn buyer() -> Vec<u8> {
    let more = "(global $calls (mut i64) (i64.const 0))".to_owned();
    Guest { on_events: BUYER.to_owned(), more, ..Guest::default() }.wasm()
}

const TAPE: &str = r#"{"op":"instrument","instrument":0,"symbol":"ABC"}
{"op":"new","instrument":0,"id":1,"side":"buy","qty":5,"price":99,"at":1}
{"op":"new","instrument":0,"id":2,"side":"sell","qty":7,"price":101,"at":2}
{"op":"new","instrument":0,"id":3,"side":"sell","qty":9,"price":105,"at":3}
"#;

/// What the paragraph of a run's only strategy says of `what`.
#[track_caller]
fn said<'a>(run: &'a Run, what: &str) -> &'a str {
    let mut lines = run.out.lines().filter_map(|line| line.strip_prefix("  ")?.strip_prefix(what));
    lines.next().unwrap_or_else(|| panic!("no line of {what}: {}", run.out)).trim()
}

#[test]
fn a_tape_ends_with_a_paragraph_for_each_strategy() {
    let folder = Folder::new("backtest-tape");
    let tape = folder.write("tape.jsonl", TAPE);
    let file = folder.write("buyer.wasm", buyer());
    let page = folder.path("page.html");
    let run = ringfence(&["backtest", &file, "--tape", &tape, "--report", &page]);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{}", run.out);
    assert!(run.out.starts_with(&format!("{tape}\n\n1 buyer\n")), "{}", run.out);
    // Bought at 101, worth 100 in the middle of 99 and 101.
    assert_eq!(said(&run, "PnL"), "-4 (fees 0)");
    assert_eq!(said(&run, "position  "), "4 lots; from 0 to 4");
    assert_eq!(said(&run, "lots traded"), "4 in 2 fills");
    assert_eq!(said(&run, "of them resting"), "0.0 %");
    assert_eq!(said(&run, "hit ratio"), "66.6 %: 2 orders traded");
    assert_eq!(said(&run, "position over time").chars().count(), 60);
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("Position of each strategy") && html.contains("66.6 %"));
    let again = ringfence(&["backtest", &file, "--tape", &tape]);
    assert_eq!(run.out, again.out, "every run is equal");
}

#[test]
fn the_largest_orders_at_the_highest_price_are_settled_and_shown() {
    let folder = Folder::new("backtest-colossus");
    let mut tape = r#"{"op":"instrument","instrument":1,"symbol":"ABC","maker_bps":5}"#.to_owned();
    for id in 1..6 {
        let order = r#""op":"new","instrument":1,"side":"buy","qty":1,"price":1"#;
        tape.push_str(&format!("\n{{{order},\"id\":{id},\"at\":{id}}}"));
    }
    let tape = folder.write("tape.jsonl", tape);
    let file = folder.write("colossus.wasm", colossus());
    let page = folder.path("page.html");
    let run = ringfence(&["backtest", &file, "--tape", &tape, "--report", &page]);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{}", run.out);
    assert!(!said(&run, "lots traded").starts_with('0'), "{}", run.out);
    let html = std::fs::read_to_string(&page).unwrap();
    let mut charts = html.split("<script type=\"application/json\">").skip(1);
    assert!(charts.clone().count() >= 3, "{html}");
    assert!(charts.all(|it| {
        serde_json::from_str::<serde_json::Value>(it.split("</script>").next().unwrap_or_default())
            .is_ok()
    }));
    let replayed = ringfence(&["replay", &tape, "--strategy", &file]);
    assert_eq!(replayed.status, 0, "{}", replayed.err);
}

#[test]
fn a_strategy_that_fails_shows_in_the_exit_status() {
    let folder = Folder::new("backtest-fault");
    let tape = folder.write("tape.jsonl", TAPE);
    let traps = folder.write("traps.wasm", Guest::doing("(unreachable)"));
    let file = folder.write("buyer.wasm", buyer());
    let run = ringfence(&["backtest", &traps, &file, "--tape", &tape]);
    assert_eq!(run.status, 1, "{}", run.out);
    assert!(run.out.contains("1 traps") && run.out.contains("2 buyer"), "{}", run.out);
    assert!(said(&run, "FAULT").starts_with("disabled"), "{}", run.out);
}

#[test]
fn a_fault_is_told_however_quiet_a_replay_is_and_in_last_words_too() {
    let folder = Folder::new("backtest-last-words");
    let tape = folder.write("tape.jsonl", TAPE);
    let traps = folder.write("traps.wasm", Guest::doing("(unreachable)"));
    let more = r#"(func (export "rf_shutdown") (unreachable))"#.to_owned();
    let ends_badly = folder.write("ends-badly.wasm", Guest { more, ..Guest::default() }.wasm());
    let asked = ["replay", "-q", "--events", "none", "--strategy", &traps];
    let run = ringfence(&[&asked[..], &["--strategy", &ends_badly, &tape]].concat());
    assert_eq!(
        (run.status, run.err.as_str()),
        (
            0,
            "strategy 1 traps disabled: it trapped: it executed `unreachable` (a panic or a failed assertion); its orders were cancelled\n\
             strategy 2 ends-badly it failed in its last words, `rf_shutdown`: it trapped: it executed `unreachable` (a panic or a failed assertion)\n"
        )
    );
    let run = ringfence(&["backtest", &ends_badly, "--tape", &tape]);
    assert_eq!(run.status, 1, "{}", run.out);
    assert!(said(&run, "FAULT").starts_with("it failed in its last words"), "{}", run.out);
}

#[test]
fn what_a_strategy_says_begins_no_line_and_drives_no_terminal() {
    let folder = Folder::new("backtest-escape");
    let tape = folder.write("tape.jsonl", TAPE);
    let guest = |init: &str, on_events: &str| Guest {
        imports: r#"(import "ringfence_1" "log" (func $log (param i32 i32 i32)))
            (import "ringfence_1" "panic" (func $panic (param i32 i32 i32 i32)))
            (func $gives_up
                (call $log (i32.const 3) (i32.const 20000) (i32.const 14))
                (call $panic (i32.const 20000) (i32.const 14) (i32.const 0) (i32.const 0))
                unreachable)"#,
        init: init.to_owned(),
        on_events: on_events.to_owned(),
        more: r#"(data (i32.const 20000) "a\0a\1b[31mred\0d\7f\c2\85")"#.to_owned(),
        ..Guest::default()
    };
    let runs = guest("(i32.const 0)", "(call $gives_up) (i32.const 0)").wasm();
    let runs = folder.write("runs.wasm", runs);
    let starts = guest("(call $gives_up) (i32.const 0)", "(i32.const 0)").wasm();
    let starts = folder.write("starts.wasm", starts);
    let escaped = r"a\n\u{1b}[31mred\r\u{7f}\u{85}";
    for args in [
        &["replay", "--events", "none", "--logs", "--strategy", &runs, &tape][..],
        &["replay", "--events", "none", "-q", "--strategy", &runs, &tape],
        &["replay", "--events", "none", "-q", "--strategy", &starts, &tape],
        &["backtest", &runs, "--tape", &tape, "--verbose"],
    ] {
        let run = ringfence(args);
        let told = run.out + &run.err;
        assert!(told.contains(escaped), "{told:?}");
        let drives = |letter: char| letter != '\n' && letter.is_control();
        assert!(!told.contains(drives) && !told.contains("\n\u{1b}"), "{told:?}");
    }
}

#[test]
fn days_are_seeded_or_read() {
    let quoter = guest_file("strategy-quoter");
    let Some(quoter) = quoter.to_str().filter(|_| quoter.is_file()) else {
        println!("skipped: there is no strategy-quoter.wasm; .ci/build-guests.sh builds it");
        return;
    };
    let folder = Folder::new("backtest-day");
    let (day, book) = (folder.path("day.csv"), folder.path("book.csv"));
    let files = ["--messages", &day, "--orderbook", &book];
    let made = ringfence(&[&["generate", "--seed", "3", "--count", "3000"], &files[..]].concat());
    assert_eq!(made.status, 0, "{}", made.err);
    let strategy = format!("{quoter},size=50,spread=400");
    let seeded = ringfence(&["backtest", &strategy, "--generate", "3", "--count", "3000"]);
    let read = ringfence(&[&["backtest", &strategy], &files[..]].concat());
    assert_eq!((seeded.status, read.status), (0, 0), "{}{}", seeded.err, read.err);
    for what in ["PnL", "position", "lots traded", "orders", "gas"] {
        assert_eq!(said(&seeded, what), said(&read, what));
    }
    assert!(said(&seeded, "lots traded").starts_with(|it: char| it.is_ascii_digit() && it != '0'));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = Folder::new("backtest-refused");
    let tape = folder.write("tape.jsonl", TAPE);
    let file = folder.write("buyer.wasm", buyer());
    let missing = folder.path("missing.wasm");
    ringfence(&["backtest", &missing, "--tape", &tape]).refused(&["cannot open", &missing]);
    let bad = folder.write("bad.jsonl", "{\"op\":\"dance\"}\n");
    ringfence(&["backtest", &file, "--tape", &bad]).refused(&["bad.jsonl", "line 1", "dance"]);
    for wrong in [
        &["backtest", &file][..],
        &["backtest", "--generate", "1"],
        &["backtest", &file, "--generate", "1", "--tape", &tape],
        &["backtest", &file, "--tape", &tape, "--orderbook", &tape],
        &["backtest", &file, "--tape", &tape, "--count", "5"],
        &["backtest", &file, "--generate", "1", "--count", "0"],
    ] {
        let run = ringfence(wrong);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{wrong:?}: {}", run.err);
    }
}

#[test]
fn last_words_are_logged_and_read_on_request() {
    let folder = Folder::new("backtest-logs");
    let tape = folder.write("tape.jsonl", TAPE);
    let says = |place: u32| format!("(call $log (i32.const 3) (i32.const {place}) (i32.const 3))");
    let guest = Guest {
        imports: r#"(import "ringfence_1" "log" (func $log (param i32 i32 i32)))"#,
        on_events: format!("{} (i32.const 0)", says(20_000)),
        more: format!(
            r#"(data (i32.const 20000) "onebye") (func (export "rf_shutdown") {})"#,
            says(20_003)
        ),
        ..Guest::default()
    };
    let file = folder.write("talker.wasm", guest.wasm());
    let run = ringfence(&["backtest", &file, "--tape", &tape, "--logs"]);
    assert_eq!(run.status, 0, "{}", run.err);
    let lines: Vec<_> = run.err.lines().collect();
    let (last, first) = (lines.last().unwrap(), lines.first().unwrap());
    assert!(lines.len() > 1 && first.ends_with(" info: one"), "{lines:?}");
    assert_eq!(*last, "1 talker 3 info: bye", "once, at the end: {lines:?}");
    assert_eq!(lines.iter().filter(|line| line.ends_with("bye")).count(), 1);
    let replay = ["replay", &tape, "--strategy", &file, "--events", "none", "--quiet", "--logs"];
    assert_eq!(ringfence(&replay).err, run.err);
    assert_eq!(ringfence(&["backtest", &file, "--tape", &tape]).err, "");
}
