//! Writes images beside the venue's thread, one after the other in the order in which they are handed
//! in: whoever hands in what is newer is not overtaken.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use super::{KeepError, Keeper};
use crate::seat::SeatImage;

/// A thread that writes what it is given. Dropping it waits until everything is written.
#[derive(Debug)]
pub struct KeeperThread {
    way: Way,
    thread: Option<JoinHandle<()>>,
}

/// Hands images in from another thread, and waits until the disk has them.
#[derive(Clone, Debug)]
pub struct Courier(Way);

/// The way to the thread.
#[derive(Clone, Debug)]
struct Way {
    to: SyncSender<Job>,
    /// Jobs that were sent and not begun.
    waiting: Arc<AtomicUsize>,
}

/// What is to be done.
#[derive(Debug)]
enum Job {
    /// An image of the venue's thread.
    Image(Box<SeatImage>),
    /// Something that a courier waits for.
    Errand(Errand, SyncSender<Result<(), KeepError>>),
    /// The end.
    End,
}

#[derive(Debug)]
enum Errand {
    Write(Box<SeatImage>, Vec<u8>),
    Leave(u16),
}

/// Images that may wait to be written.
const IMAGES_MAX: usize = 4;

impl KeeperThread {
    /// Starts it. `complain` hears of what could not be written, and of which no courier is told.
    ///
    /// # Errors
    ///
    /// Where there can be no thread.
    pub fn start(keeper: Keeper, complain: impl Fn(String) + Send + 'static) -> io::Result<Self> {
        let (to, jobs) = sync_channel(IMAGES_MAX);
        let waiting = Arc::new(AtomicUsize::new(0));
        let way = Way { to, waiting: Arc::clone(&waiting) };
        let writer = Writer { keeper, newest: BTreeMap::new() };
        let work = move || writer.work(&jobs, &waiting, &complain);
        let thread = std::thread::Builder::new().name("images".into()).spawn(work)?;
        Ok(Self { way, thread: Some(thread) })
    }

    /// Somebody who hands images in from another thread.
    #[must_use]
    pub fn courier(&self) -> Courier {
        Courier(self.way.clone())
    }

    /// Whether an image would find room now, as far as couriers do not come first.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.way.waiting.load(Ordering::Relaxed) < IMAGES_MAX
    }

    /// Has an image written, where there is room for it; whether there is.
    #[must_use]
    pub fn offer(&self, image: SeatImage) -> bool {
        self.way.waiting.fetch_add(1, Ordering::Relaxed);
        match self.way.to.try_send(Job::Image(Box::new(image))) {
            // A thread that is gone has complained.
            Ok(()) | Err(TrySendError::Disconnected(_)) => true,
            Err(TrySendError::Full(_)) => {
                self.way.waiting.fetch_sub(1, Ordering::Relaxed);
                false
            }
        }
    }

    /// Has an image written, however long there is no room for it.
    pub fn give(&self, image: SeatImage) {
        _ = self.way.send(Job::Image(Box::new(image)));
    }
}

impl Drop for KeeperThread {
    fn drop(&mut self) {
        _ = self.way.send(Job::End);
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

impl Courier {
    /// Has an image written, which are these `bytes`, behind whatever was handed in before. Where a
    /// newer one of the seat was, there is nothing to do.
    ///
    /// # Errors
    ///
    /// [`KeepError`] as of [`Keeper::write`], or where the thread has ended.
    pub fn write(&self, image: SeatImage, bytes: Vec<u8>) -> Result<(), KeepError> {
        self.run(Errand::Write(Box::new(image), bytes))
    }

    /// Has it noted that a seat was left, behind whatever was handed in before.
    ///
    /// # Errors
    ///
    /// [`KeepError`] as of [`Keeper::leave`], or where the thread has ended.
    pub fn leave(&self, number: u16) -> Result<(), KeepError> {
        self.run(Errand::Leave(number))
    }

    fn run(&self, errand: Errand) -> Result<(), KeepError> {
        let (say, said) = sync_channel(1);
        self.0.send(Job::Errand(errand, say))?;
        said.recv().unwrap_or(Err(KeepError::Ended))
    }
}

impl Way {
    fn send(&self, job: Job) -> Result<(), KeepError> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.to.send(job).map_err(|_| KeepError::Ended)
    }
}

/// The thread's own side.
struct Writer {
    keeper: Keeper,
    /// The place of the newest image of each seat that was handed in.
    newest: BTreeMap<u16, u64>,
}

impl Writer {
    fn work(mut self, jobs: &Receiver<Job>, waiting: &AtomicUsize, complain: &impl Fn(String)) {
        while let Ok(job) = jobs.recv() {
            waiting.fetch_sub(1, Ordering::Relaxed);
            match job {
                Job::Image(image) => {
                    if let Err(error) = self.write(&image, &image.to_bytes()) {
                        complain(format!("no image of the strategy {}: {error}", image.name()));
                    }
                }
                Job::Errand(errand, say) => {
                    let done = match errand {
                        Errand::Write(image, bytes) => self.write(&image, &bytes),
                        Errand::Leave(number) => self.keeper.leave(number),
                    };
                    // Whoever does not wait any more has no use for it.
                    _ = say.send(done);
                }
                Job::End => return,
            }
        }
    }

    fn write(&mut self, image: &SeatImage, bytes: &[u8]) -> Result<(), KeepError> {
        let place = image.taken().place;
        let newest = self.newest.entry(image.number()).or_default();
        if place < *newest {
            return Ok(());
        }
        self.keeper.write(image, bytes)?;
        *newest = place;
        Ok(())
    }
}
