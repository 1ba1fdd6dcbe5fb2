//! The venue's end of the ring: what is public goes in, and nobody waits.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;

use ringfence_core::{Engine, Event, InstrumentId, Interest, Side, Time};

use super::Counts;
use super::book::{Listing, PublicBook};
use crate::publisher::Outlet;
use crate::sequencer::Stamp;

/// What the feed's thread is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Public events of whole commands, with the commands' times.
    Events(Vec<(Time, Event)>),
    /// Books as they are now; what was told of them before counts no more.
    Books(Vec<PublicBook>),
}

/// Hands public events over to the feed's thread. Where the ring is full they are dropped, and the
/// books are handed over as a whole once there is room.
#[derive(Debug)]
pub struct FeedOutlet {
    ring: SyncSender<Message>,
    counts: Arc<Counts>,
    events: Vec<(Time, Event)>,
    /// Whether events went missing since the books were handed over.
    is_stale: bool,
    /// The instruments that the feed knows.
    known: BTreeSet<InstrumentId>,
    ring_len: usize,
}

/// Events that go into the ring together, at least.
const EVENTS_MAX: usize = 512;

impl FeedOutlet {
    pub(super) fn new(ring: SyncSender<Message>, ring_len: usize, counts: Arc<Counts>) -> Self {
        let known = BTreeSet::new();
        Self { ring, counts, events: Vec::new(), is_stale: true, known, ring_len }
    }

    fn send_events(&mut self) {
        if self.events.is_empty() {
            return;
        }
        let events = std::mem::replace(&mut self.events, Vec::with_capacity(EVENTS_MAX));
        let count = events.len() as u64;
        if !self.send(Message::Events(events)) {
            self.counts.lost.fetch_add(count, Ordering::Relaxed);
            self.is_stale = true;
        }
    }

    fn send(&self, message: Message) -> bool {
        self.counts.waiting.fetch_add(1, Ordering::Relaxed);
        // Where nobody listens any more nothing is missed.
        let sent = self.ring.try_send(message).is_ok();
        if !sent {
            self.counts.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        sent
    }

    /// Hands over books: all of them, or those that the feed does not know. To copy them costs a
    /// walk over all orders, so the ring has to be half empty first.
    #[cold]
    fn send_books(&mut self, engine: &Engine, all: bool) -> bool {
        if self.counts.waiting.load(Ordering::Relaxed) > self.ring_len / 2 {
            return false;
        }
        let numbers = engine.instruments().filter(|number| all || !self.known.contains(number));
        let books: Vec<_> = numbers.filter_map(|number| public(engine, number)).collect();
        if !self.send(Message::Books(books)) {
            return false;
        }
        self.known.extend(engine.instruments());
        true
    }
}

/// All that is public of an engine's books.
#[cfg(feature = "testing")]
pub(crate) fn public_books(engine: &Engine) -> Vec<PublicBook> {
    engine.instruments().filter_map(|number| public(engine, number)).collect()
}

/// All that is public of a book.
fn public(engine: &Engine, instrument: InstrumentId) -> Option<PublicBook> {
    let book = engine.book(instrument)?;
    let listing = Listing {
        spec: book.spec().clone(),
        phase: book.phase(),
        last_trade: book.last_trade(),
        indicative: book.indicative(),
    };
    let displayed = Side::BOTH.into_iter().flat_map(|side| book.orders(side));
    let displayed = displayed.filter(|order| !order.displayed.is_zero());
    let orders = displayed.map(|order| (order.id, order.side, order.price, order.displayed));
    let (seq, at) = (engine.seq(), engine.now());
    Some(PublicBook { listing, seq, at, orders: orders.collect() })
}

impl Outlet for FeedOutlet {
    fn interest(&self) -> Interest {
        Interest::TRADES.and(Interest::L2).and(Interest::L3).and(Interest::STATUS)
    }

    #[inline]
    fn tell(&mut self, stamp: Stamp, events: &[Event]) {
        if self.is_stale {
            let lost = events.iter().filter(|event| event.what.account().is_none()).count();
            self.counts.lost.fetch_add(lost as u64, Ordering::Relaxed);
            return;
        }
        let public = events.iter().filter(|event| event.what.class() != Interest::PRIVATE);
        self.events.extend(public.map(|event| (stamp.at, *event)));
        if self.events.len() >= EVENTS_MAX {
            self.send_events();
        }
    }

    fn catch_breath(&mut self, engine: &Engine) {
        self.send_events();
        if self.counts.wants_books.swap(false, Ordering::Relaxed) {
            self.is_stale = true;
        }
        let is_known = engine.instruments().size_hint().0 == self.known.len();
        if self.is_stale {
            self.is_stale = !self.send_books(engine, true);
        } else if !is_known {
            self.is_stale = !self.send_books(engine, false);
        }
    }
}
