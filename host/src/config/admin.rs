//! `[admin]`: where strategies of the running venue are loaded, replaced and unloaded.

use std::path::PathBuf;

use serde::Deserialize;

/// The admin door.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminConfig {
    /// Its Unix socket, in a folder that nobody else may write to.
    pub socket: PathBuf,
}
