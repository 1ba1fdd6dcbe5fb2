//! What proves that nothing is lost: a disk that fails, and a venue that is crashed on it.
//!
//! Needs the feature `testing`. A failure names its seed; the same seed fails again.

#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod abi_check;
mod admin_check;
mod config_check;
mod crashes;
mod disk;
mod feed_check;
mod gateway_check;
mod journal_check;
mod network;
mod random;
mod snapshot_check;

use ringfence_core::testing::generate::RandomCommands;
use ringfence_core::{Command, Time};

use crate::replay::jsonl::{parse_line, write_command};

#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
pub use abi_check::{check_abi_bytes, check_admission_bytes, guest_from_bytes};
pub use admin_check::check_admin_bytes;
pub use config_check::check_config_bytes;
pub use crashes::{Tally, check_crashes_of_seed};
pub use disk::SimulatedDisk;
pub use feed_check::{check_feed_bytes, check_http_bytes};
pub use gateway_check::check_gateway_bytes;
pub use journal_check::{
    check_cut_journal, check_journal_bytes, check_journal_edits, check_thread_of_seed,
};
pub use network::{NetworkTally, check_network_of_seed};
pub use random::Random;
pub use snapshot_check::{check_snapshot_bytes, check_snapshot_edits};

/// Random commands that a journal takes: a definition that no tape can hold, such as a tick table
/// that does not rise, is refused before it is admitted.
pub(crate) fn commands(seed: u64) -> impl Iterator<Item = (Time, Command)> {
    RandomCommands::new(seed).filter(|(at, command)| {
        let mut line = Vec::new();
        write_command(*at, command, &mut line).expect("memory takes any text");
        parse_line(&String::from_utf8_lossy(&line)).is_ok_and(|read| read.command == *command)
    })
}
