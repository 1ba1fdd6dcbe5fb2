//! Strategies that start at once in an interpreter, and move to compiled code once that is there.
//!
//! What a guest is made of between two calls is its memory and its mutable globals: admission
//! refuses whatever changes a table or drops a segment. The fence is the same code on every engine,
//! so decisions and gas do not depend on when a strategy moves.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::lanes::{Lanes, PATIENCE};
use super::pages::PAGE_LEN;
use super::{
    Artifact, Engine, EngineError, Imports, ImportsConfig, Instance, Module, WASM_PAGE_LEN,
};

/// Two engines: one that starts a module at once, and one that compiles it meanwhile.
pub struct Tiered {
    first: Arc<dyn Engine>,
    then: Arc<dyn Engine>,
    lanes: Lanes,
}

impl Tiered {
    /// Strategies start on `first` and move to `then`, which compiles one module after another on
    /// a thread of its own. While one takes more than two seconds, another thread goes on with those
    /// behind it.
    ///
    /// Where `then` compiles in this process, a process that ends does not wait for it.
    ///
    /// # Errors
    ///
    /// [`EngineError`] where there can be no thread.
    pub fn new(first: Arc<dyn Engine>, then: Arc<dyn Engine>) -> Result<Self, EngineError> {
        let lanes = Lanes::start(PATIENCE).map_err(|error| EngineError {
            engine: then.name(),
            doing: "cannot start a thread to compile on",
            why: error.to_string(),
        })?;
        Ok(Self { first, then, lanes })
    }

    /// What strategies start on.
    #[must_use]
    pub fn first(&self) -> &dyn Engine {
        &*self.first
    }

    /// What they move to.
    #[must_use]
    pub const fn then(&self) -> &Arc<dyn Engine> {
        &self.then
    }

    /// What `compile` will have made, on a thread of the compiler.
    pub(crate) fn later(
        &self,
        compile: impl FnOnce() -> Result<Arc<dyn Module>, EngineError> + Send + 'static,
    ) -> Better {
        let better = Better::default();
        let made = better.clone();
        if self.lanes.take(Box::new(move || _ = made.0.set(compile()))).is_err() {
            _ = better.0.set(Err(EngineError {
                engine: self.then.name(),
                doing: "cannot compile the module",
                why: "too many wait for the compiler".to_owned(),
            }));
        }
        better
    }
}

/// Whoever asks for it at once gets the faster engine, and waits.
impl Engine for Tiered {
    fn name(&self) -> &'static str {
        self.then.name()
    }

    fn fingerprint(&self) -> String {
        self.then.fingerprint()
    }

    fn keeps_artifacts(&self) -> bool {
        self.then.keeps_artifacts()
    }

    fn prepare(&self, admitted: &[u8]) -> Result<Arc<dyn Module>, EngineError> {
        self.then.prepare(admitted)
    }

    fn compile(&self, admitted: &[u8], path: &Path) -> Result<(), EngineError> {
        self.then.compile(admitted, path)
    }

    fn open(&self, artifact: &Artifact) -> Result<Arc<dyn Module>, EngineError> {
        self.then.open(artifact)
    }

    fn tiers(&self) -> Option<&Tiered> {
        Some(self)
    }
}

impl fmt::Debug for Tiered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tiered")
            .field("first", &self.first)
            .field("then", &self.then)
            .finish_non_exhaustive()
    }
}

/// Faster code for a module, once it is there, or why there will be none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Better(Arc<OnceLock<Result<Arc<dyn Module>, EngineError>>>);

impl Better {
    /// What there is by now.
    pub(crate) fn get(&self) -> Option<&Result<Arc<dyn Module>, EngineError>> {
        self.0.get()
    }

    /// What there will be.
    pub(crate) fn wait(&self) -> &Result<Arc<dyn Module>, EngineError> {
        self.0.wait()
    }
}

/// An instance of `module` that goes on where `from` is, which must be of the same admitted bytes
/// and is spent afterwards.
///
/// # Errors
///
/// [`EngineError`] where there is no room for it; `from` then goes on.
pub(crate) fn moved(
    from: &mut dyn Instance,
    module: &dyn Module,
) -> Result<Box<dyn Instance>, EngineError> {
    let mut to = module.instantiate(Imports::new(ImportsConfig::NONE))?;
    let pages = u32::try_from(from.memory().len() / WASM_PAGE_LEN).unwrap_or(u32::MAX);
    if !to.grow_memory(pages) {
        return Err(EngineError {
            engine: "the next engine",
            doing: "cannot take a strategy over",
            why: format!("there is no room for {pages} pages"),
        });
    }
    // Parts that neither has touched stay that way, and take no memory.
    let parts = from.memory().chunks(PAGE_LEN);
    for (old, new) in parts.zip(to.memory_mut().chunks_mut(PAGE_LEN)) {
        if old != new {
            new.copy_from_slice(old);
        }
    }
    to.set_globals(&from.globals());
    to.set_depth(from.depth());
    std::mem::swap(from.imports_mut(), to.imports_mut());
    Ok(to)
}
