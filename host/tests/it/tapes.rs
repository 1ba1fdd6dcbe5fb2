//! `ringfence replay` speaks the whole vocabulary: it tells of every golden tape's commands exactly
//! what the tape says, to the letter.

use std::fs;
use std::path::Path;

use crate::command::ringfence_on;

#[test]
fn the_binary_tells_every_tape_to_the_letter() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine-core/scenarios");
    let (mut played, mut parted) = (0, Vec::new());
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|ext| ext != "jsonl") || path.ends_with(AT_THE_LINE) {
            continue;
        }
        let tape = fs::read_to_string(&path).unwrap();
        // The tapes are of a small engine, which fills up where the binary's does not.
        if !tape.contains(r#""reason":"capacity""#) {
            played += 1;
            parted.extend(difference(&tape).map(|how| format!("{}: {how}", path.display())));
        }
    }
    assert!(played >= 100, "tapes are missing: only {played} played");
    assert!(parted.is_empty(), "{}", parted.join("\n"));
}

/// What is wrong in this one the binary says of the line, before any engine sees it.
const AT_THE_LINE: &str = "bad_instruments.jsonl";

/// Where the binary tells anything else than a tape.
fn difference(tape: &str) -> Option<String> {
    let commands: String = tape.split_inclusive('\n').filter(|it| is(it, "op")).collect();
    let expected: Vec<&str> = tape.lines().filter(|it| is(it, "ev")).collect();
    let run = ringfence_on(&["replay", "--quiet", "-"], &commands);
    if run.status != 0 {
        return Some(run.err);
    }
    let told: Vec<&str> = run.out.lines().collect();
    let at = expected.iter().zip(&told).position(|(expected, told)| expected != told);
    let at = at.or((expected.len() != told.len()).then(|| expected.len().min(told.len())))?;
    Some(format!("event {}:\n  tape  {:?}\n  told  {:?}", at + 1, expected.get(at), told.get(at)))
}

fn is(line: &str, first_key: &str) -> bool {
    line.strip_prefix("{\"").is_some_and(|rest| rest.starts_with(first_key))
}
