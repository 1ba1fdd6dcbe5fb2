//! Writes snapshots while the journal goes on, keeps the newest, and lets go what they cover.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, channel, sync_channel};
use std::thread::JoinHandle;

use super::clerk::{Clerk, Failure};
use super::error::JournalError;
use super::snapshot::Shot;
use super::storage::Storage;
use crate::sequencer::Stamp;

/// When snapshots are taken, and how many are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotSettings {
    /// One is taken after so many commands; 0 is never.
    pub every_commands: u64,
    /// One is taken after so many nanoseconds of the commands' time; 0 is never.
    pub every_ns: u64,
    /// The newest so many are kept, at least one. Where one turns out to be damaged, the venue
    /// comes back from the one before.
    pub kept: u32,
    /// Whether segments are removed that come before all kept snapshots, once there are as many
    /// as are kept.
    pub truncates: bool,
    /// Whether a thread of its own writes. Without one, each turn does a part of the work.
    pub has_thread: bool,
}

impl SnapshotSettings {
    /// None is taken but where one is asked for.
    pub const NEVER: Self =
        Self { every_commands: 0, every_ns: 0, kept: 2, truncates: false, has_thread: true };
}

/// Five million commands are replayed in two or three seconds.
impl Default for SnapshotSettings {
    fn default() -> Self {
        Self { every_commands: 5_000_000, truncates: true, ..Self::NEVER }
    }
}

/// What became of snapshots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotTally {
    /// How many were written.
    pub written: u64,
    /// How many could not be.
    pub failed: u64,
    /// The last command that is in the newest one.
    pub newest: Stamp,
    /// Why the latest one could not be written. Trading goes on without it, and another one is
    /// tried when it is due.
    pub problem: Option<JournalError>,
    /// Whether one is being written.
    pub is_under_way: bool,
}

/// Has snapshots written.
#[derive(Debug)]
pub(super) struct Archivist {
    settings: SnapshotSettings,
    hand: Hand,
    /// The command after which the latest one was taken, written or not.
    taken: Stamp,
    tally: SnapshotTally,
}

#[derive(Debug)]
enum Hand {
    Own(Box<Clerk>),
    Thread(Thread),
}

#[derive(Debug)]
struct Thread {
    shots: Option<SyncSender<Shot>>,
    said: Receiver<Result<Stamp, Failure>>,
    handle: Option<JoinHandle<()>>,
}

impl Archivist {
    /// An archivist of a folder whose newest snapshot was taken after `newest`.
    pub(super) fn new(
        storage: Box<dyn Storage>,
        settings: SnapshotSettings,
        newest: Stamp,
    ) -> Result<Self, JournalError> {
        let clerk = Clerk::new(storage, settings);
        let hand = if settings.has_thread {
            Hand::Thread(Thread::new(clerk)?)
        } else {
            Hand::Own(Box::new(clerk))
        };
        let tally = SnapshotTally { newest, ..SnapshotTally::default() };
        Ok(Self { settings, hand, taken: newest, tally })
    }

    /// Whether it is time for one, after this command.
    #[inline]
    pub(super) fn is_due(&self, last: Stamp) -> bool {
        let SnapshotSettings { every_commands, every_ns, .. } = self.settings;
        let commands = last.place - self.taken.place;
        let time = last.at.0 - self.taken.at.0;
        let is_time = (every_commands != 0 && commands >= every_commands)
            || (every_ns != 0 && time >= every_ns);
        is_time && self.is_possible(last)
    }

    /// Whether one can be taken now: no other is being written, and there is something new.
    pub(super) fn is_possible(&self, last: Stamp) -> bool {
        !self.tally.is_under_way && last.place > self.taken.place
    }

    /// Begins to write one.
    pub(super) fn take(&mut self, shot: Shot) {
        self.taken = shot.last;
        self.tally.is_under_way = true;
        match &mut self.hand {
            Hand::Own(clerk) => clerk.begin(shot),
            Hand::Thread(thread) => {
                // Where the thread has ended, `tend` hears of it.
                _ = thread.shots.as_ref().map(|shots| shots.send(shot));
            }
        }
    }

    /// Does a part of the work where no thread does it, and notes what became of it. An error is
    /// the journal's own.
    #[inline]
    pub(super) fn tend(&mut self) -> Result<(), JournalError> {
        if self.tally.is_under_way { self.advance(false) } else { Ok(()) }
    }

    /// Waits until nothing is under way. An error is the journal's own.
    pub(super) fn wait(&mut self) -> Result<(), JournalError> {
        while self.tally.is_under_way {
            self.advance(true)?;
        }
        Ok(())
    }

    pub(super) const fn tally(&self) -> &SnapshotTally {
        &self.tally
    }

    #[cold]
    fn advance(&mut self, waits: bool) -> Result<(), JournalError> {
        let done = match &mut self.hand {
            Hand::Own(clerk) => clerk.step().transpose(),
            Hand::Thread(thread) => thread.hear(waits),
        };
        let Some(done) = done else { return Ok(()) };
        self.tally.is_under_way = false;
        match done {
            Ok(newest) => {
                self.tally.written += 1;
                (self.tally.newest, self.tally.problem) = (newest, None);
            }
            Err(Failure { error, is_journals }) => {
                self.tally.failed += 1;
                self.tally.problem = Some(error.clone());
                if is_journals {
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

impl Thread {
    fn new(mut clerk: Clerk) -> Result<Self, JournalError> {
        let (shots, todo) = sync_channel::<Shot>(1);
        let (say, said) = channel();
        let work = move || {
            while let Ok(shot) = todo.recv() {
                clerk.begin(shot);
                let done = loop {
                    if let Some(done) = clerk.step().transpose() {
                        break done;
                    }
                };
                // Whoever does not listen any more has no use for it.
                _ = say.send(done);
            }
        };
        let handle = std::thread::Builder::new()
            .name("snapshots".into())
            .spawn(work)
            .map_err(|error| JournalError::io("the snapshots' thread", "start", &error))?;
        Ok(Self { shots: Some(shots), said, handle: Some(handle) })
    }

    fn hear(&self, waits: bool) -> Option<Result<Stamp, Failure>> {
        let heard = if waits {
            self.said.recv().map_err(|_| TryRecvError::Disconnected)
        } else {
            self.said.try_recv()
        };
        match heard {
            Ok(done) => Some(done),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                let error = std::io::Error::other("its thread has ended");
                let error = JournalError::io("a snapshot", "write", &error);
                Some(Err(Failure { error, is_journals: false }))
            }
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.shots = None;
        if let Some(handle) = self.handle.take() {
            _ = handle.join();
        }
    }
}
