//! What a module says about itself, in its section `ringfence.manifest`.

use serde::Deserialize;
use wasmparser::Payload;

use crate::runtime::{Import, dialect};
use crate::sandbox::LoadError;

/// A manifest: its text, and what the host asks of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    text: Option<Box<str>>,
    abi_version: Option<(u16, u16)>,
    imports: Option<Vec<String>>,
}

/// The part of the JSON that the host reads. What else there is is for other readers.
#[derive(Deserialize)]
struct Stated {
    abi: Option<String>,
    imports: Option<Vec<String>>,
}

impl Manifest {
    /// Reads the manifest of a module that may have none.
    pub(super) fn read(wasm: &[u8]) -> Result<Self, LoadError> {
        let Some(section) = section(wasm) else { return Ok(Self::default()) };
        let wrong = |why: String| LoadError::Manifest { why };
        let text = str::from_utf8(section).map_err(|error| wrong(error.to_string()))?;
        let stated: Stated =
            serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let abi_version = match stated.abi {
            None => None,
            Some(abi) => Some(version(&abi).ok_or_else(|| wrong(format!("\"abi\" is {abi:?}")))?),
        };
        Ok(Self { text: Some(text.into()), abi_version, imports: stated.imports })
    }

    /// The whole of it, if the module has one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The version of the ABI that the module was built for, if it says so.
    #[must_use]
    pub const fn abi_version(&self) -> Option<(u16, u16)> {
        self.abi_version
    }

    /// Whether it lets the module have this import. One that says nothing lets it have all, and
    /// `env.abort`, which compilers put there, is always allowed.
    pub(super) fn allows(&self, import: Import) -> bool {
        import == Import::Abort
            || self.imports.as_ref().is_none_or(|list| list.iter().any(|it| it == import.name()))
    }
}

/// The section's bytes. The walk stops at what is no module.
pub(in crate::sandbox) fn section(wasm: &[u8]) -> Option<&[u8]> {
    for payload in dialect::parser().parse_all(wasm) {
        if let Payload::CustomSection(section) = payload.ok()?
            && section.name() == SECTION
        {
            return Some(section.data());
        }
    }
    None
}

fn version(text: &str) -> Option<(u16, u16)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The custom section that the host reads; all of them are dropped.
const SECTION: &str = "ringfence.manifest";
