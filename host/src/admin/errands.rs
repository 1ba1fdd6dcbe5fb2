//! What another thread wants done with the host, between two turns.

use std::fmt;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use crate::host::Host;

/// Something to be done with the host by the thread that has it.
type Errand = Box<dyn FnOnce(&mut Host) + Send>;

/// Errands that may wait.
const ERRANDS_MAX: usize = 16;

/// How long whoever sent an errand waits for its end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who sends errands.
#[derive(Clone)]
pub struct Errands {
    to: SyncSender<Errand>,
}

/// Who does them.
pub struct Inbox {
    from: Receiver<Errand>,
}

/// Both ends.
#[must_use]
pub fn errands() -> (Errands, Inbox) {
    let (to, from) = sync_channel(ERRANDS_MAX);
    (Errands { to }, Inbox { from })
}

/// Why an errand was not done, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Undone {
    /// The venue has ended, or does before it comes to it.
    #[error("the venue ends: nothing was done; try again when it runs")]
    Ended,
    /// It did not come to it in time.
    #[error(
        "the venue's thread does not answer: what was asked for may still be done; `ringfence strategy \
         list` shows whether it was"
    )]
    Late,
}

impl Errands {
    /// Has something done between two turns, and waits for what comes of it.
    ///
    /// # Errors
    ///
    /// [`Undone`] where nothing comes.
    pub fn run<T: Send + 'static>(
        &self,
        errand: impl FnOnce(&mut Host) -> T + Send + 'static,
    ) -> Result<T, Undone> {
        let (say, told) = sync_channel(1);
        let errand = move |host: &mut Host| {
            // Whoever does not wait any more has no use for it.
            _ = say.send(errand(host));
        };
        self.to.send(Box::new(errand)).map_err(|_| Undone::Ended)?;
        told.recv_timeout(PATIENCE).map_err(|error| match error {
            RecvTimeoutError::Timeout => Undone::Late,
            RecvTimeoutError::Disconnected => Undone::Ended,
        })
    }
}

impl Inbox {
    /// Does one errand, where one waits; whether it did.
    pub fn do_one(&self, host: &mut Host) -> bool {
        match self.from.try_recv() {
            Ok(errand) => {
                errand(host);
                true
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => false,
        }
    }
}

impl fmt::Debug for Errands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Errands").finish_non_exhaustive()
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
