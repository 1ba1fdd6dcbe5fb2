//! A module that was admitted and compiled, from which any number of strategies start.

use std::sync::Arc;

use super::admission::{self, Admitted};
use super::backtrace::Names;
use super::cache::{Cache, Identity, Key};
use super::error;
use super::footprint::Footprint;
use super::params;
use super::reserve::Reserve;
use super::{Fence, LoadError, SandboxConfig};
use crate::runtime::{Better, Engine, EngineError, Imports, Instance, Module, Tiered};

/// Code that is ready to run.
#[derive(Clone, Debug)]
pub struct Program {
    identity: Identity,
    module: Arc<dyn Module>,
    /// Faster code of the same module, on its way.
    better: Option<Better>,
    manifest: Option<Arc<str>>,
    names: Names,
    footprint: Arc<Footprint>,
    reserve: Arc<Reserve>,
    from_cache: bool,
}

impl Program {
    /// Admits a module and compiles it, or finds it compiled. Where the engine is
    /// [tiered](Tiered), one that is not found starts at once, and is compiled meanwhile.
    ///
    /// A module found in `cache` was admitted under the same limits by the same rules, and is not
    /// looked at again.
    ///
    /// # Errors
    ///
    /// [`LoadError`], whose sentence goes after the file's name.
    pub fn prepare(
        engine: &dyn Engine,
        cache: &Cache,
        wasm: &[u8],
        config: &SandboxConfig,
    ) -> Result<Self, LoadError> {
        admission::check_len(wasm, config)?;
        let none = Cache::disabled();
        let cache = if config.cache_enabled { cache } else { &none };
        let identity = Identity::of(wasm, config, Fence::ALL);
        let key = engine.keeps_artifacts().then(|| Key::of(identity, &engine.fingerprint()));
        if let Some(module) = key.as_ref().and_then(|key| cache.find(engine, key)) {
            let section = admission::manifest_section(wasm);
            let manifest = section.and_then(|it| str::from_utf8(it).ok()).map(Arc::from);
            let names = Names::of(wasm);
            return Ok(Self {
                identity,
                module,
                better: None,
                manifest,
                names,
                footprint: Arc::default(),
                reserve: Arc::default(),
                from_cache: true,
            });
        }
        let admitted = admission::admit(wasm, config)?;
        match (engine.tiers(), key) {
            (Some(tiers), Some(key)) => Self::meanwhile(tiers, cache, key, &admitted),
            (_, Some(key)) => {
                Self::from_parts(cache.compile(engine, &key, admitted.bytes())?, None, &admitted)
            }
            (_, None) => Self::compile(engine, &admitted),
        }
    }

    /// Compiles a module that was admitted, without a cache.
    ///
    /// # Errors
    ///
    /// [`LoadError`], whose sentence goes after the file's name.
    pub fn compile(engine: &dyn Engine, admitted: &Admitted) -> Result<Self, LoadError> {
        Self::from_parts(engine.prepare(admitted.bytes())?, None, admitted)
    }

    /// Starts a module on the first tier, and compiles it behind its back. Where the first tier does
    /// not take it, waits for the compiler, so that it is taken whatever is in the cache.
    fn meanwhile(
        tiers: &Tiered,
        cache: &Cache,
        key: Key,
        admitted: &Admitted,
    ) -> Result<Self, LoadError> {
        let Ok(module) = tiers.first().prepare(admitted.bytes()) else {
            let module = cache.compile(&**tiers.then(), &key, admitted.bytes())?;
            return Self::from_parts(module, None, admitted);
        };
        let (engine, cache) = (Arc::clone(tiers.then()), cache.clone());
        let bytes = admitted.bytes().to_vec();
        let better = tiers.later(move || match cache.find(&*engine, &key) {
            Some(module) => Ok(module),
            None => cache.compile(&*engine, &key, &bytes),
        });
        Self::from_parts(module, Some(better), admitted)
    }

    fn from_parts(
        module: Arc<dyn Module>,
        better: Option<Better>,
        admitted: &Admitted,
    ) -> Result<Self, LoadError> {
        if let Some((major, minor)) = admitted.manifest().abi_version() {
            error::check_version(major, minor)?;
        }
        let manifest = admitted.manifest().text().map(Arc::from);
        let (identity, names) = (admitted.identity(), admitted.names().clone());
        Ok(Self {
            identity,
            module,
            better,
            manifest,
            names,
            footprint: Arc::default(),
            reserve: Arc::default(),
            from_cache: false,
        })
    }

    /// Makes instances until `count` stand ready, each for one strategy that is started later: a start
    /// then waits for nothing but the guest's own. Starting takes them away and makes no new ones.
    ///
    /// Each takes what a strategy takes before its start, and the pages that those before it wrote.
    ///
    /// # Errors
    ///
    /// [`LoadError`] where there is no room for them.
    pub fn keep_ready(&self, count: usize) -> Result<(), LoadError> {
        let is_better = self.is_better();
        Ok(self.reserve.fill(count, is_better, |imports| self.new_instance(imports))?)
    }

    /// As [`keep_ready`](Self::keep_ready), on a thread of its own; where that fails, a start makes
    /// its instance itself.
    pub(crate) fn keep_ready_soon(&self, count: usize) {
        let program = self.clone();
        let thread = std::thread::Builder::new().name("ringfence-ready".into());
        _ = thread.spawn(move || _ = program.keep_ready(count));
    }

    /// How many instances stand ready.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.reserve.len()
    }

    /// A fresh instance of the fastest code that there is by now: one that stands ready, if any does.
    pub(super) fn instance(&self, mut imports: Imports) -> Result<Box<dyn Instance>, EngineError> {
        match self.reserve.take(self.is_better(), &mut imports) {
            Some(mut ready) => {
                // Those before it may have been looked at only after it was made.
                self.footprint.prepare(ready.memory_mut());
                Ok(ready)
            }
            None => self.new_instance(imports),
        }
    }

    fn new_instance(&self, imports: Imports) -> Result<Box<dyn Instance>, EngineError> {
        let mut instance = self.module().instantiate(imports)?;
        self.footprint.prepare(instance.memory_mut());
        Ok(instance)
    }

    /// Whether the code that it was waiting for is there.
    fn is_better(&self) -> bool {
        matches!(self.better.as_ref().and_then(Better::get), Some(Ok(_)))
    }

    /// Whether anybody else has it: a strategy that runs it, or may be started from it.
    pub(super) fn is_in_use(&self) -> bool {
        Arc::strong_count(&self.module) > 1
    }

    /// The fastest code that there is by now.
    pub(super) fn module(&self) -> &dyn Module {
        match self.better.as_ref().and_then(Better::get) {
            Some(Ok(module)) => &**module,
            _ => &*self.module,
        }
    }

    /// Faster code than [`module`](Self::module) gave, which is still on its way.
    pub(super) fn better(&self) -> Option<&Better> {
        self.better.as_ref().filter(|better| better.get().is_none())
    }

    pub(super) fn footprint(&self) -> &Footprint {
        &self.footprint
    }

    pub(super) const fn names(&self) -> &Names {
        &self.names
    }

    pub(super) const fn identity(&self) -> Identity {
        self.identity
    }

    /// What says which module it is, and under which limits and rules it was admitted.
    pub(crate) const fn identity_bytes(&self) -> [u8; 32] {
        *self.identity.bytes()
    }

    /// The module's own description.
    #[must_use]
    pub fn manifest(&self) -> Option<&str> {
        self.manifest.as_deref()
    }

    /// Whether the module takes these parameters, a line `key=value` each: those that its manifest
    /// lists, of their types. One that lists none takes any, and says itself what is wrong with them.
    ///
    /// # Errors
    ///
    /// [`LoadError::Params`].
    pub fn check_params(&self, lines: &str) -> Result<(), LoadError> {
        let checked = self.manifest().map_or(Ok(()), |manifest| params::check(manifest, lines));
        checked.map_err(|why| LoadError::Params { why })
    }

    /// Whether the code came from the cache.
    #[must_use]
    pub const fn is_from_cache(&self) -> bool {
        self.from_cache
    }

    /// Whether faster code is on its way.
    #[must_use]
    pub fn is_being_compiled(&self) -> bool {
        self.better.as_ref().is_some_and(|better| better.get().is_none())
    }

    /// Waits until the module is compiled, where that is on its way.
    ///
    /// # Errors
    ///
    /// [`LoadError`] where the compiler failed: strategies stay on what they started on.
    pub fn wait_until_compiled(&self) -> Result<(), LoadError> {
        match self.better.as_ref().map(Better::wait) {
            Some(Err(error)) => Err(error.clone().into()),
            _ => Ok(()),
        }
    }
}
