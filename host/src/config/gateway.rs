//! `[gateway]`: who may send commands, and how.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::Error;

use super::Within;
use crate::error::RunError;
use crate::seat::FIRST_ACCOUNT;

/// Where the gateway listens, to whom, and what it puts up with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewayConfig {
    /// Address and port.
    #[serde(deserialize_with = "super::address::read")]
    pub address: SocketAddr,
    /// Who may log in.
    pub accounts: Vec<AccountConfig>,
    /// A file with secrets, so that they need not be here.
    pub secrets_file: Option<PathBuf>,
    /// Connections at once.
    pub connections_max: Within<1, 65_536>,
    /// After so many milliseconds without anything else to send, each side sends a heartbeat.
    pub heartbeat_ms: Within<10, 600_000>,
    /// After so many milliseconds without a sign of life, a connection is ended. Who connects has as
    /// long to log in.
    pub timeout_ms: Within<20, 3_600_000>,
    /// Commands a second that one account may send; more wait in its connection. 0 is no limit.
    pub rate_limit: Within<0, 100_000_000>,
    /// Commands that it may send at once after a pause.
    pub burst: Within<1, 100_000_000>,
    /// Kibibytes of each connection's buffers, one in each direction.
    pub buffer_kib: Within<64, 65_536>,
    /// Events of each account that are kept to be sent, or sent again.
    pub resend_events: Within<16, 16_777_216>,
    /// What becomes of a session that does not read its events as fast as they come.
    pub slow_consumer: SlowConsumer,
    /// Whether an account's orders are cancelled when its connection ends.
    pub cancel_on_disconnect: bool,
    /// So many milliseconds after that, unless it is back before.
    pub cancel_grace_ms: Within<0, 86_400_000>,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 7_001)),
            accounts: Vec::new(),
            secrets_file: None,
            connections_max: Within::new(1_024),
            heartbeat_ms: Within::new(1_000),
            timeout_ms: Within::new(5_000),
            rate_limit: Within::new(0),
            burst: Within::new(1_000),
            buffer_kib: Within::new(256),
            resend_events: Within::new(65_536),
            slow_consumer: SlowConsumer::Disconnect,
            cancel_on_disconnect: false,
            cancel_grace_ms: Within::new(0),
        }
    }
}

/// What becomes of a session whose events are more than are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlowConsumer {
    /// Its connection is ended; it may come back.
    Disconnect,
    /// Its connection is ended, and its orders are cancelled.
    DisconnectAndCancel,
}

/// An account that may log in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountConfig {
    /// Its number.
    pub account: Within<1, { FIRST_ACCOUNT as u64 - 1 }>,
    /// What it proves itself by; may stand in the secrets file instead.
    pub secret: Option<Secret>,
    /// Whether it may change phases, end auctions, and stop and unblock others.
    #[serde(default)]
    pub operator: bool,
    /// Its own answer to `cancel_on_disconnect`.
    pub cancel_on_disconnect: Option<bool>,
}

/// What an account proves itself by. It is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Secrets are long enough not to be guessed, and fit a login.
const SECRET_LEN_MIN: usize = 16;

/// Bytes of a secret at most: the field of a login.
pub const SECRET_LEN_MAX: usize = 64;

impl Secret {
    /// A secret, where it is one.
    ///
    /// # Errors
    ///
    /// A sentence that says what to do.
    pub fn new(secret: &str) -> Result<Self, String> {
        if !(SECRET_LEN_MIN..=SECRET_LEN_MAX).contains(&secret.len()) {
            return Err(format!(
                "a secret has {SECRET_LEN_MIN} to {SECRET_LEN_MAX} bytes, and this one has {}; \
                 `openssl rand -hex 24` makes one",
                secret.len()
            ));
        }
        if secret.contains('\0') {
            return Err("a secret holds no zero byte; choose another one".to_owned());
        }
        Ok(Self(secret.to_owned()))
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(D::Error::custom)
    }
}

impl GatewayConfig {
    /// What no single value shows to be wrong.
    ///
    /// # Errors
    ///
    /// [`RunError::Usage`], which says what to do.
    pub fn check(&self) -> Result<(), RunError> {
        let wrong = |sentence: String| Err(RunError::Usage(sentence));
        let mut numbers: Vec<_> = self.accounts.iter().map(|one| one.account.get()).collect();
        numbers.sort_unstable();
        if let Some(twice) = numbers.windows(2).find(|pair| pair[0] == pair[1]) {
            return wrong(format!("gateway.accounts lists account {} twice", twice[0]));
        }
        if let Some(one) = self.accounts.iter().find(|one| one.secret.is_none()) {
            let account = one.account.get();
            return wrong(format!(
                "account {account} has no secret; give it one in gateway.accounts or in \
                 gateway.secrets_file"
            ));
        }
        if self.timeout_ms.get() < 2 * self.heartbeat_ms.get() {
            return wrong(format!(
                "gateway.timeout_ms is {} and gateway.heartbeat_ms {}; give time for two heartbeats",
                self.timeout_ms.get(),
                self.heartbeat_ms.get()
            ));
        }
        Ok(())
    }
}
