//! Replays what happened, from tapes of several kinds, through the host.

pub mod generate;
pub mod input;
pub mod jsonl;
pub mod lobster;
pub mod run;
pub mod workload;
