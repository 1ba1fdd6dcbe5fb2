//! What proves the engine: its specification as code, commands to try it with, golden tapes.
//!
//! Needs the feature `testing` and `std`. See `docs/testing.md`.

pub mod differential;
pub mod feed;
pub mod generate;
pub mod money;
pub mod reference;
pub mod scenario;
pub mod venue;
pub mod wire_check;

pub use differential::{check_agreement, check_agreement_of_bytes};
pub use reference::Reference;
pub use scenario::run_scenario;
pub use venue::Venue;
pub use wire_check::{check_command_bytes, check_event_bytes, check_wire_bytes};

#[cfg(test)]
mod tests;
