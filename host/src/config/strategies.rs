//! `[[strategies]]`: who trades inside the venue.

use std::path::PathBuf;

use serde::Deserialize;

/// A strategy and its seat.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrategyConfig {
    /// Its module.
    pub file: PathBuf,
}
