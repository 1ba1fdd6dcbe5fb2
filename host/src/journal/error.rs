//! What can go wrong with a journal, where, and what to do about it.

use std::io;

/// Why a journal cannot be written, or not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// It holds as many commands as it may; the command was not admitted.
    #[error("the journal is full with {entries_max} commands; allow it more, or start a new one")]
    Full {
        /// How many it may hold.
        entries_max: usize,
    },
    /// The disk does not do what it is asked for.
    #[error("cannot {doing} {file}: {problem}; {}", advice(*kind))]
    Io {
        /// Which file or folder.
        file: String,
        /// What was asked of it.
        doing: &'static str,
        /// What kind of failure it is.
        kind: io::ErrorKind,
        /// The system's words.
        problem: String,
    },
    /// What was written is not what is there.
    #[error(
        "{file} is damaged at offset {offset}: {problem}; restore the file from a copy, since \
         nothing from there on can be trusted"
    )]
    Damaged {
        /// Which file.
        file: String,
        /// The first byte that is not as it was written, or the record that it is in.
        offset: u64,
        /// What is wrong.
        problem: String,
    },
    /// The journal is sound, but not one that can be used here.
    #[error("{file} {problem}")]
    Unusable {
        /// Which file or folder.
        file: String,
        /// Why, and what to do.
        problem: String,
    },
    /// The command is longer than a record may be; it was not admitted.
    #[error("a command of {len} bytes does not fit into a record of {len_max}")]
    TooLong {
        /// Its length.
        len: usize,
        /// The most there may be.
        len_max: usize,
    },
    /// The command would be read as another one; it was not admitted.
    #[error("a command cannot be journalled, since no tape can hold it: {problem}")]
    Unwritable {
        /// What is wrong with it.
        problem: String,
    },
}

impl JournalError {
    pub(crate) fn io(file: &str, doing: &'static str, error: &io::Error) -> Self {
        let (kind, problem) = (error.kind(), error.to_string());
        Self::Io { file: file.to_owned(), doing, kind, problem }
    }

    pub(crate) fn damaged(file: &str, offset: u64, problem: impl Into<String>) -> Self {
        Self::Damaged { file: file.to_owned(), offset, problem: problem.into() }
    }

    pub(crate) fn unusable(file: &str, problem: impl Into<String>) -> Self {
        Self::Unusable { file: file.to_owned(), problem: problem.into() }
    }

    /// Whether what was written is not what is there.
    #[must_use]
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }
}

fn advice(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "nothing more is taken in; make room and start again"
        }
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => {
            "check the path and its permissions"
        }
        io::ErrorKind::ReadOnlyFilesystem => "mount it for writing and start again",
        _ => "check the disk and start again",
    }
}
