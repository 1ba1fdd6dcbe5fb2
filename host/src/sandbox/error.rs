//! Why a strategy does not start, and why it stopped.

use super::{ABI_VERSION, ANSWER_COMMANDS_MAX, ImageError, IoError, Refusal};
use crate::runtime::{EngineError, ImportFault, Panic, Trap};

/// Why a strategy does not start. The sentence goes after the file's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file is larger than a module may be.
    #[error(
        "the module has {len} bytes, but at most {max} are taken: build it with opt-level \"s\" and \
         lto, or keep data out of it"
    )]
    TooLarge {
        /// Bytes it has.
        len: usize,
        /// Bytes it may have.
        max: u32,
    },
    /// The file is something else.
    #[error("is not a Wasm module: {what}; build the strategy for wasm32-unknown-unknown")]
    NotWasm {
        /// What it looks like.
        what: &'static str,
    },
    /// The file is a broken module, or uses what strategies may not.
    #[error("is not a Wasm module that strategies may use: {why} (at byte {offset})")]
    Invalid {
        /// What is wrong.
        why: String,
        /// Where.
        offset: u64,
    },
    /// The module breaks a rule.
    #[error("{}", sentences(.0))]
    Refused(Vec<Refusal>),
    /// What the module says about itself cannot be read.
    #[error(
        "its section `ringfence.manifest` is no manifest that a host reads: {why}; mend it there, or \
         leave it out"
    )]
    Manifest {
        /// What is wrong.
        why: String,
    },
    /// The module was built for another version of the ABI.
    #[error(
        "ABI version {major}.{minor}; this host speaks {}.{}: rebuild with ringfence-guest 0.1",
        ABI_VERSION.0,
        ABI_VERSION.1
    )]
    AbiVersion {
        /// Its major version.
        major: u16,
        /// Its minor version.
        minor: u16,
    },
    /// The block in which records are exchanged makes no sense.
    #[error("`rf_io`: {0}")]
    Io(#[from] IoError),
    /// The parameters do not fit the guest's buffer.
    #[error(
        "the parameters have {len} bytes, but the strategy has room for {cap}: pass fewer, or let \
         it take more events at once"
    )]
    ParamsTooLong {
        /// Bytes they have.
        len: usize,
        /// Bytes there are.
        cap: usize,
    },
    /// They are not what its manifest takes.
    #[error("{why}")]
    Params {
        /// Which, and what there is instead.
        why: String,
    },
    /// A call of the start failed.
    #[error("`{export}` failed: it {fault}{}", calls(.backtrace))]
    Start {
        /// Which export.
        export: &'static str,
        /// How it failed.
        fault: Fault,
        /// Where it was, innermost call first, as [`Sandbox::backtrace`](super::Sandbox::backtrace)
        /// gives it.
        backtrace: Vec<String>,
    },
    /// `rf_init` said no.
    #[error(
        "`rf_init` refused its parameters with code {code}: {}",
        if .said.is_empty() { "see the strategy's documentation" } else { .said }
    )]
    InitRefused {
        /// What it answered.
        code: i32,
        /// What it logged last, if anything.
        said: String,
    },
    /// The code that a strategy was to move to is of another module.
    #[error("cannot move to code of another module, or one admitted under other limits")]
    OtherModule,
    /// What it was to go on from is not an image of it.
    #[error("cannot go on from an image: {0}")]
    Image(#[from] ImageError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl LoadError {
    /// Where the guest was when its start failed, innermost call first; the sentence then no longer
    /// tells.
    pub fn take_backtrace(&mut self) -> Vec<String> {
        match self {
            Self::Start { backtrace, .. } => std::mem::take(backtrace),
            _ => Vec::new(),
        }
    }
}

/// Why a strategy stopped. Its sandbox is spent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It used more gas than a call may.
    #[error("ran out of gas: one call may use {limit}")]
    OutOfGas {
        /// Gas of the call.
        limit: u64,
    },
    /// It used more gas than a second of command time may.
    #[error("ran out of gas: all its calls of a second may use {limit}")]
    OutOfGasForSecond {
        /// Gas of a second.
        limit: u64,
    },
    /// Its calls nested too deeply.
    #[error("ran out of stack: its calls may nest {limit} deep")]
    TooDeep {
        /// Stack of the call.
        limit: u32,
    },
    /// It asked its host for something with bytes that it does not have.
    #[error("was stopped: {0}")]
    HostCall(ImportFault),
    /// It panicked and said why.
    #[error("panicked: {0}")]
    Panicked(Panic),
    /// It trapped.
    #[error("trapped: {0}")]
    Trapped(Trap),
    /// It returned an error code.
    #[error("gave up with its own error code {code}")]
    GuestError {
        /// What it returned; below zero, except from `rf_import`, of which only 0 is a yes.
        code: i32,
    },
    /// It claims to have written more commands than its buffer holds.
    #[error("returned {returned} commands, but its buffer holds {cap}")]
    BadCount {
        /// What it returned.
        returned: u32,
        /// What its buffer holds.
        cap: u32,
    },
    /// It asked for more commands than it may, in one call or in all calls of an answer.
    #[error(
        "asked for {asked} commands in one {}, but may ask for {limit}",
        if *.limit == ANSWER_COMMANDS_MAX { "answer" } else { "call" }
    )]
    TooManyCommands {
        /// How many.
        asked: u64,
        /// How many it may: [`ANSWER_COMMANDS_MAX`] in an answer, and no more in a call.
        limit: u32,
    },
    /// It claims to have written more state than there is room for.
    #[error("handed over {returned} bytes of state, but there is room for {cap}")]
    BadState {
        /// Bytes it claims.
        returned: u32,
        /// Bytes there are.
        cap: u32,
    },
    /// An answer took longer than any may: its limits are too wide, or something is wrong with the host.
    #[error("was stopped by the watchdog: an answer took longer than {limit_ms} ms of real time")]
    Overtime {
        /// Milliseconds.
        limit_ms: u64,
    },
    /// It could not be started again after an earlier fault.
    #[error("did not start again: {why}")]
    Start {
        /// What is wrong.
        why: String,
    },
    /// It failed in its last words: no order of it is touched by that.
    #[error("failed in its last words, `rf_shutdown`: it {said}")]
    LastWords {
        /// What kind of fault it was.
        cause: Cause,
        /// What was said of it.
        said: String,
    },
    /// What happened before an image was taken, as it was told then.
    #[error("{said}")]
    Earlier {
        /// What kind of fault it was.
        cause: Cause,
        /// What was said of it.
        said: String,
    },
}

impl Fault {
    /// What kind of fault it is.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        match self {
            Self::OutOfGas { .. } | Self::OutOfGasForSecond { .. } => Cause::Gas,
            Self::TooDeep { .. } => Cause::Stack,
            Self::HostCall(_) => Cause::HostCall,
            Self::Panicked(_) => Cause::Panic,
            Self::Trapped(_) => Cause::Trap,
            Self::GuestError { .. } => Cause::GuestError,
            Self::BadCount { .. } | Self::TooManyCommands { .. } | Self::BadState { .. } => {
                Cause::Commands
            }
            Self::Overtime { .. } => Cause::Watchdog,
            Self::Start { .. } => Cause::Start,
            Self::LastWords { cause, .. } | Self::Earlier { cause, .. } => *cause,
        }
    }
}

/// Kinds of faults, as they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It ran out of gas.
    Gas,
    /// It ran out of stack.
    Stack,
    /// It called the host with bytes that it does not have.
    HostCall,
    /// It panicked.
    Panic,
    /// It trapped.
    Trap,
    /// It returned an error code.
    GuestError,
    /// It returned more commands than it may, or than its buffer holds.
    Commands,
    /// The watchdog stopped it.
    Watchdog,
    /// It could not be started again.
    Start,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Gas,
        Self::Stack,
        Self::HostCall,
        Self::Panic,
        Self::Trap,
        Self::GuestError,
        Self::Commands,
        Self::Watchdog,
        Self::Start,
    ];

    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gas => "gas",
            Self::Stack => "stack",
            Self::HostCall => "host_call",
            Self::Panic => "panic",
            Self::Trap => "trap",
            Self::GuestError => "guest_error",
            Self::Commands => "commands",
            Self::Watchdog => "watchdog",
            Self::Start => "start",
        }
    }
}

/// Whether this host speaks the guest's version: the same major, and a minor it knows.
pub(super) const fn check_version(major: u16, minor: u16) -> Result<(), LoadError> {
    if major == ABI_VERSION.0 && minor <= ABI_VERSION.1 {
        Ok(())
    } else {
        Err(LoadError::AbiVersion { major, minor })
    }
}

fn sentences(refusals: &[Refusal]) -> String {
    let sentences: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    sentences.join("; ")
}

fn calls(backtrace: &[String]) -> String {
    if backtrace.is_empty() { String::new() } else { format!("; in {}", backtrace.join(", in ")) }
}
