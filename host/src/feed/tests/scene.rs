//! A venue and its market without threads, for a test to take step by step.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, mpsc};

use ringfence_core::testing::generate::RandomCommands;
use ringfence_core::wire::{EVENT_LEN, EventRecord};
use ringfence_core::{Capacity, Command, Engine, Time};

use crate::feed::record::{Depth, Request, kind};
use crate::feed::{Counts, FeedOutlet, Market, Mask, Message, Settings};
use crate::publisher::Outlet;
use crate::sequencer::Stamp;

pub(super) const CAPACITY: Capacity =
    Capacity { orders: 256, levels: 128, instruments: 4, accounts: 16, positions: 64 };

pub(super) const EPOCH: u64 = 77;

/// A venue, the market that hears of it, and no threads.
pub(super) struct Scene {
    pub(super) engine: Engine,
    pub(super) commands: Box<dyn Iterator<Item = (Time, Command)>>,
    outlet: FeedOutlet,
    pub(super) ring: mpsc::Receiver<Message>,
    pub(super) counts: Arc<Counts>,
    pub(super) market: Market,
    place: u64,
    pub(super) now_ns: u64,
}

impl Scene {
    pub(super) fn new(seed: u64, settings: Settings) -> Self {
        let (sender, ring) = mpsc::sync_channel(settings.ring_len);
        let counts = Arc::new(Counts::default());
        Self {
            engine: Engine::new(CAPACITY),
            commands: Box::new(RandomCommands::new(seed)),
            outlet: FeedOutlet::new(sender, settings.ring_len, Arc::clone(&counts)),
            ring,
            counts,
            market: Market::new(settings, EPOCH, Mask::none()),
            place: 0,
            now_ns: 1,
        }
    }

    /// The venue takes so many commands, a breath after each.
    pub(super) fn trade(&mut self, count: usize) {
        for _ in 0..count {
            let (at, command) = self.commands.next().expect("there is no end of them");
            let mut events = Vec::new();
            self.engine.apply(at, &command, &mut events);
            self.place += 1;
            self.outlet.tell(Stamp { place: self.place, at }, &events);
            self.outlet.catch_breath(&self.engine);
        }
    }

    /// The market hears what is in the ring.
    pub(super) fn hear(&mut self) {
        while let Ok(message) = self.ring.try_recv() {
            self.counts.waiting.fetch_sub(1, Relaxed);
            self.market.take(&message);
        }
        self.market.count(&self.counts);
    }

    pub(super) fn ask(&mut self, number: u64, request: Request) {
        self.market.hear(number, &request.to_bytes(), self.now_ns);
    }

    /// What somebody gets, all of it.
    pub(super) fn read(&mut self, number: u64) -> Vec<EventRecord> {
        let now_ns = self.now_ns;
        let subscriber = self.market.subscriber(number).expect("it is connected");
        let bytes = subscriber.output().to_vec();
        subscriber.sent(bytes.len(), now_ns);
        records(&bytes)
    }
}

pub(super) fn records(bytes: &[u8]) -> Vec<EventRecord> {
    let (records, rest) = bytes.as_chunks::<EVENT_LEN>();
    assert!(rest.is_empty(), "records are whole");
    records.iter().map(EventRecord::from_bytes).collect()
}

pub(super) fn subscribe(instrument: u32, depth: Depth, from: u64) -> Request {
    Request { kind: kind::SUBSCRIBE, depth: depth as u8, instrument, epoch: EPOCH, from, count: 0 }
}

/// Instruments of the random mix that are defined by now.
pub(super) fn instruments(engine: &Engine) -> Vec<u32> {
    engine.instruments().map(|number| number.0).collect()
}
