//! One instrument's line: its displayed book, the numbers of what was told, and the latest of it.

use std::collections::VecDeque;

use ringfence_core::market_data::{BookReplica, FeedError};
use ringfence_core::wire::{EVENT_LEN, EventRecord};
use ringfence_core::{
    Capacity, Event, IndicativeView, InstrumentId, OrderId, Price, Qty, Side, Time, What,
    event::Total,
};

use super::book::{BookDepth, Listing, PublicBook};
use super::record::{Depth, kind};

/// A record as it travels.
pub(super) type Bytes = [u8; EVENT_LEN];

/// What is kept for one instrument.
#[derive(Debug)]
pub(super) struct Line {
    listing: Listing,
    replica: BookReplica,
    capacity: Capacity,
    /// Number and time of the latest event: its own, or the venue's when the book was handed over.
    seq: u64,
    at: Time,
    tellings: [Telling; 2],
}

/// What was told at one depth.
#[derive(Debug, Default)]
struct Telling {
    /// The number of the latest record.
    number: u64,
    /// The latest records.
    history: VecDeque<Bytes>,
}

/// Room of a book that has just begun; it doubles where that is not enough.
const FIRST_ORDERS: u32 = 1 << 10;

/// An event does not fit the book: something went missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutOfStep;

impl Line {
    pub(super) fn new(book: &PublicBook) -> Self {
        let capacity = room(FIRST_ORDERS);
        let replica = BookReplica::new(book.listing.spec.instrument, capacity);
        let tellings = Default::default();
        let (listing, seq, at) = (book.listing.clone(), book.seq, book.at);
        let mut line = Self { listing, replica, capacity, seq, at, tellings };
        line.reset(book);
        line
    }

    /// The book as it is now. What was told before is not to be asked for again: numbers go on
    /// behind a gap.
    pub(super) fn reset(&mut self, book: &PublicBook) {
        self.listing = book.listing.clone();
        (self.seq, self.at) = (book.seq, book.at);
        self.replica = BookReplica::new(self.instrument(), self.capacity);
        for &(id, side, price, qty) in &book.orders {
            // The engine does not hold two displayed orders of one name.
            _ = self.apply(&self.event(What::Add { id, side, price, qty }));
        }
        for telling in &mut self.tellings {
            telling.number += 1;
            telling.history.clear();
        }
    }

    /// Takes an event, and gives the record of it to `tell` for each depth that has it.
    pub(super) fn take(
        &mut self,
        at: Time,
        event: &Event,
        history_len: usize,
        mut tell: impl FnMut(Depth, &Bytes),
    ) -> Result<(), OutOfStep> {
        (self.seq, self.at) = (event.seq, at);
        self.apply(event)?;
        self.note(&event.what);
        let bytes = EventRecord::from_event(event, at).to_bytes();
        for depth in depths(&event.what) {
            self.tellings[depth.index()].push(bytes, history_len);
            tell(*depth, &bytes);
        }
        Ok(())
    }

    /// Notes what the book of orders has no place for.
    fn note(&mut self, what: &What) {
        let Listing { phase, last_trade, indicative, .. } = &mut self.listing;
        match *what {
            What::Phase { phase: next } => {
                *phase = next;
                // In an auction that begins nothing would trade yet, and nobody is told so.
                *indicative = next.indicates().then(|| indicative.unwrap_or_default());
            }
            What::Trade { price, .. } => *last_trade = Some(price),
            What::Indicative { price, qty, surplus } => {
                *indicative = Some(IndicativeView { price, qty, surplus });
            }
            What::Uncrossed { .. } => *indicative = None,
            _ => {}
        }
    }

    /// The number of the latest record.
    pub(super) fn number(&self, depth: Depth) -> u64 {
        self.tellings[depth.index()].number
    }

    /// The records from a number on, at most `count`; nothing where not all of them are there.
    pub(super) fn since(
        &self,
        depth: Depth,
        from: u64,
        count: u64,
    ) -> Option<impl ExactSizeIterator<Item = &Bytes>> {
        let Telling { number, history } = &self.tellings[depth.index()];
        let oldest = number + 1 - history.len() as u64;
        let skipped = usize::try_from(from.checked_sub(oldest)?).ok()?;
        let there = history.len().checked_sub(skipped)?;
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(there);
        Some(history.range(skipped..skipped + count))
    }

    /// Writes the book as it is now: a beginning, the phase, what an auction would come to, what is
    /// displayed, an end.
    pub(super) fn snapshot(&self, depth: Depth, epoch: u64, out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend_from_slice(&[0; EVENT_LEN]);
        self.write(What::Phase { phase: self.listing.phase }, out);
        if let Some(IndicativeView { price, qty, surplus }) = self.listing.indicative {
            self.write(What::Indicative { price, qty, surplus }, out);
        }
        match depth {
            Depth::Levels => self.write_levels(out),
            Depth::Orders => self.write_orders(out),
        }
        let count = (out.len() - begin) / EVENT_LEN - 1;
        let mark = |kind| {
            let mut record = self.mark(kind, depth, epoch);
            record.aux0 = count as u64;
            record.to_bytes()
        };
        out[begin..begin + EVENT_LEN].copy_from_slice(&mark(kind::SNAPSHOT_BEGIN));
        out.extend_from_slice(&mark(kind::SNAPSHOT_END));
    }

    /// A record of the feed about this line.
    pub(super) fn mark(&self, kind: u8, depth: Depth, epoch: u64) -> EventRecord {
        EventRecord {
            kind,
            side: depth as u8,
            instrument: self.instrument().0,
            seq: self.seq,
            at_ns: self.at.0,
            order_id: epoch,
            qty: self.number(depth),
            ..EventRecord::default()
        }
    }

    pub(super) const fn listing(&self) -> &Listing {
        &self.listing
    }

    /// The best `depth` levels.
    pub(super) fn depth(&self, depth: usize) -> BookDepth {
        let levels = |side| self.replica.levels(side).take(depth).collect();
        BookDepth {
            listing: self.listing.clone(),
            seq: self.seq,
            at: self.at,
            levels: [levels(Side::Buy), levels(Side::Sell)],
        }
    }

    fn instrument(&self) -> InstrumentId {
        self.listing.spec.instrument
    }

    fn event(&self, what: What) -> Event {
        Event { seq: self.seq, instrument: self.instrument(), what }
    }

    fn write(&self, what: What, out: &mut Vec<u8>) {
        let record = EventRecord::from_event(&self.event(what), self.at);
        out.extend_from_slice(&record.to_bytes());
    }

    fn write_levels(&self, out: &mut Vec<u8>) {
        for side in Side::BOTH {
            for level in self.replica.levels(side) {
                let qty = Total::new(level.qty);
                let (price, orders) = (level.price, level.orders);
                self.write(What::Level { side, price, qty, orders }, out);
            }
        }
    }

    fn write_orders(&self, out: &mut Vec<u8>) {
        for (id, side, price, qty) in orders(&self.replica) {
            self.write(What::Add { id, side, price, qty }, out);
        }
    }

    fn apply(&mut self, event: &Event) -> Result<(), OutOfStep> {
        loop {
            match self.replica.apply(event) {
                Ok(()) => return Ok(()),
                Err(FeedError::Full) if self.capacity.orders < Capacity::LEVELS_MAX / 2 => {
                    self.grow();
                }
                Err(_) => return Err(OutOfStep),
            }
        }
    }

    /// Moves the book to one with twice the room.
    fn grow(&mut self) {
        self.capacity = room(self.capacity.orders * 2);
        let mut larger = BookReplica::new(self.instrument(), self.capacity);
        for (id, side, price, qty) in orders(&self.replica) {
            let add = self.event(What::Add { id, side, price, qty });
            larger.apply(&add).expect("there is twice the room");
        }
        self.replica = larger;
    }
}

impl Telling {
    fn push(&mut self, bytes: Bytes, history_len: usize) {
        self.number += 1;
        if self.history.len() >= history_len {
            self.history.pop_front();
        }
        if history_len > 0 {
            self.history.push_back(bytes);
        }
    }
}

/// Every order is on a level of its own at worst.
fn room(orders: u32) -> Capacity {
    Capacity { orders, levels: orders, ..Capacity::SMALL }
}

fn orders(replica: &BookReplica) -> impl Iterator<Item = (OrderId, Side, Price, Qty)> {
    let orders = Side::BOTH.into_iter().flat_map(|side| replica.view().orders(side));
    orders.map(|order| (order.id, order.side, order.price, order.displayed))
}

/// Which depths tell of this. What is private is told of by none.
fn depths(what: &What) -> &'static [Depth] {
    match what {
        What::Add { .. }
        | What::Execute { .. }
        | What::Reduce { .. }
        | What::Delete { .. }
        | What::Rename { .. } => &[Depth::Orders],
        What::Level { .. } => &[Depth::Levels],
        What::Trade { .. }
        | What::Phase { .. }
        | What::Indicative { .. }
        | What::Uncrossed { .. } => &Depth::ALL,
        What::Accepted { .. }
        | What::Rejected { .. }
        | What::Filled { .. }
        | What::Canceled { .. }
        | What::Replaced { .. }
        | What::Triggered { .. }
        | What::Bbo { .. } => &[],
    }
}
