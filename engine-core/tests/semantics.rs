//! Whoever changes what a golden tape tells raises `SEMANTICS_VERSION`: else an engine would go on
//! from a snapshot or a journal of one that decided otherwise.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use ringfence_core::SEMANTICS_VERSION;
use ringfence_core::state_hash::StateHasher;

/// The tapes as of a version: its number, then a hash and a name a line.
const LIST: &str = "tapes.txt";

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs it says that the list is to be written"
)]
fn tapes_are_those_of_this_version() {
    let (version, listed) = read_list();
    let now = hashes();
    if version == SEMANTICS_VERSION {
        for (name, hash) in &listed {
            let told = now.get(name);
            assert_eq!(
                told,
                Some(hash),
                "{name} is not what it was: raise SEMANTICS_VERSION (lib.rs), then {REWRITE}"
            );
        }
    }
    if std::env::var_os("TAPES_LIST").is_some() {
        fs::write(folder().join(LIST), list(&now)).expect("a list that can be written");
    } else {
        assert_eq!(version, SEMANTICS_VERSION, "the version was raised: {REWRITE}");
    }
}

#[test]
fn a_changed_tape_is_noticed() {
    assert_ne!(hash("{\"ev\":\"level\"}\n"), hash("{\"ev\":\"revel\"}\n"));
    assert_ne!(hash("ab"), hash("a\0b"));
}

const REWRITE: &str = "run `TAPES_LIST=write cargo test -p ringfence-core --test semantics`";

fn read_list() -> (u32, BTreeMap<String, String>) {
    let text = fs::read_to_string(folder().join(LIST)).expect("the list of tapes");
    let mut lines = text.lines();
    let version = lines.next().and_then(|line| line.strip_prefix("semantics "));
    let version = version.and_then(|version| version.parse().ok()).expect("a version");
    let entries = lines.map(|line| {
        let (hash, name) = line.split_once(' ').expect("a hash and a name");
        (name.to_owned(), hash.to_owned())
    });
    (version, entries.collect())
}

fn list(hashes: &BTreeMap<String, String>) -> String {
    let mut text = format!("semantics {SEMANTICS_VERSION}\n");
    for (name, hash) in hashes {
        writeln!(text, "{hash} {name}").expect("a string takes all");
    }
    text
}

/// The hash of every tape, by name.
fn hashes() -> BTreeMap<String, String> {
    let files = fs::read_dir(folder()).expect("the folder of tapes");
    let paths = files.map(|file| file.expect("a readable folder").path());
    let tapes = paths.filter(|path| path.extension().is_some_and(|ext| ext == "jsonl"));
    let named = tapes.map(|path| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        (name, hash(&fs::read_to_string(&path).expect("a readable tape")))
    });
    named.collect()
}

fn hash(tape: &str) -> String {
    let mut hasher = StateHasher::default();
    tape.bytes().for_each(|byte| hasher.word(byte.into()));
    format!("{:016x}", hasher.finish())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}
