//! What a module says about itself, in its section `ringfence.manifest`.

use wasmparser::Payload;

use super::card::Card;
use crate::runtime::{Import, dialect};
use crate::sandbox::LoadError;

/// A manifest: its text, and what the host asks of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    text: Option<Box<str>>,
    abi_version: Option<(u16, u16)>,
    imports: Option<Vec<String>>,
}

impl Manifest {
    /// Reads the manifest of a module that may have none.
    pub(super) fn read(wasm: &[u8]) -> Result<Self, LoadError> {
        let Some(section) = section(wasm) else { return Ok(Self::default()) };
        let card = Card::read(section).and_then(|card| card.check().map(|()| card));
        let card = card.map_err(|why| LoadError::Manifest { why })?;
        let text = String::from_utf8_lossy(section).into_owned();
        let abi_version = card.abi_version();
        Ok(Self { text: Some(text.into()), abi_version, imports: card.imports })
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

/// The custom section that the host reads; all of them are dropped.
const SECTION: &str = "ringfence.manifest";
