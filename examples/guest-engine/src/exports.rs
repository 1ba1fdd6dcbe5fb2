//! The guest's side of the ABI, by hand: buffers large enough for a tape.

use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ringfence_guest::abi::{IoBlock, VERSION};

use crate::play;
use crate::workload::Prepared;

/// What the host writes to and reads from.
#[repr(C, align(64))]
struct Buffers {
    block: [u32; 16],
    tape: [u8; EVENTS_CAP * 64],
    commands: [u8; 64 * 128],
}

/// Room for four times the longest tape there is.
const EVENTS_CAP: usize = 1 << 12;

static BUFFERS: Mutex<Buffers> =
    Mutex::new(Buffers { block: [0; 16], tape: [0; EVENTS_CAP * 64], commands: [0; 64 * 128] });

/// What the latest tape came to.
static OUTCOME: Mutex<Result<String, String>> = Mutex::new(Ok(String::new()));

/// The workload that is ready to run.
static PREPARED: Mutex<Option<Prepared>> = Mutex::new(None);

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

fn address<T>(of: &[T]) -> u32 {
    u32::try_from(of.as_ptr().addr()).unwrap_or(u32::MAX)
}

// SAFETY: of this and the names below: no other symbol of this module begins `rf_`.
#[unsafe(no_mangle)]
extern "C" fn rf_abi_version() -> i32 {
    VERSION.cast_signed()
}

#[unsafe(no_mangle)]
extern "C" fn rf_io() -> usize {
    let mut buffers = lock(&BUFFERS);
    let block = IoBlock::new(address(&buffers.tape), address(&buffers.commands));
    let caps =
        [u32::try_from(EVENTS_CAP).unwrap_or(u32::MAX), block.commands_off, block.commands_cap];
    let versions = u32::from(block.major) | u32::from(block.minor) << 16;
    let strides = u32::from(block.event_stride) | u32::from(block.command_stride) << 16;
    buffers.block[..3].copy_from_slice(&[block.magic, versions, block.events_off]);
    buffers.block[3..6].copy_from_slice(&caps);
    buffers.block[6..8].copy_from_slice(&[strides, block.flags]);
    ptr::from_ref(&buffers.block).addr()
}

#[unsafe(no_mangle)]
extern "C" fn rf_init(_params: usize, _len: usize) -> i32 {
    0
}

#[unsafe(no_mangle)]
extern "C" fn rf_on_events(_events: usize, _count: usize) -> i32 {
    0
}

/// Plays the tape of `len` bytes in the events buffer; 0, or -1 where it did not go as it says.
#[unsafe(no_mangle)]
extern "C" fn rf_import(_ptr: usize, len: usize, _from_version: i32) -> i32 {
    let outcome = match lock(&BUFFERS).tape.get(..len) {
        Some(tape) => play(tape),
        None => Err(format!("a tape of {len} bytes is longer than the buffer")),
    };
    let answer = if outcome.is_ok() { 0 } else { -1 };
    *lock(&OUTCOME) = outcome;
    answer
}

/// Writes what the latest tape came to into the events buffer; its length.
#[unsafe(no_mangle)]
extern "C" fn rf_export(_ptr: usize, cap: usize) -> i32 {
    let outcome = lock(&OUTCOME);
    let (Ok(text) | Err(text)) = &*outcome;
    let mut buffers = lock(&BUFFERS);
    let len = text.len().min(cap).min(buffers.tape.len());
    buffers.tape[..len].copy_from_slice(&text.as_bytes()[..len]);
    i32::try_from(len).unwrap_or(i32::MAX)
}

/// Makes the workload `variant` (A, B, C as 0, 1, 2), cut to `commands`, ready; its commands.
#[unsafe(no_mangle)]
extern "C" fn workload_prepare(variant: u32, commands: u32) -> u32 {
    let prepared = Prepared::new(variant, commands);
    let len = prepared.as_ref().map_or(0, Prepared::len);
    *lock(&PREPARED) = prepared;
    len
}

/// Runs what was made ready, once; the hash of its fills.
#[unsafe(no_mangle)]
extern "C" fn workload_run() -> u64 {
    lock(&PREPARED).as_mut().map_or(0, Prepared::run)
}
