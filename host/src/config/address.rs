//! Where something listens: an address and a port.

use std::net::SocketAddr;

use serde::de::{Deserialize, Deserializer, Error};

/// Reads an address; what is none is told what one looks like.
pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| {
        D::Error::custom(format!(
            "invalid socket address `{text}`; write address and port as in 127.0.0.1:7001 or [::1]:7001"
        ))
    })
}
