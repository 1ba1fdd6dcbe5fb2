//! A compiler in a process of its own, with limits.
//!
//! A compiler is a million lines that read what strangers hand in. One that crashes, hangs or eats
//! memory there takes nothing along but its own process.
#![expect(unsafe_code, reason = "a process's limits are set below what the standard library knows")]

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Artifact, Engine, EngineError, Module};
use crate::sandbox::make_private;

/// An engine that runs guests here, and compiles them elsewhere.
pub struct InChild {
    engine: Arc<dyn Engine>,
    program: PathBuf,
    args: Vec<OsString>,
}

impl InChild {
    /// `program` with `args`, and behind them a path and a fingerprint, must call
    /// [`compile_as_child`] with an engine of the same kind.
    pub fn new(
        engine: Arc<dyn Engine>,
        program: impl Into<PathBuf>,
        args: impl IntoIterator<Item = OsString>,
    ) -> Self {
        Self { engine, program: program.into(), args: args.into_iter().collect() }
    }

    fn failed(&self, why: impl Into<String>) -> EngineError {
        EngineError {
            engine: self.engine.name(),
            doing: "cannot compile the module in a process of its own",
            why: why.into(),
        }
    }

    fn start(&self, path: &Path) -> io::Result<Child> {
        Command::new(&self.program)
            .args(&self.args)
            .arg(path)
            .arg(self.engine.fingerprint())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
    }
}

impl Engine for InChild {
    fn name(&self) -> &'static str {
        self.engine.name()
    }

    fn fingerprint(&self) -> String {
        self.engine.fingerprint()
    }

    fn keeps_artifacts(&self) -> bool {
        self.engine.keeps_artifacts()
    }

    /// Compiles into a folder that is gone when this returns: what is opened stays mapped.
    fn prepare(&self, admitted: &[u8]) -> Result<Arc<dyn Module>, EngineError> {
        let folder = Folder::new().map_err(|why| self.failed(why))?;
        let path = folder.path.join("guest.so");
        self.compile(admitted, &path)?;
        self.open(&Artifact::vouched(path))
    }

    fn compile(&self, admitted: &[u8], path: &Path) -> Result<(), EngineError> {
        let mut child = self.start(path).map_err(|error| self.failed(error.to_string()))?;
        // A child that ended early has said why, and that it did not listen is no other failure.
        _ = child.stdin.take().map(|mut stdin| stdin.write_all(admitted));
        let ended = wait(&mut child, TIME_MAX).map_err(|error| self.failed(error.to_string()))?;
        let mut said = String::new();
        if let Some(stderr) = child.stderr.take() {
            _ = stderr.take(SAID_MAX).read_to_string(&mut said);
        }
        match ended {
            Some(status) if status.success() => Ok(()),
            Some(status) if status.signal() == Some(libc::SIGXCPU) => Err(self.failed(format!(
                "it used up its time on the processor, {CPU_SECONDS_MAX} s at most; {SMALLER}"
            ))),
            Some(status) => Err(self.failed(format!("{status}: {}", said.trim()))),
            None => {
                Err(self.failed(format!("it took more than {} s; {SMALLER}", TIME_MAX.as_secs())))
            }
        }
    }

    fn open(&self, artifact: &Artifact) -> Result<Arc<dyn Module>, EngineError> {
        self.engine.open(artifact)
    }
}

impl fmt::Debug for InChild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InChild").field("engine", &self.engine).finish_non_exhaustive()
    }
}

/// How the child ended; `None` where it had to be killed.
fn wait(child: &mut Child, most: Duration) -> io::Result<Option<process::ExitStatus>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() > most {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// The other side: takes on the limits, reads an admitted module from standard input, and compiles
/// it with `engine` into `path`.
///
/// # Errors
///
/// A sentence for standard error.
pub fn compile_as_child(engine: &dyn Engine, path: &Path, fingerprint: &str) -> Result<(), String> {
    limit_self();
    let mut admitted = Vec::new();
    io::stdin()
        .lock()
        .take(ADMITTED_LEN_MAX)
        .read_to_end(&mut admitted)
        .map_err(|error| error.to_string())?;
    if engine.fingerprint() != fingerprint {
        return Err("this is another compiler than the one that was meant".to_owned());
    }
    engine.compile(&admitted, path).map_err(|error| error.to_string())
}

/// Takes on the limits of a compiler, for the rest of this process. Lower ones stay in force.
fn limit_self() {
    for (resource, most) in [
        (libc::RLIMIT_CPU, CPU_SECONDS_MAX),
        (libc::RLIMIT_DATA, MEMORY_MAX),
        (libc::RLIMIT_FSIZE, FILE_LEN_MAX),
        (libc::RLIMIT_CORE, 0),
    ] {
        let mut limit =
            libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: the limit is a plain value that outlives the call. Where it fails, there is none.
        unsafe { libc::getrlimit(resource, &raw mut limit) };
        limit.rlim_cur = limit.rlim_cur.min(most);
        // Whoever uses up its time is told by a signal of its own, and is killed a second later.
        let then = if resource == libc::RLIMIT_CPU { most + 1 } else { most };
        limit.rlim_max = limit.rlim_max.min(then);
        // SAFETY: as above.
        unsafe { libc::setrlimit(resource, &raw const limit) };
    }
    // SAFETY: plain calls on numbers. Who started us is gone: so are we. The market goes first.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::setpriority(libc::PRIO_PROCESS, 0, NICE);
    }
}

/// A private folder for one compilation. Its name is never used twice in a process, because the
/// dynamic linker hands out what it once loaded under a name.
pub(super) struct Folder {
    pub(super) path: PathBuf,
}

impl Folder {
    pub(super) fn new() -> Result<Self, String> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ringfence-{}-{count}", process::id()));
        _ = fs::remove_dir_all(&path);
        make_private(&path)?;
        Ok(Self { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.path);
    }
}

/// How long a compilation may take.
const TIME_MAX: Duration = Duration::from_secs(180);

/// Seconds of a processor that it may use.
const CPU_SECONDS_MAX: u64 = 120;

/// What to do about a module that takes too long.
const SMALLER: &str = "write it in shorter functions, or leave code out";

/// Bytes of memory that it may write to.
const MEMORY_MAX: u64 = 4 << 30;

/// Bytes of code that it may make.
const FILE_LEN_MAX: u64 = 256 << 20;

/// Bytes of an admitted module: many times what a module may have before it is rewritten.
const ADMITTED_LEN_MAX: u64 = 256 << 20;

/// Bytes of what it says that are repeated.
const SAID_MAX: u64 = 1024;

/// How far behind everything else it is scheduled.
const NICE: libc::c_int = 10;
