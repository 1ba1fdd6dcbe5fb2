//! Runs the `ringfence` binary as people do.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a run printed, and how it ended.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// Asserts that the run was refused with one sentence that says all of `parts`.
    #[track_caller]
    pub(crate) fn refused(&self, parts: &[&str]) {
        assert_eq!(self.status, 2, "{}", self.err);
        assert!(self.err.starts_with("ringfence: "), "{}", self.err);
        assert_eq!(self.err.lines().count(), 1, "one sentence: {}", self.err);
        for part in parts {
            assert!(self.err.contains(part), "{part:?} in {}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }
}

/// Runs `ringfence` with arguments.
pub(crate) fn ringfence(args: &[&str]) -> Run {
    ringfence_on(args, "")
}

/// Runs `ringfence` with something on standard input.
pub(crate) fn ringfence_on(args: &[&str], input: &str) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ringfence"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary was built");
    let mut stdin = child.stdin.take().expect("it is piped");
    // Whoever stops at an error does not read the rest.
    _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let Output { status, stdout, stderr } = child.wait_with_output().expect("it ends");
    Run {
        status: status.code().expect("no signal ended it"),
        out: String::from_utf8(stdout).expect("it prints text"),
        err: String::from_utf8(stderr).expect("it prints text"),
    }
}

/// A folder of one test, gone with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ringfence-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary folder can be written");
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("the temporary folder can be written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A file of the shared data, or `None` and a printed line where it is not there.
pub(crate) fn shared_data(name: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/lobster");
    let path = root.join(name);
    if path.is_file() {
        return Some(path.to_string_lossy().into_owned());
    }
    println!("skipped: there is no ../shared/data/lobster/{name}");
    None
}

/// Takes from a command what the cargo that runs this test tells its children, so that a cargo that
/// it starts is one that a person would start; without the network.
#[cfg(feature = "wasmtime")]
pub(crate) fn forget_cargo(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO") && name != "CARGO_HOME" || name.contains("RUSTFLAGS") {
            command.env_remove(name);
        }
    }
    command.env("CARGO_NET_OFFLINE", "true");
}

/// Whether an ordinary cargo builds guests here.
#[cfg(feature = "wasmtime")]
pub(crate) fn has_wasm_target() -> bool {
    let rustc = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"])
        .output()
        .expect("rustc runs");
    Path::new(String::from_utf8_lossy(&rustc.stdout).trim()).is_dir()
}
