//! What a strategy says about itself, as its manifest has it.

use serde::Deserialize;

/// A manifest, of which anything may be missing.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Card {
    abi: Option<String>,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) params: Vec<Param>,
    #[serde(default)]
    pub(super) subscriptions: Vec<String>,
    pub(super) timer_ns: Option<u64>,
    pub(super) imports: Option<Vec<String>>,
}

/// A parameter that the strategy takes.
#[derive(Debug, Deserialize)]
pub(super) struct Param {
    pub(super) name: String,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) default: String,
    #[serde(default)]
    pub(super) about: String,
}

impl Card {
    /// Reads a manifest.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The version of the ABI that the module was built for, if it says so.
    pub(super) fn abi_version(&self) -> Option<(u16, u16)> {
        let (major, minor) = self.abi.as_deref()?.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    }
}
