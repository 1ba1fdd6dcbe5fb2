//! The host of a test: what the functions of `ringfence_1` do there.

use std::cell::RefCell;
use std::string::String;
use std::vec::Vec;

use ringfence_core::Command;
use ringfence_core::wire::{COMMAND_LEN, CommandRecord};

use crate::abi::submit as answers;

/// A line that a strategy logged, with its level (see [`crate::abi::level`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The level.
    pub level: i32,
    /// The text.
    pub text: String,
}

/// What a guest can ask of its host, as one test's thread has it.
#[derive(Debug, Default)]
pub(crate) struct FakeHost {
    pub(crate) random: u64,
    pub(crate) logs: Vec<LogLine>,
    pub(crate) metrics: Vec<(i32, i64)>,
    pub(crate) submitted: Vec<[u8; COMMAND_LEN]>,
    /// Whether the strategy is called with events or a timer.
    pub(crate) takes_commands: bool,
}

/// Commands that a strategy may ask for in one call, where a host's limits are the usual ones.
pub(crate) const COMMANDS_PER_CALL: usize = 1_024;

std::thread_local! {
    static HOST: RefCell<FakeHost> = RefCell::default();
}

/// Runs `with` on the host of this thread.
pub(crate) fn host<R>(with: impl FnOnce(&mut FakeHost) -> R) -> R {
    HOST.with_borrow_mut(with)
}

/// The next of a row of random numbers (SplitMix64).
pub(crate) fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

pub(crate) fn log(level: i32, text: &[u8]) {
    let text = String::from_utf8_lossy(text).into_owned();
    host(|host| host.logs.push(LogLine { level, text }));
}

pub(crate) fn rand64() -> i64 {
    host(|host| next_random(&mut host.random).cast_signed())
}

pub(crate) fn metric(id: i32, value: i64) {
    host(|host| host.metrics.push((id, value)));
}

/// What a host answers, by the first of its reasons that holds.
pub(crate) fn submit(record: &[u8]) -> i32 {
    host(|host| host.queue(record)).err().unwrap_or(0)
}

impl FakeHost {
    fn queue(&mut self, record: &[u8]) -> Result<(), i32> {
        if !self.takes_commands {
            return Err(answers::NOT_NOW);
        }
        let record: [u8; COMMAND_LEN] = record.try_into().map_err(|_| answers::BAD_LEN)?;
        match CommandRecord::from_bytes(&record).to_command() {
            Ok(Command::New(order)) if order.qty.is_zero() && order.notional == 0 => {
                return Err(answers::NO_COMMAND);
            }
            Ok(_) => {}
            Err(_) => return Err(answers::NO_COMMAND),
        }
        if self.submitted.len() == COMMANDS_PER_CALL {
            return Err(answers::FULL);
        }
        self.submitted.push(record);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
