//! Looks after the segments around the one that is written: makes the file of the next before it is
//! needed, cuts those that were left, and has the disk take what only the system has.
//!
//! A file that is made ahead is written full of zeros. A sync of what is written over them has the
//! data alone to put on the disk; in a file that is only reserved, the file system also has to note
//! which parts of it have been written to, which takes a sync half as long again.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::error::JournalError;
use super::porter::{Chore, Done, Porter};
use super::storage::{Storage, StoredFile};

/// When the file of the next segment is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ahead {
    /// When it is needed: everybody waits for it.
    Never,
    /// Once half of the present one is used, a part of the work with each group.
    InTurns,
    /// Once half of the present one is used, by a thread of its own.
    #[default]
    ByThread,
}

/// The steward of a folder.
#[derive(Debug)]
pub(super) struct Steward {
    hand: Hand,
    /// Bytes of a segment.
    segment_len: u64,
    next: Next,
    /// The disk is taking what only the system has, up to this place.
    writes_back: Option<u64>,
    /// It has taken what comes up to this one.
    written_back: u64,
    /// Chores that were given and not reported.
    under_way: usize,
}

/// The file of the next segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    NotWanted,
    UnderWay,
    Ready,
}

#[derive(Debug)]
enum Hand {
    Nobody,
    Own(Box<Porter>),
    Thread(Thread),
}

#[derive(Debug)]
struct Thread {
    chores: Option<Sender<Chore>>,
    done: Receiver<Done>,
    handle: Option<JoinHandle<()>>,
}

/// Between two parts of a file that is made ahead, so that those who wait for the disk come first.
const PAUSE: Duration = Duration::from_millis(1);

impl Steward {
    pub(super) fn new(
        storage: &dyn Storage,
        ahead: Ahead,
        segment_len: u64,
    ) -> Result<Self, JournalError> {
        let share = || {
            let shared = storage.share();
            shared.map_err(|error| JournalError::io(&storage.name(), "open", &error))
        };
        let hand = match ahead {
            Ahead::Never => Hand::Nobody,
            Ahead::InTurns => Hand::Own(Box::new(Porter::new(share()?))),
            Ahead::ByThread => Hand::Thread(Thread::new(Porter::new(share()?))?),
        };
        let next = Next::NotWanted;
        Ok(Self { hand, segment_len, next, writes_back: None, written_back: 0, under_way: 0 })
    }

    /// Has the next segment's file made, unless it is there or under way; `direct` says how it will be
    /// written to.
    #[inline]
    pub(super) fn prepare(&mut self, direct: bool) {
        if self.next == Next::NotWanted && !matches!(self.hand, Hand::Nobody) {
            self.next = Next::UnderWay;
            self.give(Chore::Prepare { len: self.segment_len, direct });
        }
    }

    /// Whether there is a file of this length for the caller to rename; there is none afterwards.
    pub(super) fn take(&mut self, len: u64) -> bool {
        let is_ready = self.next == Next::Ready && len == self.segment_len;
        if is_ready {
            self.next = Next::NotWanted;
        }
        is_ready
    }

    /// Gives back what a segment that was left did not use. All that it holds is on the disk.
    pub(super) fn cut(
        &mut self,
        name: String,
        mut file: Box<dyn StoredFile>,
        len: u64,
    ) -> Result<(), JournalError> {
        if matches!(self.hand, Hand::Nobody) {
            return file.truncate(len).map_err(|error| JournalError::io(&name, "cut", &error));
        }
        self.give(Chore::Cut { name, len });
        Ok(())
    }

    /// Has the disk take what was written to a segment, `len` bytes up to `place`, unless it is at that
    /// already. Whether.
    pub(super) fn write_back(&mut self, name: &str, len: u64, place: u64) -> bool {
        let may = self.writes_back.is_none() && !matches!(self.hand, Hand::Nobody);
        if may {
            self.writes_back = Some(place);
            self.give(Chore::WriteBack { name: name.to_owned(), len });
        }
        may
    }

    /// The latest place that the disk has taken so.
    pub(super) const fn written_back(&self) -> u64 {
        self.written_back
    }

    /// Hears what was done, and does a part of it where no thread does.
    ///
    /// # Errors
    ///
    /// [`JournalError`] where the disk could not take what was written: the journal has failed.
    #[inline]
    pub(super) fn tend(&mut self) -> Result<(), JournalError> {
        if self.under_way == 0 { Ok(()) } else { self.hear() }
    }

    #[cold]
    fn hear(&mut self) -> Result<(), JournalError> {
        loop {
            let done = match &mut self.hand {
                Hand::Nobody => None,
                Hand::Own(porter) => porter.step(),
                Hand::Thread(thread) => thread.done.try_recv().ok(),
            };
            let Some(done) = done else { return Ok(()) };
            self.under_way -= 1;
            match done {
                Done::Prepared(true) => self.next = Next::Ready,
                Done::Prepared(false) => self.next = Next::NotWanted,
                Done::Cut => {}
                Done::WrittenBack(result) => {
                    let place = self.writes_back.take();
                    result?;
                    self.written_back = self.written_back.max(place.unwrap_or_default());
                }
            }
            if matches!(self.hand, Hand::Own(_)) {
                return Ok(());
            }
        }
    }

    fn give(&mut self, chore: Chore) {
        self.under_way += 1;
        match &mut self.hand {
            Hand::Nobody => {}
            Hand::Own(porter) => porter.take(chore),
            Hand::Thread(thread) => {
                // A thread that is gone does nothing: files are made when they are needed.
                _ = thread.chores.as_ref().map(|chores| chores.send(chore));
            }
        }
    }
}

impl Thread {
    fn new(porter: Porter) -> Result<Self, JournalError> {
        let (chores, todo) = channel();
        let (say, done) = channel();
        let handle = std::thread::Builder::new()
            .name("segments".into())
            .spawn(move || work(porter, &todo, &say))
            .map_err(|error| JournalError::io("the segments' thread", "start", &error))?;
        Ok(Self { chores: Some(chores), done, handle: Some(handle) })
    }
}

/// What the thread does, until nobody has chores for it any more.
fn work(mut porter: Porter, todo: &Receiver<Chore>, say: &Sender<Done>) {
    loop {
        let given = if porter.is_idle() {
            todo.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            todo.recv_timeout(PAUSE)
        };
        match given {
            Ok(chore) => porter.take(chore),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return porter.leave(),
        }
        if let Some(done) = porter.step() {
            // Whoever does not listen any more has no use for it.
            _ = say.send(done);
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.chores = None;
        if let Some(handle) = self.handle.take() {
            _ = handle.join();
        }
    }
}

#[cfg(test)]
mod tests;
