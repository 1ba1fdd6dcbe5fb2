//! Does the steward's chores, step by step.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};

use super::error::JournalError;
use super::storage::{Storage, StoredFile};

/// Something to be done to a file.
#[derive(Debug)]
pub(super) enum Chore {
    /// [`SPARE`] is to be made, with so many zeros on the disk; past the system's cache, where it will
    /// be written to in that way.
    Prepare { len: u64, direct: bool },
    /// A segment is to be cut to this length.
    Cut { name: String, len: u64 },
    /// The disk is to take what was written to a segment, so many bytes, and the system's cache to
    /// forget them.
    WriteBack { name: String, len: u64 },
}

/// What became of a chore.
#[derive(Debug)]
pub(super) enum Done {
    /// Whether there is a file now.
    Prepared(bool),
    /// What was not cut takes more room than it needs, and nothing else.
    Cut,
    /// Where the disk failed, nobody knows what it has of the segment.
    WrittenBack(Result<(), JournalError>),
}

/// Has a folder in hand.
#[derive(Debug)]
pub(super) struct Porter {
    storage: Box<dyn Storage>,
    chores: VecDeque<Chore>,
    filled: Option<Filled>,
    zeros: Box<[u8]>,
}

/// A file that is being made.
#[derive(Debug)]
struct Filled {
    file: Box<dyn StoredFile>,
    at: u64,
    len: u64,
}

/// What the file of the next segment is called until it is one.
pub(super) const SPARE: &str = "next.spare";

/// Zeros that are written, and put on the disk, at once.
const PART_LEN: u64 = 1 << 20;

impl Porter {
    pub(super) fn new(storage: Box<dyn Storage>) -> Self {
        Self { storage, chores: VecDeque::new(), filled: None, zeros: Box::default() }
    }

    pub(super) fn take(&mut self, chore: Chore) {
        self.chores.push_back(chore);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.chores.is_empty() && self.filled.is_none()
    }

    /// Does one step: others' chores before what is made ahead. Tells what is done with it.
    pub(super) fn step(&mut self) -> Option<Done> {
        match self.chores.pop_front() {
            None => self.fill(),
            Some(Chore::Prepare { len, direct }) => match self.make(len) {
                Ok(mut file) => {
                    if direct {
                        file.be_direct();
                    }
                    self.filled = Some(Filled { file, at: 0, len });
                    None
                }
                Err(_) => Some(Done::Prepared(false)),
            },
            Some(Chore::Cut { name, len }) => {
                // It may have been removed meanwhile, since a snapshot covers it.
                if let Ok(mut file) = self.storage.open(&name)
                    && file.truncate(len).is_ok()
                {
                    file.release(len);
                }
                Some(Done::Cut)
            }
            Some(Chore::WriteBack { name, len }) => {
                Some(Done::WrittenBack(self.write_back(&name, len)))
            }
        }
    }

    /// The end: what was made ahead is not needed.
    pub(super) fn leave(mut self) {
        // The next start takes it away where this does not.
        _ = self.storage.remove(SPARE);
    }

    fn make(&mut self, len: u64) -> io::Result<Box<dyn StoredFile>> {
        match self.storage.create(SPARE, len) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                self.storage.remove(SPARE)?;
                self.storage.create(SPARE, len)
            }
            made => made,
        }
    }

    fn fill(&mut self) -> Option<Done> {
        let mut filled = self.filled.take()?;
        let part = PART_LEN.min(filled.len - filled.at);
        if self.zeros.is_empty() {
            self.zeros = vec![0; usize::try_from(PART_LEN).expect("a megabyte")].into();
        }
        let zeros = &self.zeros[..usize::try_from(part).expect("a part")];
        let written = filled.file.write_all_at(zeros, filled.at).and_then(|()| filled.file.sync());
        filled.at += part;
        match written {
            Ok(()) if filled.at == filled.len => Some(Done::Prepared(true)),
            Ok(()) => {
                self.filled = Some(filled);
                None
            }
            Err(_) => {
                _ = self.storage.remove(SPARE);
                Some(Done::Prepared(false))
            }
        }
    }

    fn write_back(&mut self, name: &str, len: u64) -> Result<(), JournalError> {
        let synced = self.storage.open(name).and_then(|mut file| {
            file.sync()?;
            file.release(len);
            Ok(())
        });
        match synced {
            // It was removed meanwhile: a snapshot covers it.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            synced => synced.map_err(|error| JournalError::io(name, "sync", &error)),
        }
    }
}
