//! The admin door: strategies of a running venue are loaded, replaced, unloaded, kept and listed
//! through a Unix socket that only the venue's owner may use.
//!
//! One thread answers, one connection after the other, a line of JSON for a line of JSON. Whatever
//! takes time (a module is read, admitted, compiled, started) happens on it. The venue's thread only
//! does the last step, between two turns, as an errand.

mod client;
mod desk;
mod door;
mod errands;
mod request;
mod roll;

pub use client::{ClientError, ask};
pub use desk::{Desk, Loads};
pub use door::{Door, DoorError};
pub use errands::{Errands, Inbox, Undone, errands};
pub use request::{Request, Whom};
pub use roll::Roll;

/// Bytes that a request may have.
pub const REQUEST_LEN_MAX: usize = 64 << 10;

/// Bytes that an answer may have: every seat that there can be, with the longest names.
pub const ANSWER_LEN_MAX: usize = 16 << 20;
