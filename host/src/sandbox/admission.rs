//! What becomes of a file before any engine sees it: measured, validated, checked, rewritten.

use super::backtrace::Names;
use super::cache::Identity;
use super::rewrite::{self, Fence};
use super::{LoadError, SandboxConfig};
use crate::runtime::Import;

mod card;
mod manifest;
mod placement;
mod refusal;
mod survey;

pub(crate) use card::Card;
pub use manifest::Manifest;
pub(super) use manifest::section as manifest_section;
pub use refusal::Refusal;
#[cfg(test)]
pub(super) use survey::FUNCTION_LEN_MAX;
pub(super) use survey::{FuncFacts, Survey};

/// A module that engines may see: checked and rewritten.
#[derive(Clone, Debug)]
pub struct Admitted {
    identity: Identity,
    bytes: Vec<u8>,
    manifest: Manifest,
    names: Names,
    imports: Vec<Import>,
    functions: usize,
    memory_pages: u64,
}

/// Takes a module in, or says why not.
///
/// What comes out has no custom section (`WasmEdge` would execute native code that it finds in
/// one), no export but the ABI's, a memory and a table of fixed maximum, and its fence built in.
///
/// # Errors
///
/// [`LoadError`], whose sentence goes after the file's name. Of several broken rules all are named.
pub fn admit(wasm: &[u8], config: &SandboxConfig) -> Result<Admitted, LoadError> {
    admit_fenced(wasm, config, Fence::ALL)
}

/// As [`admit`], but with only a part of the fence, to measure what it costs.
///
/// Without gas a guest can run for ever, without depth it can end the process.
///
/// # Errors
///
/// As [`admit`].
pub fn admit_fenced(
    wasm: &[u8],
    config: &SandboxConfig,
    fence: Fence,
) -> Result<Admitted, LoadError> {
    check_len(wasm, config)?;
    check_kind(wasm)?;
    let survey = Survey::of(wasm)?;
    let manifest = Manifest::read(wasm)?;
    let refusals = refusal::refusals(&survey, &manifest, config);
    if !refusals.is_empty() {
        return Err(LoadError::Refused(refusals));
    }
    Ok(Admitted {
        identity: Identity::of(wasm, config, fence),
        bytes: rewrite::rewrite(wasm, &survey, config.pages_max(), fence)?,
        manifest,
        names: Names::of(wasm),
        imports: survey.known_imports(),
        functions: survey.functions.len(),
        memory_pages: survey.memory.map_or(0, |memory| memory.initial),
    })
}

impl Admitted {
    /// What it was made from, and how.
    pub(super) const fn identity(&self) -> Identity {
        self.identity
    }

    /// What it calls its functions.
    pub(super) const fn names(&self) -> &Names {
        &self.names
    }

    /// The module as engines see it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the module says about itself.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The host's functions that it uses.
    #[must_use]
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }

    /// How many functions of its own it has.
    #[must_use]
    pub const fn functions(&self) -> usize {
        self.functions
    }

    /// Pages of memory it starts with.
    #[must_use]
    pub const fn memory_pages(&self) -> u64 {
        self.memory_pages
    }
}

/// What is counted of a module: of what, how many it has, and how many it may have.
///
/// # Errors
///
/// [`LoadError::Invalid`] where the module is not valid.
pub fn counted(wasm: &[u8]) -> Result<Vec<(&'static str, u64, u64)>, LoadError> {
    Ok(refusal::counts(&Survey::of(wasm)?).to_vec())
}

/// Whether a module is small enough to be looked at.
pub(super) fn check_len(wasm: &[u8], config: &SandboxConfig) -> Result<(), LoadError> {
    if wasm.len() <= config.module_bytes_max as usize {
        Ok(())
    } else {
        Err(LoadError::TooLarge { len: wasm.len(), max: config.module_bytes_max })
    }
}

fn check_kind(wasm: &[u8]) -> Result<(), LoadError> {
    let what = match wasm {
        [] => "the file is empty",
        [b'\0', b'a', b's', b'm', 1, 0, 0, 0, ..] => return Ok(()),
        [b'\0', b'a', b's', b'm', _, 0, 1, 0, ..] => "it is a Wasm component, not a core module",
        [b'\0', b'a', b's', b'm', ..] => "it is of an unknown Wasm version, or cut off",
        [b'(', ..] | [b';', b';', ..] => "it is Wasm text: translate it with wat2wasm first",
        [0x7f, b'E', b'L', b'F', ..] => "it is a native library or program",
        [0x1f, 0x8b, ..] => "it is compressed: unpack it first",
        _ => "it does not begin with \\0asm",
    };
    Err(LoadError::NotWasm { what })
}
