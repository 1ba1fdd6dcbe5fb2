//! docs/strategies.md, "From nothing to a strategy in a venue": its blocks, to the letter.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::command::{Folder, forget_cargo, has_wasm_target};

const GUIDE: &str = include_str!("../../../docs/strategies.md");

const HEADING: &str = "## From nothing to a strategy in a venue\n";

/// Where the guide's venue listens.
const ADDRESS: &str = "127.0.0.1:7001";

/// What a shell is given: blocks of `sh` as they are; each other block is the file that it names.
fn script() -> String {
    let (_, section) = GUIDE.split_once(HEADING).expect("the guide is there");
    let section = section.split("\n## ").next().expect("it has text");
    let mut script = String::new();
    // Every second piece is a block, its first line says which.
    for block in section.split("```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').expect("a block has lines");
        match kind.split_once(' ') {
            None if kind == "sh" => script.push_str(text),
            Some((_, file)) => {
                writeln!(script, "cat > {file} <<'END OF FILE'\n{text}END OF FILE")
                    .expect("memory has room");
            }
            None => panic!("a block of {kind} names no file"),
        }
    }
    script
}

/// Runs it in an empty folder, without the network, as somebody who knows nothing of the cargo that
/// runs this test. What it waits for is not a second, which may be too short, but the venue.
fn run(folder: &Folder, script: &str) -> (bool, String) {
    let waits =
        "sleep() { until grep -q 'commands are taken' venue.log; do command sleep 0.1; done; }";
    let script = format!("set -eu -o pipefail\n{waits}\nexec 2>&1\n{script}");
    let program = Path::new(env!("CARGO_BIN_EXE_ringfence")).parent().expect("it is in a folder");
    let path = std::env::var("PATH").expect("there is one");
    let mut command = Command::new("bash");
    forget_cargo(&mut command);
    command.env("PATH", format!("{}:{path}", program.display()));
    let output = command
        .args(["-c", &script])
        .current_dir(folder.path(""))
        .output()
        .expect("there is a bash");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_guide_leads_to_a_strategy_that_trades() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let free = listener.local_addr().expect("it has one").to_string();
    drop(listener);
    let whole = script();
    assert!(whole.contains(ADDRESS));
    let mut script = whole.replace(ADDRESS, &free);
    let build = "cargo build --release --target wasm32-unknown-unknown\n";
    let has_wasm_target = has_wasm_target();
    if !has_wasm_target {
        println!("the guide is left at its build: this rustc has no wasm32-unknown-unknown");
        script.truncate(script.find(build).expect("it builds a module"));
    }
    let folder = Folder::new("strategy-guide");
    let (is_done, said) = run(&folder, &script);
    assert!(is_done, "{said}");
    assert!(said.contains("3 passed") && said.contains("2 passed"), "its tests: {said}");
    if has_wasm_target {
        assert!(said.contains("my_first.wasm is admitted"), "{said}");
        assert!(said.contains("all engines: the same gas, the same state"), "{said}");
        let mut orders = said.lines().filter(|line| line.contains("\"account\":1000001"));
        assert!(orders.any(|it| it.contains("\"side\":\"buy\"")), "it trades in the venue: {said}");
        assert!(orders.any(|it| it.contains("trailing_stop")), "and is protected: {said}");
        assert!(Path::new(&folder.path("my-first/day.html")).is_file());
    }
}
