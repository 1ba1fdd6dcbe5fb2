//! `[feed]`: market data by TCP.

use std::net::SocketAddr;

use serde::Deserialize;

/// Where market data is to be had.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedConfig {
    /// Address and port.
    #[serde(deserialize_with = "super::address::read")]
    pub address: SocketAddr,
}
