//! Lines for the operator's log, without allocation.

use core::fmt;

use arrayvec::ArrayString;

use crate::{abi, imports};

/// Writes a formatted line to the operator's log at level info, without allocation; the
/// [`Context`](crate::Context) comes first.
///
/// ```
/// # use ringfence_guest::prelude::*;
/// # fn example(context: &mut Context<'_>, price: Price) {
/// log!(context, "quoting around {price}");
/// # }
/// ```
#[macro_export]
macro_rules! log {
    ($context:expr, $($text:tt)+) => {
        $context.log($crate::LogLevel::Info, ::core::format_args!($($text)+))
    };
}

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum LogLevel {
    /// Something is wrong.
    Error = abi::level::ERROR,
    /// Something may be wrong.
    Warn = abi::level::WARN,
    /// What an operator wants to know.
    Info = abi::level::INFO,
    /// What an author wants to know.
    Debug = abi::level::DEBUG,
}

/// Formats a line into a buffer of fixed size and logs it.
pub(crate) fn log_line(level: LogLevel, line: fmt::Arguments<'_>) {
    let mut buffer = Line::new();
    // A line that is cut is still a line.
    _ = fmt::Write::write_fmt(&mut buffer, line);
    imports::log(level as i32, buffer.as_bytes());
}

/// A line of text of at most [`abi::LOG_LEN_MAX`] bytes; what does not fit is cut.
#[derive(Debug)]
pub(crate) struct Line(ArrayString<{ abi::LOG_LEN_MAX }>);

impl Line {
    pub(crate) const fn new() -> Self {
        Self(ArrayString::new_const())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            self.0.try_push(letter).map_err(|_| fmt::Error)?;
        }
        Ok(())
    }
}
