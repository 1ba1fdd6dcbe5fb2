//! `[http]`: health, metrics and books.

use std::net::SocketAddr;

use serde::Deserialize;

/// Where HTTP is answered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Address and port.
    #[serde(deserialize_with = "super::address::read")]
    pub address: SocketAddr,
}
