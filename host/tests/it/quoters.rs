//! One strategy in three languages decides the same: `strategy-quoter` in Rust, `strategy-quoter-c`,
//! and `strategy-quoter-as` in AssemblyScript.

use std::path::Path;

use crate::command::{Folder, ringfence};
use crate::guests::guest_file;

/// The engines of this build, by their names on the command line.
const RUNTIMES: &[&str] = &[
    #[cfg(feature = "wasmtime")]
    "wasmtime",
    #[cfg(feature = "wasmedge")]
    "wasmedge",
];

const PARAMS: [&str; 3] =
    ["", ",size=50,spread=200,max_position=150", ",skew=2000,spread=300,max_position=120,tick=300"];

/// The hash of the engine's state after a day with this strategy in it.
fn state(day: &str, module: &Path, params: &str, runtime: &str) -> String {
    let strategy = format!("{}{params}", module.display());
    let replay = ["replay", "--format", "lobster", "--messages", day, "--hash", "--strategy"];
    let run = ringfence(&[&replay[..], &[&strategy, "--runtime", runtime]].concat());
    assert_eq!(run.status, 0, "{strategy}: {}", run.err);
    assert!(!run.err.contains("disabled"), "{strategy}: {}", run.err);
    run.out.lines().last().expect("a hash").to_owned()
}

#[test]
fn the_quoter_in_c_decides_as_the_one_in_rust() {
    decides_as_the_one_in_rust("strategy-quoter-c");
}

#[test]
fn the_quoter_in_assemblyscript_decides_as_the_one_in_rust() {
    decides_as_the_one_in_rust("strategy-quoter-as");
}

#[track_caller]
fn decides_as_the_one_in_rust(name: &str) {
    let (rust, other) = (guest_file("strategy-quoter"), guest_file(name));
    for module in [&rust, &other] {
        if !module.is_file() {
            println!("skipped: there is no {}; .ci/build-guests.sh builds it", module.display());
            return;
        }
    }
    let checked = ringfence(&["strategy", "check", other.to_str().expect("a name in UTF-8")]);
    assert_eq!(checked.status, 0, "{}", checked.out);
    let folder = Folder::new(name);
    let (day, book) = (folder.path("day.csv"), folder.path("book.csv"));
    let mut states = std::collections::BTreeSet::new();
    for seed in ["1", "2", "3"] {
        let made = ["generate", "--seed", seed, "--count", "4000", "--messages", &day];
        assert_eq!(ringfence(&[&made[..], &["--orderbook", &book]].concat()).status, 0);
        for params in PARAMS {
            let expected = state(&day, &rust, params, RUNTIMES[0]);
            for runtime in RUNTIMES {
                assert_eq!(
                    state(&day, &other, params, runtime),
                    expected,
                    "{seed}{params} {runtime}"
                );
            }
            states.insert(expected);
        }
    }
    assert_eq!(states.len(), 9, "each day and each set of parameters ends elsewhere");
}
