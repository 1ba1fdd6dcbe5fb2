//! The functions of the host that guests can call: names and types.

use super::IMPORT_MODULE;
use crate::runtime::Word;

/// A function of the host that guests can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Import {
    /// `log(level, ptr, len)`: a line for whoever runs the strategy.
    Log,
    /// `panic(ptr, len, line, column)`: why the guest gives up. It does not come back.
    Panic,
    /// `time_ns() -> i64`: the time of the batch's command.
    TimeNs,
    /// `rand64() -> i64`: seeded, the same on replay.
    Rand64,
    /// `metric(id, value)`: a number to watch.
    Metric,
    /// `submit(ptr, len) -> i32`: a command, ahead of those that the call returns. It is queued
    /// with them and answered 0: risk is not asked yet. What is not queued is answered
    /// [`SUBMIT_NOT_NOW`](super::SUBMIT_NOT_NOW), [`SUBMIT_BAD_LEN`](super::SUBMIT_BAD_LEN),
    /// [`SUBMIT_NO_COMMAND`](super::SUBMIT_NO_COMMAND) or [`SUBMIT_FULL`](super::SUBMIT_FULL), the
    /// first of these that is so.
    Submit,
    /// `env.abort(message, file, line, column)`: how AssemblyScript panics. It does not come back.
    Abort,
}

impl Import {
    /// All there are, in order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::Log,
        Self::Panic,
        Self::TimeNs,
        Self::Rand64,
        Self::Metric,
        Self::Submit,
        Self::Abort,
    ];

    /// The import of this name, if a guest may have it.
    #[must_use]
    pub fn named(module: &str, name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|import| import.module() == module && import.name() == name)
    }

    /// The module it is imported from.
    #[must_use]
    pub const fn module(self) -> &'static str {
        match self {
            Self::Abort => "env",
            _ => IMPORT_MODULE,
        }
    }

    /// Its name there.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Panic => "panic",
            Self::TimeNs => "time_ns",
            Self::Rand64 => "rand64",
            Self::Metric => "metric",
            Self::Submit => "submit",
            Self::Abort => "abort",
        }
    }

    /// Types of its parameters.
    #[must_use]
    pub const fn params(self) -> &'static [Word] {
        match self {
            Self::Log => &[Word::I32; 3],
            Self::Panic | Self::Abort => &[Word::I32; 4],
            Self::TimeNs | Self::Rand64 => &[],
            Self::Metric => &[Word::I32, Word::I64],
            Self::Submit => &[Word::I32; 2],
        }
    }

    /// Type of its result.
    #[must_use]
    pub const fn result(self) -> Option<Word> {
        match self {
            Self::TimeNs | Self::Rand64 => Some(Word::I64),
            Self::Submit => Some(Word::I32),
            _ => None,
        }
    }
}
