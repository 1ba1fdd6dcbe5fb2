//! What a guest may ask its host for while it runs, and what it asked for.

use std::fmt;

use ringfence_core::Command;
use ringfence_core::wire::{COMMAND_LEN, CommandRecord};

pub use self::import::Import;
pub(crate) use self::kept::Kept;
use super::log::{Log, LogLine};

mod import;
mod kept;

/// Bounds on what a guest may ask for, and what it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportsConfig {
    /// Commands that [`Import::Submit`] takes before the host drains them.
    pub submitted_max: usize,
    /// Bytes of log a guest may write in one second of command time.
    pub log_bytes_per_second: u32,
    /// Bytes of log that are kept: the last ones.
    pub log_bytes_kept: u32,
    /// Where [`Import::Rand64`] starts.
    pub seed: u64,
}

impl ImportsConfig {
    /// Room for nothing.
    pub(crate) const NONE: Self =
        Self { submitted_max: 0, log_bytes_per_second: 0, log_bytes_kept: 0, seed: 0 };
}

/// Serves a guest's host calls and keeps what it asked for.
///
/// All memory is taken when it is made; nothing grows afterwards.
#[derive(Debug)]
pub struct Imports {
    at_ns: u64,
    rand: u64,
    submitted: Vec<CommandRecord>,
    submitted_max: usize,
    /// Whether what is submitted in the present call will be sequenced.
    takes_commands: bool,
    log: Log,
    metrics: [i64; METRICS_MAX],
    metrics_ignored: u64,
    panic: Option<Panic>,
    fault: Option<ImportFault>,
}

/// What a guest said when it gave up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panic {
    /// Its message.
    pub text: String,
    /// Line in its source; 0 where unknown.
    pub line: u32,
    /// Column in its source; 0 where unknown.
    pub column: u32,
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if self.line > 0 {
            write!(f, " (line {}, column {})", self.line, self.column)?;
        }
        Ok(())
    }
}

/// Why a host call turned a guest down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportFault {
    /// The guest named bytes that it does not have.
    #[error(
        "it called `{}` with {len} bytes at {ptr}, but its memory has {memory} bytes",
        import.name()
    )]
    OutOfBounds {
        /// Which host call.
        import: Import,
        /// Where.
        ptr: u32,
        /// How many.
        len: u32,
        /// Bytes of memory it has.
        memory: usize,
    },
    /// The guest gave up: [`Imports::panicked`] has what it said.
    #[error("it gave up")]
    GaveUp,
}

impl Imports {
    /// With nothing asked for yet.
    #[must_use]
    pub fn new(config: ImportsConfig) -> Self {
        Self {
            at_ns: 0,
            rand: config.seed,
            submitted: Vec::with_capacity(config.submitted_max),
            submitted_max: config.submitted_max,
            takes_commands: false,
            log: Log::new(config.log_bytes_per_second, config.log_bytes_kept),
            metrics: [0; METRICS_MAX],
            metrics_ignored: 0,
            panic: None,
            fault: None,
        }
    }

    /// Sets what `time_ns` answers, and by which the log's allowance grows.
    pub fn set_time(&mut self, at_ns: u64) {
        self.at_ns = at_ns;
    }

    /// Says whether the call that comes next may submit commands: one with events or a timer.
    pub fn take_commands(&mut self, takes: bool) {
        self.takes_commands = takes;
    }

    /// Forgets the commands that were submitted.
    pub fn clear_submitted(&mut self) {
        self.submitted.clear();
    }

    /// Serves one host call.
    ///
    /// `args` are widened to 64 bits without sign; so is the result.
    ///
    /// # Errors
    ///
    /// [`ImportFault`], by which the guest traps. It is kept for [`fault`](Self::fault), or for
    /// [`panicked`](Self::panicked).
    #[inline]
    pub fn serve(
        &mut self,
        import: Import,
        args: [u64; 4],
        memory: &[u8],
    ) -> Result<u64, ImportFault> {
        let served = match import {
            Import::TimeNs => Ok(self.at_ns),
            Import::Rand64 => Ok(self.next_rand()),
            Import::Metric => {
                self.metric(args[0], args[1]);
                Ok(0)
            }
            Import::Submit => self.submit(low(args[0]), low(args[1]), memory),
            Import::Log => self.log(low(args[0]), low(args[1]), low(args[2]), memory),
            Import::Panic => self.panic(args.map(low), memory),
            Import::Abort => self.abort(args.map(low), memory),
        };
        if let Err(fault @ ImportFault::OutOfBounds { .. }) = served {
            self.fault = Some(fault);
        }
        served
    }

    /// Commands that were submitted since they were last cleared.
    #[must_use]
    pub fn submitted(&self) -> &[CommandRecord] {
        &self.submitted
    }

    /// Why a host call turned the guest down, once one did.
    #[must_use]
    pub const fn fault(&self) -> Option<ImportFault> {
        self.fault
    }

    /// What the guest said when it gave up.
    #[must_use]
    pub const fn panicked(&self) -> Option<&Panic> {
        self.panic.as_ref()
    }

    /// Its last lines, oldest first.
    #[must_use]
    pub fn log_lines(&self) -> Vec<LogLine> {
        self.log.lines()
    }

    /// Lines that were dropped because the guest logs too much.
    #[must_use]
    pub const fn log_dropped(&self) -> u64 {
        self.log.dropped
    }

    /// The last value of each metric; zero where the guest never set it.
    #[must_use]
    pub const fn metrics(&self) -> &[i64; METRICS_MAX] {
        &self.metrics
    }

    /// Values for metrics that do not exist.
    #[must_use]
    pub const fn metrics_ignored(&self) -> u64 {
        self.metrics_ignored
    }

    /// `SplitMix64`: one addition and three mixes, the same everywhere.
    fn next_rand(&mut self) -> u64 {
        self.rand = self.rand.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.rand;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn metric(&mut self, id: u64, value: u64) {
        let slot = usize::try_from(id).ok().and_then(|id| self.metrics.get_mut(id));
        match slot {
            Some(slot) => *slot = value.cast_signed(),
            None => self.metrics_ignored += 1,
        }
    }

    fn submit(&mut self, ptr: u32, len: u32, memory: &[u8]) -> Result<u64, ImportFault> {
        let bytes = slice(Import::Submit, ptr, len, memory)?;
        let answer = self.queue(bytes).err().unwrap_or(0);
        Ok(u64::from(answer.cast_unsigned()))
    }

    /// Queues a command, or says what `submit` answers instead of 0.
    fn queue(&mut self, bytes: &[u8]) -> Result<(), i32> {
        if !self.takes_commands {
            return Err(SUBMIT_NOT_NOW);
        }
        let record = <&[u8; COMMAND_LEN]>::try_from(bytes).map_err(|_| SUBMIT_BAD_LEN)?;
        let record = CommandRecord::from_bytes(record);
        match record.to_command() {
            Ok(Command::New(order)) if order.qty.is_zero() && order.notional == 0 => {
                return Err(SUBMIT_NO_COMMAND);
            }
            Ok(_) => {}
            Err(_) => return Err(SUBMIT_NO_COMMAND),
        }
        if self.submitted.len() == self.submitted_max {
            return Err(SUBMIT_FULL);
        }
        self.submitted.push(record);
        Ok(())
    }

    fn log(&mut self, level: u32, ptr: u32, len: u32, memory: &[u8]) -> Result<u64, ImportFault> {
        let text = slice(Import::Log, ptr, len, memory)?;
        self.log.push(self.at_ns, u8::try_from(level).unwrap_or(u8::MAX), text);
        Ok(0)
    }

    fn panic(&mut self, args: [u32; 4], memory: &[u8]) -> Result<u64, ImportFault> {
        let [ptr, len, line, column] = args;
        let text = slice(Import::Panic, ptr, len, memory)?;
        let text = &text[..text.len().min(PANIC_LEN_MAX)];
        let text = String::from_utf8_lossy(text).into_owned();
        self.panic = Some(Panic { text, line, column });
        Err(ImportFault::GaveUp)
    }

    /// AssemblyScript's strings are UTF-16 with their length in bytes in front of them. A pointer
    /// that makes no sense gives an empty message: the guest ends anyway.
    fn abort(&mut self, args: [u32; 4], memory: &[u8]) -> Result<u64, ImportFault> {
        let [message, _file, line, column] = args;
        let text = utf16(message, memory).unwrap_or_default();
        self.panic = Some(Panic { text, line, column });
        Err(ImportFault::GaveUp)
    }
}

/// The guest's bytes, or why it cannot have meant these.
fn slice(import: Import, ptr: u32, len: u32, memory: &[u8]) -> Result<&[u8], ImportFault> {
    let from = ptr as usize;
    from.checked_add(len as usize)
        .and_then(|to| memory.get(from..to))
        .ok_or(ImportFault::OutOfBounds { import, ptr, len, memory: memory.len() })
}

fn utf16(ptr: u32, memory: &[u8]) -> Option<String> {
    let from = ptr as usize;
    let len = memory.get(from.checked_sub(4)?..from)?.first_chunk::<4>()?;
    let len = (u32::from_le_bytes(*len) as usize).min(PANIC_LEN_MAX);
    let bytes = memory.get(from..from.checked_add(len)?)?;
    let units: Vec<u16> =
        bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    Some(String::from_utf16_lossy(&units))
}

/// The low half, which is all that a 32-bit argument has.
#[expect(clippy::cast_possible_truncation, reason = "the high half of a 32-bit argument is zero")]
const fn low(arg: u64) -> u32 {
    arg as u32
}

/// The module that all imports but `env.abort` are in.
pub(crate) const IMPORT_MODULE: &str = "ringfence_1";

/// What `submit` answers when its queue is full.
pub const SUBMIT_FULL: i32 = -1;

/// What `submit` answers when it was not handed exactly one command record.
pub const SUBMIT_BAD_LEN: i32 = -2;

/// What `submit` answers when the record is never a command: an operation that there is not, a number
/// that means nothing, something in a part that the command does not use, or an order for no lots.
pub const SUBMIT_NO_COMMAND: i32 = -3;

/// What `submit` answers in calls whose commands nobody takes: all but those with events and timers.
pub const SUBMIT_NOT_NOW: i32 = -4;

/// Metrics a guest has.
pub const METRICS_MAX: usize = 64;

/// Bytes of a panic's message; the rest is cut off.
const PANIC_LEN_MAX: usize = 4096;

#[cfg(test)]
mod tests;
