//! A module that was admitted and compiled, from which any number of strategies start.

use std::sync::Arc;

use super::admission::{self, Admitted};
use super::cache::{Cache, Key};
use super::error;
use super::{LoadError, SandboxConfig};
use crate::runtime::{Engine, Module};

/// Code that is ready to run.
#[derive(Clone, Debug)]
pub struct Program {
    module: Arc<dyn Module>,
    manifest: Option<Arc<str>>,
    from_cache: bool,
}

impl Program {
    /// Admits a module and compiles it, or finds it compiled.
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
        let key = engine.keeps_artifacts().then(|| Key::of(wasm, config, &engine.fingerprint()));
        if let Some(module) = key.as_ref().and_then(|key| cache.find(engine, key)) {
            let section = admission::manifest_section(wasm);
            let manifest = section.and_then(|it| str::from_utf8(it).ok()).map(Arc::from);
            return Ok(Self { module, manifest, from_cache: true });
        }
        let admitted = admission::admit(wasm, config)?;
        let module = match &key {
            Some(key) => cache.compile(engine, key, admitted.bytes())?,
            None => engine.prepare(admitted.bytes())?,
        };
        Self::from_parts(module, &admitted)
    }

    /// Compiles a module that was admitted, without a cache.
    ///
    /// # Errors
    ///
    /// [`LoadError`], whose sentence goes after the file's name.
    pub fn compile(engine: &dyn Engine, admitted: &Admitted) -> Result<Self, LoadError> {
        Self::from_parts(engine.prepare(admitted.bytes())?, admitted)
    }

    fn from_parts(module: Arc<dyn Module>, admitted: &Admitted) -> Result<Self, LoadError> {
        if let Some((major, minor)) = admitted.manifest().abi_version() {
            error::check_version(major, minor)?;
        }
        let manifest = admitted.manifest().text().map(Arc::from);
        Ok(Self { module, manifest, from_cache: false })
    }

    pub(super) fn module(&self) -> &dyn Module {
        &*self.module
    }

    /// The module's own description.
    #[must_use]
    pub fn manifest(&self) -> Option<&str> {
        self.manifest.as_deref()
    }

    /// Whether the code came from the cache.
    #[must_use]
    pub const fn is_from_cache(&self) -> bool {
        self.from_cache
    }
}
