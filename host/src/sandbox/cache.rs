//! Compiled modules on disk: kept, found again, and told from damaged or foreign ones.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Fence, REWRITER_VERSION, SandboxConfig};
use crate::runtime::{Artifact, Engine, EngineError, Module};

/// A folder of compiled modules, or none.
///
/// What is in it gets executed, so the folder is used only where it belongs to whoever runs this
/// process and nobody else can write it. A file ends with a digest of its bytes under its key; one
/// that is cut off, damaged or put there under another name is compiled again, never executed.
#[derive(Clone, Debug)]
pub struct Cache {
    dir: Result<PathBuf, String>,
}

impl Cache {
    /// The cache of this user: in `RINGFENCE_CACHE_DIR`, else in `XDG_CACHE_HOME/ringfence`, else
    /// in `HOME/.cache/ringfence`, else none. `RINGFENCE_CACHE_DIR` set to nothing means none.
    #[must_use]
    pub fn from_env() -> Self {
        let named = |name| std::env::var_os(name).map(PathBuf::from);
        let set = |dir: &PathBuf| dir.is_absolute();
        let dir = named("RINGFENCE_CACHE_DIR")
            .or_else(|| named("XDG_CACHE_HOME").filter(set).map(|dir| dir.join("ringfence")))
            .or_else(|| named("HOME").filter(set).map(|dir| dir.join(".cache/ringfence")));
        match dir {
            Some(dir) if !dir.as_os_str().is_empty() => Self::at(&dir),
            _ => Self::disabled(),
        }
    }

    /// The cache in `dir`, which is made if it is not there. None where it cannot be private;
    /// [`why_disabled`](Self::why_disabled) then says why.
    #[must_use]
    pub fn at(dir: &Path) -> Self {
        let dir = dir.join("modules");
        Self { dir: make_private(&dir).map(|()| dir) }
    }

    /// No cache: every module is compiled anew.
    #[must_use]
    pub fn disabled() -> Self {
        Self { dir: Err("no folder is named for it".to_owned()) }
    }

    /// Where compiled modules are kept, if they are.
    #[must_use]
    pub fn dir(&self) -> Option<&Path> {
        self.dir.as_deref().ok()
    }

    /// Why compiled modules are not kept, if they are not.
    #[must_use]
    pub fn why_disabled(&self) -> Option<&str> {
        self.dir.as_ref().err().map(String::as_str)
    }

    /// The module of this key, if it is here and sound. What is here and not sound is removed.
    pub(super) fn find(&self, engine: &dyn Engine, key: &Key) -> Option<Arc<dyn Module>> {
        let path = key.path(self.dir()?);
        let bytes = fs::read(&path).ok()?;
        let opened = if key.signed(&bytes) {
            engine.open(&Artifact::vouched(path.clone())).ok()
        } else {
            None
        };
        if opened.is_none() {
            _ = fs::remove_file(&path);
        }
        opened
    }

    /// Compiles a module and keeps it. A cache that fails costs time, not the strategy.
    pub(super) fn compile(
        &self,
        engine: &dyn Engine,
        key: &Key,
        admitted: &[u8],
    ) -> Result<Arc<dyn Module>, EngineError> {
        if let Some(dir) = self.dir()
            && keep(engine, key, admitted, dir).is_ok()
            && let Some(module) = self.find(engine, key)
        {
            return Ok(module);
        }
        engine.prepare(admitted)
    }
}

/// Compiles into a file of its own and moves it into place in one step: a file that another
/// process may have mapped is never written to.
fn keep(engine: &dyn Engine, key: &Key, admitted: &[u8], dir: &Path) -> Result<(), KeepError> {
    let unfinished = Unfinished::new(key, dir);
    engine.compile(admitted, &unfinished.path)?;
    let digest = key.digest(&fs::read(&unfinished.path)?);
    OpenOptions::new().append(true).open(&unfinished.path)?.write_all(digest.as_bytes())?;
    fs::rename(&unfinished.path, key.path(dir))?;
    Ok(())
}

/// Why a compiled module was not kept. Nobody is told: the module is compiled in memory instead,
/// and if that fails too, that is the error.
#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// A file that is removed unless it was moved into place.
struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    fn new(key: &Key, dir: &Path) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}.{}.{count}.tmp.so", key.name(), process::id());
        Self { path: dir.join(name) }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        _ = fs::remove_file(&self.path);
    }
}

/// Everything that decides what an admitted module is: two of one identity are the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity([u8; 32]);

impl Identity {
    /// Of a module as it was handed in, and the limits and rules it is rewritten under.
    pub(super) fn of(wasm: &[u8], config: &SandboxConfig, fence: Fence) -> Self {
        Self(digest_of(&[
            &REWRITER_VERSION.to_le_bytes(),
            &config.pages_max().to_le_bytes(),
            &[fence.code()],
            wasm,
        ]))
    }
}

impl Identity {
    pub(super) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// One digest of several parts, each with its length.
fn digest_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// Everything that decides what a compiled module is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// Of an admitted module and an engine.
    pub(super) fn of(identity: Identity, fingerprint: &str) -> Self {
        Self(digest_of(&[&identity.0, fingerprint.as_bytes()]))
    }

    fn digest(&self, bytes: &[u8]) -> blake3::Hash {
        blake3::keyed_hash(&self.0, bytes)
    }

    /// Whether `bytes` end with their digest under this key.
    fn signed(&self, bytes: &[u8]) -> bool {
        match bytes.split_last_chunk::<32>() {
            Some((artifact, digest)) => self.digest(artifact) == blake3::Hash::from_bytes(*digest),
            None => false,
        }
    }

    fn name(&self) -> String {
        self.0.iter().fold(String::new(), |mut name, byte| {
            _ = write!(name, "{byte:02x}");
            name
        })
    }

    fn path(&self, dir: &Path) -> PathBuf {
        dir.join(format!("{}.so", self.name()))
    }
}

/// Makes `dir`, and sees to it that nobody else can put code there.
pub(crate) fn make_private(dir: &Path) -> Result<(), String> {
    let failed = |doing: &str, error: io::Error| format!("{doing} {}: {error}", dir.display());
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| failed("cannot make", error))?;
    let found = fs::symlink_metadata(dir).map_err(|error| failed("cannot look at", error))?;
    // Whoever we are is whoever owns what we make.
    let probe = dir.join(format!("{}.probe.tmp", process::id()));
    let ours = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&probe)
        .and_then(|file| file.metadata());
    _ = fs::remove_file(&probe);
    let ours = ours.map_err(|error| failed("cannot write to", error))?;
    if !found.is_dir() || found.uid() != ours.uid() || found.mode() & 0o077 != 0 {
        return Err(format!("{} must be yours alone: chmod 700 it", dir.display()));
    }
    Ok(())
}
