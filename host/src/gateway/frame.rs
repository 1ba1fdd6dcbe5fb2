//! The frames that travel between a client and the gateway; docs/operations.md has the table.

use ringfence_core::wire::{COMMAND_LEN, EVENT_LEN};

/// Bytes of a frame's head.
pub const HEAD_LEN: usize = 24;

/// Bytes of a login's body: version, account, secret.
pub const LOGIN_LEN: usize = 4 + 4 + SECRET_FIELD_LEN;

/// Bytes of a secret, filled with zeros.
pub const SECRET_FIELD_LEN: usize = crate::config::SECRET_LEN_MAX;

/// The version of the protocol.
pub const VERSION: u32 = 1;

/// Numbers of the kinds of frames. Append, never renumber.
pub mod frame_kind {
    /// Client: account and secret. `ack`: the last event that it has.
    pub const LOGIN: u8 = 1;
    /// Client: commands. `number`: that of the first.
    pub const COMMANDS: u8 = 2;
    /// Either: a sign of life. From the gateway, `ack` counts.
    pub const HEARTBEAT: u8 = 3;
    /// Client: the end.
    pub const LOGOUT: u8 = 4;
    /// Gateway: the login was right. `number`: that of the next event; `ack`: the last command that
    /// was taken.
    pub const WELCOME: u8 = 16;
    /// Gateway: events. `number`: that of the first; `ack`: the last command that was done.
    pub const EVENTS: u8 = 17;
    /// Gateway: the end. `number`: why; `ack`: the last command that was taken, or done where the
    /// journal takes no more.
    pub const GOODBYE: u8 = 18;
}

/// The head of every frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// See [`frame_kind`].
    pub kind: u8,
    /// Bytes that follow.
    pub len: u32,
    /// By kind.
    pub number: u64,
    /// By kind.
    pub ack: u64,
}

impl Head {
    /// The bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; HEAD_LEN] {
        let mut bytes = [0; HEAD_LEN];
        bytes[0] = self.kind;
        bytes[4..8].copy_from_slice(&self.len.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.number.to_le_bytes());
        bytes[16..].copy_from_slice(&self.ack.to_le_bytes());
        bytes
    }

    /// From the bytes; `None` where those are not zero that must be.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; HEAD_LEN]) -> Option<Self> {
        let [kind, 0, 0, 0, len @ ..] = bytes else { return None };
        let (len, numbers) = len.split_first_chunk()?;
        let (number, ack) = numbers.split_first_chunk()?;
        let len = u32::from_le_bytes(*len);
        let number = u64::from_le_bytes(*number);
        Some(Self { kind: *kind, len, number, ack: u64::from_le_bytes(*ack.first_chunk()?) })
    }

    /// Whether it says nothing but its kind.
    #[must_use]
    pub const fn is_bare(&self) -> bool {
        self.len == 0 && self.number == 0 && self.ack == 0
    }

    /// How many commands follow; `None` where it is not a whole number of them.
    #[must_use]
    pub fn commands(&self) -> Option<u32> {
        count(self.len, COMMAND_LEN)
    }

    /// How many events follow; `None` where it is not a whole number of them.
    #[must_use]
    pub fn events(&self) -> Option<u32> {
        count(self.len, EVENT_LEN)
    }
}

fn count(len: u32, each: usize) -> Option<u32> {
    let each = u32::try_from(each).ok()?;
    len.is_multiple_of(each).then_some(len / each)
}

/// The body of a login.
#[must_use]
pub fn login_body(account: u32, secret: &str) -> [u8; LOGIN_LEN] {
    let mut body = [0; LOGIN_LEN];
    body[..4].copy_from_slice(&VERSION.to_le_bytes());
    body[4..8].copy_from_slice(&account.to_le_bytes());
    let len = secret.len().min(SECRET_FIELD_LEN);
    body[8..8 + len].copy_from_slice(&secret.as_bytes()[..len]);
    body
}

/// Why the gateway ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Goodbye {
    /// The login was not right; nothing says in what.
    Refused = 1,
    /// What came is not a frame, or not a command.
    Malformed = 2,
    /// A command that only an operator may give.
    NotPermitted = 3,
    /// A command's number is not the next one.
    Gap = 4,
    /// The account logged in anew.
    TakenOver = 5,
    /// Events were not read as fast as they came.
    TooSlow = 6,
    /// There was no sign of life.
    Silent = 7,
    /// The venue closes.
    Closes = 8,
    /// As the client wished.
    LoggedOut = 9,
    /// The journal takes no more: what is not done by now may be in it or not.
    Stopped = 10,
}

impl Goodbye {
    /// All of them, by their numbers from 1.
    pub const ALL: [Self; 10] = [
        Self::Refused,
        Self::Malformed,
        Self::NotPermitted,
        Self::Gap,
        Self::TakenOver,
        Self::TooSlow,
        Self::Silent,
        Self::Closes,
        Self::LoggedOut,
        Self::Stopped,
    ];

    /// The reason with this number.
    #[must_use]
    pub fn from_wire(number: u64) -> Option<Self> {
        let at = usize::try_from(number.checked_sub(1)?).ok()?;
        Self::ALL.get(at).copied()
    }
}
