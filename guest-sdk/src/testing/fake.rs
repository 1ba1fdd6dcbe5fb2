//! The host of a test: what the functions of `ringfence_1` do there.

use std::cell::RefCell;
use std::string::String;
use std::vec::Vec;

use ringfence_core::wire::COMMAND_LEN;

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
}

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

pub(crate) fn submit(record: &[u8]) -> i32 {
    match record.try_into() {
        Ok(record) => host(|host| {
            host.submitted.push(record);
            0
        }),
        Err(_) => crate::abi::submit::BAD_LEN,
    }
}
