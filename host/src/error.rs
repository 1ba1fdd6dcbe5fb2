//! What can go wrong between a command line and its end: one sentence each, and an exit status.

use std::io;
use std::net::SocketAddr;

use crate::admin::DoorError;
use crate::journal::JournalError;
use crate::keeper::KeepError;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A file could not be opened or made.
    #[error("cannot open {file}: {source}; check the path and its permissions")]
    Open {
        /// Which.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// A compressed file ends too early.
    #[error(
        "{file} is cut short: its gzip data ends in the middle of line {line}; fetch or write the \
         file again"
    )]
    CutShort {
        /// Which.
        file: String,
        /// The line that is not whole.
        line: u64,
    },
    /// A file could not be read on.
    #[error("cannot read {file} from line {line} on: {source}; the file may be damaged")]
    Read {
        /// Which.
        file: String,
        /// The line that could not be read.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// A line is not what it should be.
    #[error("{file}, line {line}, column {column}: {problem}")]
    Line {
        /// Which file.
        file: String,
        /// Which line, from 1.
        line: u64,
        /// Where in the line, in characters from 1.
        column: usize,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A file as a whole is not what it should be.
    #[error("{file} {problem}")]
    File {
        /// Which.
        file: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A strategy cannot be loaded.
    #[error("the strategy {file} cannot be used: {problem}")]
    Strategy {
        /// Its file.
        file: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// Options exclude each other, or one is missing.
    #[error("{0}")]
    Usage(String),
    /// Output could not be written.
    #[error("cannot write {to}: {source}; is the disk full?")]
    Write {
        /// Where to.
        to: String,
        /// Why.
        source: io::Error,
    },
    /// Whoever read the output went away; not a failure.
    #[error("nobody reads the output any more")]
    NobodyReads,
    /// An address cannot be listened at.
    #[error("cannot listen at {address}: {source}; is something else listening there?")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Connections cannot be watched any more.
    #[error("the system watches no connections any more: {0}")]
    Network(io::Error),
    /// The admin door cannot be opened.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// Images of strategies cannot be kept, or not be read.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// The journal cannot be written, or not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl RunError {
    /// An error of writing to `to`; a pipe that nobody reads is none.
    #[must_use]
    pub fn write(to: &str, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::Write { to: to.to_owned(), source },
        }
    }
}
