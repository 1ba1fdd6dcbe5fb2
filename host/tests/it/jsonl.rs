//! `ringfence replay --format jsonl`.

use crate::command::{Folder, ringfence, ringfence_on};

const TAPE: &str = r#"{"op":"instrument","instrument":1,"symbol":"ABC"}
{"op":"new","instrument":1,"id":1,"side":"sell","qty":5,"price":101}

{"op":"new","instrument":1,"account":7,"id":2,"side":"buy","qty":7,"price":101,"at":5}
{"op":"cancel","instrument":1,"id":9}
{"op":"time","now":99}
"#;

#[test]
fn a_tape_comes_out_as_events() {
    let run = ringfence_on(&["replay", "-"], TAPE);
    let wanted = r#"{"ev":"phase","seq":1,"instrument":1,"phase":"continuous"}
{"ev":"accepted","seq":2,"instrument":1,"id":1,"account":0,"side":"sell","qty":5,"price":101}
{"ev":"add","seq":2,"instrument":1,"id":1,"side":"sell","price":101,"qty":5}
{"ev":"level","seq":2,"instrument":1,"side":"sell","price":101,"qty":5,"orders":1}
{"ev":"bbo","seq":2,"instrument":1,"bid":null,"bid_qty":null,"ask":101,"ask_qty":5}
{"ev":"accepted","seq":3,"instrument":1,"id":2,"account":7,"side":"buy","qty":7,"price":101}
{"ev":"trade","seq":4,"instrument":1,"trade_id":1,"price":101,"qty":5,"taker":"buy","buy_id":2,"sell_id":1,"maker_id":1}
"#;
    assert!(run.out.starts_with(wanted), "{}", run.out);
    assert!(
        run.out
            .ends_with("\"op\":\"cancel\",\"id\":9,\"account\":0,\"reason\":\"unknown_order\"}\n"),
        "{}",
        run.out
    );
    assert_eq!(run.status, 0);
    assert!(run.err.contains("5 commands") && run.err.contains("p99.9"), "{}", run.err);
}

#[test]
fn classes_of_events_are_chosen() {
    let kinds = |events: &str| {
        let run = ringfence_on(&["replay", "-q", "--events", events, "-"], TAPE);
        assert_eq!((run.status, &*run.err), (0, ""));
        let kinds = run.out.lines().filter_map(|line| line.split('"').nth(3).map(str::to_owned));
        kinds.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(kinds("none"), "");
    assert_eq!(kinds("trades"), "phase trade");
    assert_eq!(kinds("l1,trades"), "phase bbo trade bbo");
    assert_eq!(kinds("private"), "accepted accepted filled filled rejected");
    assert_eq!(kinds("l3"), "phase add execute add");
    assert_eq!(kinds("l2"), "phase level level level");
}

#[test]
fn a_tape_can_end_with_the_book_and_the_hash() {
    let args = ["replay", "-q", "--events", "none", "--depth", "1", "--hash", "-"];
    let run = ringfence_on(&args, TAPE);
    let lines: Vec<_> = run.out.lines().collect();
    assert_eq!(lines[0], r#"{"ev":"depth","instrument":1,"bids":[[101,2,1]],"asks":[]}"#);
    assert_eq!(
        lines[1],
        r#"{"ev":"order","instrument":1,"id":2,"account":7,"side":"buy","price":101,"qty":2,"filled":5}"#
    );
    let hash = lines[2].strip_prefix(r#"{"ev":"state","hash":""#).expect("the state's line");
    let (hash, rest) = hash.split_at(16);
    assert!(hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
    assert_eq!(rest, r#"","seq":7}"#);
    let again = ringfence_on(&args, TAPE);
    assert_eq!(again.out, run.out);
}

#[test]
fn a_bad_line_stops_the_run_before_any_of_it_is_applied() {
    let folder = Folder::new("bad-line");
    let tape = format!("{TAPE}{{\"op\":\"new\",\"instrument\":1,\"id\":3,\"colour\":1}}\n{TAPE}");
    let file = folder.write("tape.jsonl", tape);
    let run = ringfence(&["replay", &file]);
    run.refused(&[&file, "line 7", "column 35", "`colour`", "no such key"]);
    let events = ringfence_on(&["replay", "-"], TAPE).out;
    assert_eq!(run.out, events, "what came before the line was applied, nothing of it");
}

#[test]
fn bad_lines_are_reported_and_passed_over() {
    let tape = format!("tape\n{TAPE}{{\"op\":\"cancel\"}}\n");
    let run = ringfence_on(&["replay", "-q", "--keep-going", "-"], &tape);
    assert_eq!(run.status, 2);
    let errors: Vec<_> = run.err.lines().collect();
    assert_eq!(errors.len(), 2, "{}", run.err);
    assert!(errors[0].starts_with("ringfence: standard input, line 1, column 2: "), "{}", run.err);
    assert!(errors[1].contains("line 8") && errors[1].contains("`instrument`"), "{}", run.err);
    assert_eq!(run.out, ringfence_on(&["replay", "-q", "-"], TAPE).out);
}

/// A line that is no text and one that is too long are bad lines like any other.
#[test]
fn what_is_no_line_at_all_is_passed_over_too() {
    let folder = Folder::new("no-lines");
    let mut tape = TAPE.as_bytes().to_vec();
    tape.extend(b"\xff\n");
    tape.extend([b' '; 70_000]);
    tape.extend(b"{\n");
    tape.extend(TAPE.as_bytes());
    let file = folder.write("tape.jsonl", tape);
    let run = ringfence(&["replay", "-q", "--keep-going", &file]);
    assert_eq!(run.status, 2);
    let errors: Vec<_> = run.err.lines().collect();
    assert_eq!(errors.len(), 2, "{}", run.err);
    assert!(errors[0].contains("line 7, column 1") && errors[0].contains("UTF-8"), "{}", run.err);
    assert!(errors[1].contains("line 8") && errors[1].contains("longer than"), "{}", run.err);
    assert_eq!(run.out, ringfence_on(&["replay", "-q", "-"], &TAPE.repeat(2)).out);
}

/// `--depth` ends with every live order, those included that wait.
#[test]
fn orders_that_wait_are_listed_behind_those_that_rest() {
    let tape = r#"{"op":"instrument","instrument":1,"symbol":"A"}
{"op":"new","instrument":1,"id":1,"side":"buy","qty":5,"price":9}
{"op":"new","instrument":1,"account":3,"id":2,"side":"buy","qty":6,"type":"stop","stop":120}
{"op":"new","instrument":1,"id":3,"side":"sell","qty":7,"price":20,"parent":1}
{"op":"new","instrument":1,"id":4,"side":"sell","qty":8,"peg":"market"}
"#;
    let run = ringfence_on(&["replay", "-q", "--events", "none", "--depth", "1", "-"], tape);
    let expected = r#"{"ev":"depth","instrument":1,"bids":[[9,5,1]],"asks":[[10,8,1]]}
{"ev":"order","instrument":1,"id":1,"account":0,"side":"buy","price":9,"qty":5,"filled":0}
{"ev":"order","instrument":1,"id":4,"account":0,"side":"sell","price":10,"qty":8,"filled":0}
{"ev":"order","instrument":1,"id":2,"account":3,"side":"buy","price":null,"qty":6,"filled":0,"waits_as":"stop","stop":120}
{"ev":"order","instrument":1,"id":3,"account":0,"side":"sell","price":20,"qty":7,"filled":0,"waits_as":"limit","parent":1}
"#;
    assert_eq!(run.out, expected);
}

#[test]
fn input_that_is_no_text_is_refused() {
    let folder = Folder::new("no-text");
    let file = folder.write("tape.jsonl", b"{\"op\":\"ti\xff");
    ringfence(&["replay", &file]).refused(&[&file, "line 1", "column 10", "UTF-8"]);
    let file = folder.write("long.jsonl", vec![b' '; 70_000]);
    ringfence(&["replay", &file]).refused(&[&file, "line 1", "longer than 65536 bytes"]);
}

#[cfg(unix)]
#[test]
fn who_stops_reading_ends_the_run_quietly() {
    use std::process::{Command, Stdio};
    let folder = Folder::new("pipe");
    let many = TAPE.repeat(20_000);
    let file = folder.write("tape.jsonl", many);
    let mut child = Command::new(env!("CARGO_BIN_EXE_ringfence"))
        .args(["replay", &file])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary was built");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    use std::process::{Command, Stdio};
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let folder = Folder::new("full");
    let file = folder.write("tape.jsonl", TAPE);
    let output = Command::new(env!("CARGO_BIN_EXE_ringfence"))
        .args(["replay", &file])
        .stdout(Stdio::from(full))
        .output()
        .expect("the binary was built");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write to standard output"));
}
