//! `ringfence strategy new`, and all that it says to do next.

use std::path::Path;
use std::process::Command;

use crate::command::{Folder, forget_cargo, has_wasm_target, ringfence};

/// A cargo that knows nothing of the one that runs this test, in `folder`, without the network.
fn cargo(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    forget_cargo(&mut command);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("strategy-new");
    command.env("CARGO_TARGET_DIR", &target);
    let output = command.current_dir(folder).args(arguments).output().expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {text}{errors}");
    text
}

#[test]
fn a_new_strategy_builds_passes_its_tests_and_trades() {
    let folder = Folder::new("strategy-new");
    let parent = folder.path("");
    let run = ringfence(&["strategy", "new", "my-first", "--path", &parent]);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{}", run.out);
    assert!(run.out.contains("cargo test"), "{}", run.out);
    let crate_folder = Path::new(&parent).join("my-first");
    let lock = crate_folder.join("Cargo.lock");
    assert!(std::fs::read_to_string(lock).expect("it is there").contains("ringfence-core"));
    let tests = cargo(&crate_folder, &["test"]);
    assert!(tests.contains("3 passed"), "{tests}");
    if !has_wasm_target() {
        println!("strategy new: not built for Wasm: this rustc has no wasm32-unknown-unknown");
        return;
    }
    cargo(&crate_folder, &["build", "--release", "--target", "wasm32-unknown-unknown"]);
    let module = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("strategy-new/wasm32-unknown-unknown/release/my_first.wasm");
    let module = module.to_str().expect("a name in UTF-8");
    let run = ringfence(&["strategy", "check", module]);
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    let run = ringfence(&["backtest", module, "--generate", "1", "--count", "5000"]);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{}", run.out);
    let traded = run.out.lines().find_map(|line| line.trim().strip_prefix("lots traded"));
    let fills = traded.and_then(|it| it.split(" in ").nth(1)?.split(' ').next()?.parse().ok());
    assert!(fills.unwrap_or(0_u64) > 10, "it trades: {}", run.out);
}

#[test]
fn nothing_is_written_over_and_bad_names_are_refused() {
    let folder = Folder::new("strategy-new-twice");
    let parent = folder.path("");
    let new = |name: &str| ringfence(&["strategy", "new", name, "--path", &parent]);
    assert_eq!(new("mine").status, 0);
    let lib = folder.path("mine/src/lib.rs");
    std::fs::write(&lib, "mine").expect("it can be written");
    let again = new("mine");
    assert_eq!(again.status, 2);
    assert!(again.err.contains("mine is there already"), "{}", again.err);
    assert_eq!(std::fs::read_to_string(&lib).expect("it is there"), "mine");
    for name in ["../up", "Upper", "test", ""] {
        let refused = new(name);
        assert_eq!(refused.status, 2, "{name}: {}", refused.out);
        assert!(refused.err.contains("name"), "{name}: {}", refused.err);
    }
    let sdk = ["strategy", "new", "other", "--path", &parent, "--sdk", &parent];
    let refused = ringfence(&sdk);
    assert_eq!(refused.status, 2, "{}", refused.out);
    assert!(!Path::new(&parent).join("other").exists(), "nothing is begun");
}
