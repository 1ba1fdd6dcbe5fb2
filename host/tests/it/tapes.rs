//! `ringfence replay` speaks the whole vocabulary: it tells of every golden tape's commands exactly
//! what the tape says, to the letter.

use std::fs;
use std::path::Path;

use crate::command::ringfence_on;

#[test]
fn the_binary_tells_every_tape_to_the_letter() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine-core/scenarios");
    let mut played = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.display();
        if path.extension().is_none_or(|ext| ext != "jsonl") {
            continue;
        }
        let tape = fs::read_to_string(&path).unwrap();
        // The tapes are of a small engine, which fills up where the binary's does not.
        if tape.contains(r#""reason":"capacity""#) {
            continue;
        }
        let commands: String = tape.split_inclusive('\n').filter(|it| is(it, "op")).collect();
        let expected: Vec<&str> = tape.lines().filter(|it| is(it, "ev")).collect();
        let run = ringfence_on(&["replay", "--quiet", "-"], &commands);
        assert_eq!(run.status, 0, "{name}: {}", run.err);
        let told: Vec<&str> = run.out.lines().collect();
        let parted = expected.iter().zip(&told).position(|(expected, told)| expected != told);
        if let Some(at) = parted {
            panic!("{name}, event {}:\n  tape  {}\n  told  {}", at + 1, expected[at], told[at]);
        }
        assert_eq!(expected.len(), told.len(), "{name}");
        played += 1;
    }
    assert!(played >= 100, "tapes are missing: only {played} played");
}

fn is(line: &str, first_key: &str) -> bool {
    line.strip_prefix("{\"").is_some_and(|rest| rest.starts_with(first_key))
}
