//! `[images]`: whether strategies are kept.

use serde::Deserialize;

use super::Switch;

/// Images of strategies, in a folder beside the journal's segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImagesConfig {
    /// They are kept, and strategies go on from them at the next start.
    pub enabled: Switch,
}
