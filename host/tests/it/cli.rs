//! Options, help, and what is refused before anything is read.

use crate::command::{Folder, ringfence};

#[test]
fn help_and_version_are_there() {
    let run = ringfence(&["--help"]);
    assert_eq!(run.status, 0);
    for word in ["replay", "generate", "Exit status"] {
        assert!(run.out.contains(word), "{word} in {}", run.out);
    }
    let run = ringfence(&["replay", "--help"]);
    for option in [
        "--format",
        "--events",
        "--depth",
        "--hash",
        "--keep-going",
        "--messages",
        "--orderbook",
        "--seed",
        "--verify",
        "--allow-rows",
        "--levels",
        "--tick",
        "--strategy",
        "--runtime",
        "--logs",
        "--report",
        "--expected",
        "--quiet",
        "Examples:",
    ] {
        assert!(run.out.contains(option), "{option} in {}", run.out);
    }
    let run = ringfence(&["generate", "--help"]);
    for option in ["--seed", "--count", "--messages", "--orderbook"] {
        assert!(run.out.contains(option), "{option} in {}", run.out);
    }
    let version = format!("ringfence {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(ringfence(&["--version"]).out, version);
}

#[test]
fn an_option_that_does_not_exist_is_refused() {
    let run = ringfence(&["replay", "--colour", "blue"]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("--colour"), "{}", run.err);
    assert_eq!(ringfence(&["replay", "--events", "l9", "x"]).status, 2);
    assert_eq!(ringfence(&["replay", "--depth", "-1", "x"]).status, 2);
    assert_eq!(ringfence(&[]).status, 2);
}

#[test]
fn options_that_mean_nothing_together_are_refused() {
    let refused = |args: &[&str], parts: &[&str]| {
        ringfence(&[&["replay"], args].concat()).refused(parts);
    };
    refused(&[], &["name the FILE"]);
    refused(&["--verify", "x"], &["--verify means nothing with --format jsonl"]);
    refused(
        &["--format", "workload", "--hash", "x"],
        &["--hash means nothing with --format workload"],
    );
    refused(
        &["--format", "workload", "--logs", "x"],
        &["--logs means nothing with --format workload"],
    );
    refused(&["--logs", "x"], &["--logs", "name one by --strategy"]);
    refused(&["--format", "lobster"], &["needs --messages"]);
    refused(&["--format", "lobster", "x"], &["FILE means nothing with --format lobster"]);
    let day = ["--format", "lobster", "--messages", "m.csv"];
    let with = |more: &[&'static str]| [&day[..], more].concat();
    refused(&with(&["--verify"]), &["give that too"]);
    refused(&with(&["--allow-rows", "1"]), &["about --verify"]);
    let both = with(&["--verify", "--orderbook", "o.csv", "--strategy", "s.wasm"]);
    refused(&both, &["--verify", "--strategy", "leave one out"]);
    refused(&with(&["--runtime", "wasmtime"]), &["name one by --strategy"]);
    refused(&["--events", "all,l1", "x"], &["stand alone"]);
}

#[test]
fn files_that_are_not_there_are_named() {
    let folder = Folder::new("nowhere");
    let missing = folder.path("missing.jsonl");
    ringfence(&["replay", &missing]).refused(&[&missing, "cannot open", "check the path"]);
    ringfence(&["replay", &folder.path("")]).refused(&["cannot open", "directory"]);
    ringfence(&["replay", "--format", "workload", &missing]).refused(&[&missing, "cannot open"]);
    let tape = folder.write("tape.jsonl", "");
    let report = folder.path("no/such/folder/report.html");
    ringfence(&["replay", "--report", &report, &tape]).refused(&[&report, "cannot open"]);
    let generated = folder.path("no/such/folder/m.csv");
    ringfence(&["generate", "--messages", &generated, "--orderbook", &generated])
        .refused(&[&generated, "cannot open"]);
}

#[test]
fn a_report_is_one_page_that_needs_nothing_else() {
    let folder = Folder::new("report");
    let (messages, orderbook) = (folder.path("m.csv"), folder.path("o.csv"));
    let files = ["--messages", &messages, "--orderbook", &orderbook];
    let made = ringfence(&[&["generate", "--count", "3000"], &files[..]].concat());
    assert_eq!(made.status, 0, "{}", made.err);
    let report = folder.path("report.html");
    let args = ["replay", "-q", "--format", "lobster", "--report", &report];
    let run = ringfence(&[&args[..], &files[..]].concat());
    assert_eq!(run.status, 0, "{}", run.err);
    let page = std::fs::read_to_string(&report).expect("it was written");
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    for part in ["Price and trades", "Latency per command", "p99.9", "Findings"] {
        assert!(page.contains(part), "{part}");
    }
    for part in ["http://", "https://", "src=", "<link"] {
        assert!(!page.contains(part), "{part}");
    }
    let empty = folder.write("empty.jsonl", "");
    let run = ringfence(&["replay", "-q", "--report", &report, &empty]);
    assert_eq!(run.status, 0, "nothing happened is no failure: {}", run.err);
}
