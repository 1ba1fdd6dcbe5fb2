//! Modules that are ready, each once however many strategies are of it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Instant;

use super::cache::{Cache, Identity, Key};
use super::{Fence, LoadError, Program, Sandbox, SandboxConfig, admission};
use crate::runtime::Engine;

/// Programs by module, engine, and the limits and rules that they were admitted under. Strategies of
/// one program share its code; each has a memory of its own.
#[derive(Debug)]
pub struct Programs {
    cache: Cache,
    ready: BTreeMap<(Key, bool), Program>,
}

impl Programs {
    /// None yet; those that are compiled are looked for, and kept, in `cache`.
    #[must_use]
    pub const fn new(cache: Cache) -> Self {
        Self { cache, ready: BTreeMap::new() }
    }

    /// Starts a strategy as [`Sandbox::load`] does.
    ///
    /// # Errors
    ///
    /// [`LoadError`], whose sentence goes after the file's name.
    pub fn load(
        &mut self,
        engine: &dyn Engine,
        wasm: &[u8],
        config: &SandboxConfig,
    ) -> Result<Sandbox, LoadError> {
        let begun = Instant::now();
        let program = self.prepare(engine, wasm, config)?;
        program.check_params(&config.params)?;
        let mut sandbox = Sandbox::start(program, config)?;
        sandbox.stats.cold_start = begun.elapsed();
        Ok(sandbox)
    }

    /// As [`Program::prepare`]; what strategies are of already is not admitted, compiled or looked for
    /// again. Programs of which no strategy is any more are dropped.
    ///
    /// # Errors
    ///
    /// [`LoadError`], whose sentence goes after the file's name.
    pub fn prepare(
        &mut self,
        engine: &dyn Engine,
        wasm: &[u8],
        config: &SandboxConfig,
    ) -> Result<&Program, LoadError> {
        admission::check_len(wasm, config)?;
        let identity = Identity::of(wasm, config, Fence::ALL);
        let key = (Key::of(identity, &engine.fingerprint()), config.cache_enabled);
        self.ready.retain(|of, program| *of == key || program.is_in_use());
        match self.ready.entry(key) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => {
                Ok(new.insert(Program::prepare(engine, &self.cache, wasm, config)?))
            }
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ready.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }
}
