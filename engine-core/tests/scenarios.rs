//! Every golden tape, on the engine and on its reference.

use std::fs;
use std::path::{Path, PathBuf};

use ringfence_core::testing::{Reference, Venue, run_scenario};
use ringfence_core::{Capacity, Engine};

#[test]
fn the_engine_plays_every_tape() {
    play_all(|| Engine::new(Capacity::SMALL));
}

#[test]
fn the_reference_plays_every_tape() {
    play_all(|| Reference::new(Capacity::SMALL));
}

#[test]
fn a_tape_that_is_wrong_is_noticed() {
    let tape = fs::read_to_string(folder().join("fifo.jsonl")).expect("a tape of this crate");
    for (right, wrong) in [
        (r#""leaves":2"#, r#""leaves":3"#),
        (r#"{"ev":"add","seq":2"#, r#"{"ev":"add","seq":3"#),
        (r#""op":"cancel""#, r#""op":"cancel","by":1"#),
    ] {
        assert!(tape.contains(right), "the tape has {right}");
        let tape = tape.replacen(right, wrong, 1);
        let played = run_scenario(&tape, &mut Reference::new(Capacity::SMALL));
        assert!(played.is_err(), "nobody noticed {wrong}");
    }
    let shortened = tape.lines().filter(|line| !line.contains("execute"));
    let shortened: Vec<&str> = shortened.collect();
    let played = run_scenario(&shortened.join("\n"), &mut Reference::new(Capacity::SMALL));
    assert!(played.is_err(), "nobody noticed that events are missing from the tape");
}

fn play_all<V: Venue>(empty: impl Fn() -> V) {
    let tapes = tapes();
    assert!(tapes.len() >= 50, "tapes are missing: only {} in {:?}", tapes.len(), folder());
    for path in tapes {
        let tape = fs::read_to_string(&path).expect("a readable tape");
        if let Err(mismatch) = run_scenario(&tape, &mut empty()) {
            panic!("{}: {mismatch}", path.display());
        }
    }
}

fn tapes() -> Vec<PathBuf> {
    let files = fs::read_dir(folder()).expect("the folder of tapes");
    let mut tapes: Vec<PathBuf> = files
        .map(|file| file.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "jsonl"))
        .collect();
    tapes.sort();
    tapes
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}
