//! Threads beside the venue's own, on which guests answer.
//!
//! A round has three steps. The venue's thread hands each worker the chairs of its seats that have
//! mail; it lets the guests of its own seats answer while the workers do the same with theirs; and
//! when all chairs are back it collects what was asked for in the order of seats. A guest reads
//! nothing but its own mail, so it does not matter on which thread it answers, nor who is ready
//! first: the sequence is that of a venue without workers.

use std::any::Any;
use std::io;
use std::mem;
use std::panic;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};

use ringfence_core::Time;

use super::Post;
use crate::processors::bind;
use crate::seat::{Chair, Seat};
use crate::watchdog::{Watch, Watchdog};

/// Threads on which guests answer.
#[derive(Debug)]
pub struct Workers {
    workers: Vec<Worker>,
    /// What guests read in a round; the floor's own between two rounds.
    post: Arc<Post>,
}

/// How workers run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkerSettings {
    /// How many there are.
    pub count: u16,
    /// Processors that they are bound to, dealt out in turn; empty: the system decides.
    pub processors: Vec<u16>,
    /// Workers, and the venue's thread that waits for them, ask again and again instead of sleeping.
    pub spins: bool,
}

/// Workers that there can be.
pub const WORKERS_MAX: u16 = 256;

/// One thread. Its rings have room for the one batch that there is.
#[derive(Debug)]
struct Worker {
    /// What the next round hands over, and where the thread's watch is between two rounds.
    batch: Batch,
    to: Option<SyncSender<Batch>>,
    from: Receiver<Batch>,
    spins: bool,
    /// Whether the thread has a batch.
    is_out: bool,
    thread: Option<JoinHandle<()>>,
}

/// What a worker does in a round. Its list goes to and fro, and is not allocated again.
#[derive(Debug, Default)]
struct Batch {
    at: Time,
    post: Option<Arc<Post>>,
    watch: Option<Arc<Watch>>,
    chairs: Vec<(u16, Box<Chair>)>,
}

impl Workers {
    /// Starts threads as `settings` say.
    ///
    /// # Errors
    ///
    /// Where there can be no thread, or a processor cannot be had.
    pub fn start(settings: &WorkerSettings) -> io::Result<Self> {
        if settings.count > WORKERS_MAX {
            return Err(io::Error::other(format!("there are at most {WORKERS_MAX} workers")));
        }
        let mut processors = settings.processors.iter().copied().cycle();
        let workers = (0..settings.count)
            .map(|number| Worker::start(number, processors.next(), settings.spins));
        Ok(Self { workers: workers.collect::<io::Result<_>>()?, post: Arc::default() })
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.workers.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.workers.is_empty()
    }

    /// Has all calls of all threads watched.
    pub(super) fn watch(&mut self, watchdog: &Watchdog) {
        for worker in &mut self.workers {
            worker.batch.watch = Some(watchdog.watch());
        }
    }

    /// Lets the guests of the seats that are `called` answer, those without a worker on this thread.
    pub(super) fn answer(
        &mut self,
        at: Time,
        called: &[u16],
        seats: &mut [Seat],
        post: &mut Post,
        watch: Option<&Watch>,
    ) {
        let shared = Arc::get_mut(&mut self.post).expect("workers gave it back after each round");
        mem::swap(shared, post);
        for &number in called {
            let seat = &mut seats[usize::from(number)];
            if let Some(worker) = seat.worker().and_then(|it| self.workers.get_mut(usize::from(it)))
            {
                worker.batch.chairs.push((number, seat.lend_chair()));
            }
        }
        for worker in &mut self.workers {
            worker.send(at, &self.post);
        }
        for &number in called {
            let seat = &mut seats[usize::from(number)];
            if seat.worker().is_none_or(|it| usize::from(it) >= self.workers.len()) {
                seat.chair().answer(at, &self.post, watch);
            }
        }
        for worker in &mut self.workers {
            worker.take_back();
            for (number, chair) in worker.batch.chairs.drain(..) {
                seats[usize::from(number)].return_chair(chair);
            }
        }
        let shared = Arc::get_mut(&mut self.post).expect("workers gave it back with their batch");
        mem::swap(shared, post);
    }
}

impl Worker {
    fn start(number: u16, processor: Option<u16>, spins: bool) -> io::Result<Self> {
        let (to, todo) = sync_channel(1);
        let (say, from) = sync_channel(1);
        let (tell, told) = sync_channel(1);
        let work = move || {
            let bound = bind(processor.as_slice());
            let is_bound = bound.is_ok();
            if tell.send(bound).is_ok() && is_bound {
                work(&todo, &say, spins);
            }
        };
        let thread = thread::Builder::new().name(format!("worker-{number}")).spawn(work)?;
        told.recv().map_err(io::Error::other)??;
        Ok(Self {
            batch: Batch::default(),
            to: Some(to),
            from,
            spins,
            is_out: false,
            thread: Some(thread),
        })
    }

    /// Hands over what there is for this round.
    fn send(&mut self, at: Time, post: &Arc<Post>) {
        if self.batch.chairs.is_empty() {
            return;
        }
        let batch = mem::take(&mut self.batch);
        let batch = Batch { at, post: Some(Arc::clone(post)), ..batch };
        let sent = self.to.as_ref().map(|to| to.send(batch));
        if !matches!(sent, Some(Ok(()))) {
            self.mourn();
        }
        self.is_out = true;
    }

    /// Waits until the chairs are back.
    fn take_back(&mut self) {
        if !mem::take(&mut self.is_out) {
            return;
        }
        match receive(&self.from, self.spins) {
            Some(batch) => self.batch = batch,
            None => self.mourn(),
        }
    }

    /// A worker ends before its time where code of the host panicked on it: that goes on here, as it
    /// would have without workers.
    fn mourn(&mut self) -> ! {
        let ended = self.thread.take().map(JoinHandle::join);
        let gone: Box<dyn Any + Send> = Box::new("a worker is gone");
        panic::resume_unwind(ended.and_then(Result::err).unwrap_or(gone))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.to = None;
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

/// What a worker's thread does, until nobody has work for it any more.
fn work(todo: &Receiver<Batch>, say: &SyncSender<Batch>, spins: bool) {
    while let Some(mut batch) = receive(todo, spins) {
        if let Some(post) = batch.post.take() {
            for (_, chair) in &mut batch.chairs {
                chair.answer(batch.at, &post, batch.watch.as_deref());
            }
        }
        if say.send(batch).is_err() {
            return;
        }
    }
}

/// The next batch; `None` where there will be none.
fn receive(from: &Receiver<Batch>, spins: bool) -> Option<Batch> {
    if !spins {
        return from.recv().ok();
    }
    loop {
        match from.try_recv() {
            Ok(batch) => return Some(batch),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => std::hint::spin_loop(),
        }
    }
}
