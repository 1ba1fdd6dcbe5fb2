//! Market data by TCP: the displayed books of all instruments, for whoever connects.
//!
//! The venue's thread hands over what is public through a bounded ring ([`FeedOutlet`]) and never
//! waits. A thread of its own keeps the books (`line.rs`), answers subscribers (`market.rs`) and
//! moves bytes (`server.rs`). The protocol is in `docs/operations.md`.

mod book;
mod line;
mod market;
mod mask;
mod outlet;
pub mod record;
mod server;
mod subscriber;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use ringfence_core::InstrumentId;

pub use book::{BookDepth, Listing, PublicBook};
pub use market::Market;
pub use mask::Mask;
#[cfg(feature = "testing")]
pub(crate) use outlet::public_books;
pub use outlet::{FeedOutlet, Message};
pub use subscriber::Subscriber;

/// How market data is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Groups of events that may wait for the feed's thread. Where one more comes they are lost to
    /// it, and it takes the books anew as soon as there is room.
    pub ring_len: usize,
    /// Records of a line that can be asked for again.
    pub history_len: usize,
    /// Bytes that may wait for a subscriber, besides one snapshot.
    pub output_len: usize,
    /// How many may be connected.
    pub subscribers_max: usize,
    /// How many lines one may subscribe to.
    pub lines_max: usize,
    /// How many requests one may send in a second.
    pub requests_max: u32,
    /// How often a subscriber is told that all is well.
    pub heartbeat: Duration,
    /// How long a subscriber may be silent, or read nothing of what waits for it.
    pub patience: Duration,
    /// Whether orders have other names for the public than for their owners: those that a gateway
    /// makes say whose an order is.
    pub masks_ids: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ring_len: 1_024,
            history_len: 4_096,
            output_len: 1 << 20,
            subscribers_max: 64,
            lines_max: 1_024,
            requests_max: 2_000,
            heartbeat: Duration::from_secs(1),
            patience: Duration::from_secs(30),
            masks_ids: true,
        }
    }
}

/// What a feed does, to be looked at from any thread.
#[derive(Debug, Default)]
pub struct Counts {
    /// Who is connected now.
    pub subscribers: AtomicU64,
    /// Records that were sent.
    pub records: AtomicU64,
    /// Snapshots that were sent.
    pub snapshots: AtomicU64,
    /// Subscribers that were cut off: too slow, silent, or not speaking the protocol.
    pub cut_off: AtomicU64,
    /// Events that found the ring full.
    pub lost: AtomicU64,
    /// Messages in the ring.
    waiting: AtomicUsize,
    /// Whether the books have to be taken anew.
    wants_books: AtomicBool,
}

/// A question to the feed's thread.
#[derive(Debug)]
enum Question {
    Instruments(SyncSender<Vec<Listing>>),
    Book(InstrumentId, usize, SyncSender<Option<BookDepth>>),
}

/// A running feed. It ends when this is dropped.
#[derive(Debug)]
pub struct Feed {
    counts: Arc<Counts>,
    address: Option<SocketAddr>,
    books: Books,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Answers questions about books, from any thread.
#[derive(Clone, Debug)]
pub struct Books {
    ask: SyncSender<Question>,
    /// One asks at a time, so that a crowd of readers takes little of the feed's time.
    turn: Arc<Mutex<()>>,
}

/// How long a question may wait for its answer.
const ANSWER_TIME: Duration = Duration::from_secs(2);

/// Questions that may wait.
const QUESTIONS_MAX: usize = 16;

impl Feed {
    /// Starts the thread. It listens where `listener` does; without one it keeps the books for
    /// [`books`](Self::books) only.
    ///
    /// # Errors
    ///
    /// Where the listener cannot be set up, or no thread be started.
    pub fn start(
        settings: Settings,
        listener: Option<TcpListener>,
    ) -> io::Result<(Self, FeedOutlet)> {
        let counts = Arc::new(Counts::default());
        let (sender, ring) = sync_channel(settings.ring_len);
        let (ask, questions) = sync_channel(QUESTIONS_MAX);
        let address = listener.as_ref().map(TcpListener::local_addr).transpose()?;
        if let Some(listener) = &listener {
            listener.set_nonblocking(true)?;
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let way_in = WayIn { ring, questions, is_over: Arc::clone(&is_over) };
        let server = server::Server::new(settings, listener, Arc::clone(&counts));
        let thread =
            std::thread::Builder::new().name("feed".into()).spawn(move || server.run(&way_in))?;
        let outlet = FeedOutlet::new(sender, settings.ring_len, Arc::clone(&counts));
        let books = Books { ask, turn: Arc::default() };
        Ok((Self { counts, address, books, is_over, thread: Some(thread) }, outlet))
    }

    /// What it does.
    #[must_use]
    pub const fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The books that it keeps.
    #[must_use]
    pub fn books(&self) -> Books {
        self.books.clone()
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

impl Books {
    /// All instruments; nothing where the feed does not answer.
    #[must_use]
    pub fn instruments(&self) -> Option<Vec<Listing>> {
        self.ask(Question::Instruments)
    }

    /// The best `depth` levels of an instrument; nothing inside where there is no such instrument.
    #[must_use]
    pub fn book(&self, instrument: InstrumentId, depth: usize) -> Option<Option<BookDepth>> {
        self.ask(|answer| Question::Book(instrument, depth, answer))
    }

    fn ask<T>(&self, question: impl FnOnce(SyncSender<T>) -> Question) -> Option<T> {
        let _turn = self.turn.lock().ok()?;
        let (answer, answered) = sync_channel(1);
        self.ask.try_send(question(answer)).ok()?;
        answered.recv_timeout(ANSWER_TIME).ok()
    }
}

/// What comes to the feed's thread from others.
#[derive(Debug)]
struct WayIn {
    ring: Receiver<Message>,
    questions: Receiver<Question>,
    is_over: Arc<AtomicBool>,
}

#[cfg(test)]
mod tests;
