//! A scribe on a thread of its own, so that the sequencer goes on while the disk works.

use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::thread::JoinHandle;

use super::error::JournalError;
use super::scribe::{Job, Reached, Scribe};
use crate::slice;

/// Groups that may wait for the disk: whoever has one more waits.
const RING_LEN: usize = 16;

/// Groups that may wait for the disk, with those that the thread writes together and the one that waits
/// for room.
pub(crate) const GROUPS_AHEAD_MAX: u64 = 2 * RING_LEN as u64 + 1;

/// What the thread says.
type Said = Result<(Reached, Vec<u8>), JournalError>;

/// The thread, and the two ways to it.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<SyncSender<Job>>,
    said: Receiver<Said>,
    thread: Option<JoinHandle<()>>,
    /// Jobs that were sent and not answered.
    under_way: usize,
    reached: Reached,
    /// Memory that jobs gave back.
    spare: Vec<Vec<u8>>,
}

impl Writer {
    pub(super) fn new(scribe: Scribe, reached: Reached) -> Result<Self, JournalError> {
        let (jobs, todo) = sync_channel(RING_LEN);
        let (say, said) = channel();
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || work(scribe, &todo, &say))
            .map_err(|error| JournalError::io("the journal's thread", "start", &error))?;
        let spare = Vec::new();
        Ok(Self { jobs: Some(jobs), said, thread: Some(thread), under_way: 0, reached, spare })
    }

    /// Gives the thread a job; waits where it has as many as may wait.
    pub(super) fn send(&mut self, job: Job) -> Result<(), JournalError> {
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        if sent {
            self.under_way += 1;
            return Ok(());
        }
        // It ends only after it has said why.
        self.wait().and(Err(gone()))
    }

    /// What the thread has reached by now.
    pub(super) fn reached(&mut self) -> Result<Reached, JournalError> {
        loop {
            match self.said.try_recv() {
                Ok(said) => self.hear(said)?,
                Err(TryRecvError::Empty) => return Ok(self.reached),
                Err(TryRecvError::Disconnected) => return Err(gone()),
            }
        }
    }

    /// Waits until the thread has done everything.
    pub(super) fn wait(&mut self) -> Result<Reached, JournalError> {
        while self.under_way > 0 {
            let said = self.said.recv().map_err(|_| gone())?;
            self.hear(said)?;
        }
        Ok(self.reached)
    }

    /// Memory to fill.
    pub(super) fn memory(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    fn hear(&mut self, said: Said) -> Result<(), JournalError> {
        self.under_way -= 1;
        let (reached, mut bytes) = said?;
        self.reached = reached;
        bytes.clear();
        if self.spare.len() < RING_LEN {
            self.spare.push(bytes);
        }
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

fn gone() -> JournalError {
    let error = std::io::Error::other("its thread has ended");
    JournalError::io("the journal", "write", &error)
}

/// Takes all jobs that wait, and keeps the policy once for all of them.
fn work(mut scribe: Scribe, todo: &Receiver<Job>, say: &Sender<Said>) {
    slice::take_short_ones();
    let mut done = Vec::new();
    while let Ok(first) = todo.recv() {
        let mut jobs = std::iter::once(first).chain(std::iter::from_fn(|| todo.try_recv().ok()));
        let taken = jobs.by_ref().take(RING_LEN).try_for_each(|job| {
            done.push(scribe.take(job)?);
            Ok(())
        });
        let reached = taken.and_then(|()| scribe.promise());
        match reached {
            Ok(reached) => {
                for bytes in done.drain(..) {
                    // Whoever does not listen any more has no use for it.
                    _ = say.send(Ok((reached, bytes)));
                }
            }
            Err(error) => {
                _ = say.send(Err(error));
                return;
            }
        }
    }
}
