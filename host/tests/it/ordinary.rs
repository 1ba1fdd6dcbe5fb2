//! Files without an end, without a beginning, or larger than makes sense.

use std::fs::File;
use std::process::Command;

use crate::command::{Folder, ringfence};

/// Every way in which a file is read whole, and what else the command needs.
const MODULES: [&[&str]; 5] = [
    &["strategy", "check", "FILE"],
    &["strategy", "inspect", "FILE"],
    &["strategy", "bench", "FILE"],
    &["replay", "--strategy", "FILE", "TAPE"],
    &["backtest", "FILE", "--tape", "TAPE"],
];
const TEXTS: [&[&str]; 4] = [
    &["run", "--config", "FILE"],
    &["replay", "--strategies", "FILE", "TAPE"],
    &["load", "--config", "FILE", "--instrument", "1", "--seconds", "1"],
    &["replay", "--format", "workload", "FILE"],
];

fn with<'a>(args: &[&'a str], file: &'a str, tape: &'a str) -> Vec<&'a str> {
    let named = |arg: &&'a str| match *arg {
        "FILE" => file,
        "TAPE" => tape,
        arg => arg,
    };
    args.iter().map(named).collect()
}

#[test]
fn what_is_no_ordinary_file_is_refused_and_not_waited_for() {
    let folder = Folder::new("ordinary");
    let tape = folder.write("tape.jsonl", "");
    let pipe = folder.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for file in ["/dev/zero", &pipe] {
        for args in MODULES {
            ringfence(&with(args, file, &tape)).refused(&[file, "no file; name a module"]);
        }
        for args in TEXTS {
            ringfence(&with(args, file, &tape)).refused(&[file, "is no ordinary file; name"]);
        }
    }
}

#[test]
fn what_is_larger_than_makes_sense_is_refused_unread() {
    let folder = Folder::new("too-large");
    let tape = folder.write("tape.jsonl", "");
    let huge = folder.write("huge", "LOBW0001");
    File::options().write(true).open(&huge).unwrap().set_len(1 << 40).unwrap();
    for args in &MODULES[1..3] {
        ringfence(&with(args, &huge, &tape)).refused(&[&huge, "1099511627776 bytes"]);
    }
    for args in &TEXTS[..2] {
        let parts = ["1099511627776 bytes", "1048576", "TOML"];
        ringfence(&with(args, &huge, &tape)).refused(&parts);
    }
    ringfence(&with(TEXTS[3], &huge, &tape)).refused(&["has not as many commands"]);
    let checked = ringfence(&with(MODULES[0], &huge, &tape));
    assert_eq!((checked.status, checked.err.as_str()), (1, ""), "{}", checked.out);
    let rows = ["1,099,511,627,776 bytes", "has 1099511627776 bytes, but at most 8388608"];
    assert!(rows.iter().all(|it| checked.out.contains(it)), "{}", checked.out);
}
