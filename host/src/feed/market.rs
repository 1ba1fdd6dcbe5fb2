//! All lines and all subscribers, without sockets, clocks or threads.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;

use ringfence_core::wire::{EVENT_LEN, EventRecord};
use ringfence_core::{Event, InstrumentId, Time};

use super::book::{BookDepth, Listing, PublicBook};
use super::line::{Bytes, Line};
use super::mask::Mask;
use super::outlet::Message;
use super::record::{Depth, Refusal, Request, kind};
use super::subscriber::{CutOff, Subscriber, Subscription};
use super::{Counts, Settings};

/// What subscribers see.
#[derive(Debug)]
pub struct Market {
    settings: Settings,
    mask: Mask,
    /// Tells the numbers of this process from those of another one.
    epoch: u64,
    lines: BTreeMap<u32, Line>,
    /// By the number under which it connected.
    subscribers: BTreeMap<u64, Subscriber>,
    next: u64,
    /// Who is subscribed to a line, rising.
    audience: BTreeMap<(u32, Depth), Vec<u64>>,
    /// What was counted since the last time somebody asked.
    records: u64,
    snapshots: u64,
    cut_off: u64,
    /// Whether an event did not fit its book.
    is_out_of_step: bool,
}

impl Market {
    /// Nobody and nothing yet. `epoch` differs from that of any market before.
    #[must_use]
    pub const fn new(settings: Settings, epoch: u64, mask: Mask) -> Self {
        Self {
            settings,
            mask,
            epoch,
            lines: BTreeMap::new(),
            subscribers: BTreeMap::new(),
            next: 0,
            audience: BTreeMap::new(),
            records: 0,
            snapshots: 0,
            cut_off: 0,
            is_out_of_step: false,
        }
    }

    /// Takes what the venue says.
    pub fn take(&mut self, message: &Message) {
        match message {
            Message::Events(events) => {
                for (at, event) in events {
                    self.take_event(*at, &self.mask.event(event));
                }
            }
            Message::Books(books) => {
                for book in books {
                    self.take_book(&self.mask.book(book));
                }
            }
        }
    }

    /// Somebody connects; the number is theirs.
    pub fn connect(&mut self, now_ns: u64) -> u64 {
        let number = self.next;
        self.next += 1;
        self.subscribers.insert(number, Subscriber::new(now_ns));
        number
    }

    /// Somebody is gone.
    pub fn disconnect(&mut self, number: u64) {
        let Some(subscriber) = self.subscribers.remove(&number) else { return };
        self.cut_off += u64::from(subscriber.cut_off.is_some());
        for (instrument, Subscription { depth, .. }) in subscriber.lines {
            self.leave(number, instrument, depth);
        }
    }

    /// Takes bytes that somebody sent.
    pub fn hear(&mut self, number: u64, mut bytes: &[u8], now_ns: u64) {
        while !bytes.is_empty() {
            let Some(subscriber) = self.subscribers.get_mut(&number) else { return };
            if subscriber.cut_off.is_some() {
                return;
            }
            if let Some(request) = subscriber.hear(&mut bytes, self.settings.requests_max, now_ns) {
                self.answer(number, request);
            }
        }
    }

    /// Does what time asks for: heartbeats, snapshots for those that were behind and have caught
    /// up, and cutting off whoever is silent or stuck.
    pub fn tick(&mut self, now_ns: u64) {
        let every_ns = nanoseconds(self.settings.heartbeat);
        let patience_ns = nanoseconds(self.settings.patience);
        let numbers: Vec<u64> = self.subscribers.keys().copied().collect();
        for number in numbers {
            self.catch_up(number);
            let Some(subscriber) = self.subscribers.get_mut(&number) else { continue };
            subscriber.check_patience(patience_ns, now_ns);
            if subscriber.heartbeat_is_due(every_ns, now_ns)
                && subscriber.waiting() < self.settings.output_len
            {
                write_heartbeats(&self.lines, subscriber, self.epoch);
            }
        }
    }

    /// Somebody who is connected.
    pub fn subscriber(&mut self, number: u64) -> Option<&mut Subscriber> {
        self.subscribers.get_mut(&number)
    }

    /// How many are connected.
    #[must_use]
    pub fn subscribers(&self) -> usize {
        self.subscribers.len()
    }

    /// All instruments.
    #[must_use]
    pub fn listings(&self) -> Vec<Listing> {
        self.lines.values().map(|line| line.listing().clone()).collect()
    }

    /// The best levels of an instrument.
    #[must_use]
    pub fn book(&self, instrument: InstrumentId, depth: usize) -> Option<BookDepth> {
        self.lines.get(&instrument.0).map(|line| line.depth(depth))
    }

    /// Adds what happened since the last time to `counts`.
    pub(super) fn count(&mut self, counts: &Counts) {
        counts.subscribers.store(self.subscribers.len() as u64, Relaxed);
        counts.records.fetch_add(std::mem::take(&mut self.records), Relaxed);
        counts.snapshots.fetch_add(std::mem::take(&mut self.snapshots), Relaxed);
        counts.cut_off.fetch_add(std::mem::take(&mut self.cut_off), Relaxed);
        if std::mem::take(&mut self.is_out_of_step) {
            counts.wants_books.store(true, Relaxed);
        }
    }

    fn take_event(&mut self, at: Time, event: &Event) {
        let Some(line) = self.lines.get_mut(&event.instrument.0) else { return };
        let (history_len, output_len) = (self.settings.history_len, self.settings.output_len);
        let (audience, subscribers) = (&self.audience, &mut self.subscribers);
        let records = &mut self.records;
        let instrument = event.instrument.0;
        let taken = line.take(at, event, history_len, |depth, bytes| {
            for number in audience.get(&(instrument, depth)).into_iter().flatten() {
                let Some(subscriber) = subscribers.get_mut(number) else { continue };
                *records += u64::from(tell(subscriber, instrument, depth, bytes, output_len));
            }
        });
        self.is_out_of_step |= taken.is_err();
    }

    /// A book as it is now: whoever is subscribed to it gets a snapshot.
    fn take_book(&mut self, book: &PublicBook) {
        let instrument = book.listing.spec.instrument.0;
        match self.lines.get_mut(&instrument) {
            Some(line) => line.reset(book),
            None => {
                self.lines.insert(instrument, Line::new(book));
            }
        }
        for depth in Depth::ALL {
            let audience = self.audience.get(&(instrument, depth)).cloned().unwrap_or_default();
            for number in audience {
                self.set_behind(number, instrument);
                self.catch_up(number);
            }
        }
    }

    fn answer(&mut self, number: u64, request: Request) {
        let Request { kind, depth, instrument, .. } = request;
        if kind == kind::ALIVE {
            return;
        }
        let done = match Depth::from_number(depth) {
            None => Err(Refusal::UnknownDepth),
            Some(depth) if kind == kind::SUBSCRIBE => self.subscribe(number, depth, request),
            Some(depth) if kind == kind::REPEAT => self.repeat(number, depth, request),
            Some(depth) => self.unsubscribe(number, instrument, depth),
        };
        if let (Err(reason), Some(subscriber)) = (done, self.subscribers.get_mut(&number)) {
            if subscriber.waiting() > self.settings.output_len {
                // It asks for what it cannot have, and reads no answers.
                subscriber.cut_off.get_or_insert(CutOff::Stuck);
                return;
            }
            let record = EventRecord {
                kind: kind::REFUSED,
                side: depth,
                flags: reason as u16,
                instrument,
                aux0: kind.into(),
                ..EventRecord::default()
            };
            subscriber.out().extend_from_slice(&record.to_bytes());
        }
    }

    fn subscribe(&mut self, number: u64, depth: Depth, request: Request) -> Result<(), Refusal> {
        let Request { instrument, epoch, from, .. } = request;
        let line = self.lines.get(&instrument).ok_or(Refusal::UnknownInstrument)?;
        let subscriber = self.subscribers.get_mut(&number).expect("it has just been heard");
        let lines_max = self.settings.lines_max;
        match subscriber.lines.get(&instrument) {
            Some(there) if there.depth != depth => return Err(Refusal::OtherDepth),
            None if subscriber.lines.len() >= lines_max => return Err(Refusal::TooMany),
            _ => {}
        }
        let can_go_on = from > 0
            && epoch == self.epoch
            && subscriber.waiting() < self.settings.output_len / 2
            && write_again(line, depth, self.epoch, (from, u64::MAX), subscriber.out());
        let subscription = Subscription { depth, is_behind: !can_go_on };
        if subscriber.lines.insert(instrument, subscription).is_none() {
            let audience = self.audience.entry((instrument, depth)).or_default();
            // Whoever connected first is told first.
            let at = audience.partition_point(|&other| other < number);
            audience.insert(at, number);
        }
        self.catch_up(number);
        Ok(())
    }

    fn unsubscribe(&mut self, number: u64, instrument: u32, depth: Depth) -> Result<(), Refusal> {
        self.check_subscribed(number, instrument, depth)?;
        let subscriber = self.subscribers.get_mut(&number).expect("it has just been heard");
        subscriber.lines.remove(&instrument);
        self.leave(number, instrument, depth);
        Ok(())
    }

    fn repeat(&mut self, number: u64, depth: Depth, request: Request) -> Result<(), Refusal> {
        let Request { instrument, epoch, from, count, .. } = request;
        self.check_subscribed(number, instrument, depth)?;
        let line = self.lines.get(&instrument).ok_or(Refusal::UnknownInstrument)?;
        let subscriber = self.subscribers.get_mut(&number).expect("it has just been heard");
        let is_there = epoch == self.epoch
            && subscriber.waiting() < self.settings.output_len / 2
            && write_again(line, depth, self.epoch, (from, count), subscriber.out());
        if !is_there {
            self.set_behind(number, instrument);
            self.catch_up(number);
        }
        Ok(())
    }

    fn check_subscribed(&self, number: u64, instrument: u32, depth: Depth) -> Result<(), Refusal> {
        let lines = self.subscribers.get(&number).map(|subscriber| &subscriber.lines);
        let line = lines.and_then(|lines| lines.get(&instrument));
        line.filter(|line| line.depth == depth).map(|_| ()).ok_or(Refusal::NotSubscribed)
    }

    fn set_behind(&mut self, number: u64, instrument: u32) {
        let subscriber = self.subscribers.get_mut(&number);
        if let Some(line) = subscriber.and_then(|subscriber| subscriber.lines.get_mut(&instrument))
        {
            line.is_behind = true;
        }
    }

    /// Sends snapshots of the lines that somebody is behind with, as long as little waits: the
    /// last one may go beyond the bound.
    fn catch_up(&mut self, number: u64) {
        let Some(subscriber) = self.subscribers.get_mut(&number) else { return };
        let behind = subscriber.lines.iter().filter(|(_, line)| line.is_behind);
        let behind: Vec<_> = behind.map(|(&instrument, line)| (instrument, line.depth)).collect();
        for (instrument, depth) in behind {
            if subscriber.waiting() > self.settings.output_len / 2 {
                return;
            }
            let Some(line) = self.lines.get(&instrument) else { continue };
            line.snapshot(depth, self.epoch, subscriber.out());
            subscriber.lines.insert(instrument, Subscription { depth, is_behind: false });
            self.snapshots += 1;
        }
    }

    fn leave(&mut self, number: u64, instrument: u32, depth: Depth) {
        if let Some(audience) = self.audience.get_mut(&(instrument, depth)) {
            audience.retain(|&other| other != number);
        }
    }
}

/// Gives a record to a subscriber; whether it has room. One that has none is behind.
fn tell(
    subscriber: &mut Subscriber,
    instrument: u32,
    depth: Depth,
    bytes: &Bytes,
    output_len: usize,
) -> bool {
    let has_room = subscriber.waiting() + 2 * EVENT_LEN <= output_len;
    let Some(line) = subscriber.lines.get_mut(&instrument) else { return false };
    if line.is_behind {
        return false;
    }
    line.is_behind = !has_room;
    if has_room {
        subscriber.out().extend_from_slice(bytes);
    } else {
        let (kind, side) = (kind::BEHIND, depth as u8);
        let record = EventRecord { kind, side, instrument, ..EventRecord::default() };
        subscriber.out().extend_from_slice(&record.to_bytes());
    }
    has_room
}

/// Writes records again, at most `count` of them; nothing where they are not there any more.
fn write_again(
    line: &Line,
    depth: Depth,
    epoch: u64,
    (from, count): (u64, u64),
    out: &mut Vec<u8>,
) -> bool {
    let Some(records) = line.since(depth, from, count) else { return false };
    let begin = EventRecord {
        qty: from,
        aux0: records.len() as u64,
        ..line.mark(kind::REPEAT_BEGIN, depth, epoch)
    };
    out.extend_from_slice(&begin.to_bytes());
    records.for_each(|record| out.extend_from_slice(record));
    true
}

fn write_heartbeats(lines: &BTreeMap<u32, Line>, subscriber: &mut Subscriber, epoch: u64) {
    let mut out = Vec::new();
    for (instrument, subscription) in &subscriber.lines {
        if let Some(line) = lines.get(instrument).filter(|_| !subscription.is_behind) {
            let record = line.mark(kind::HEARTBEAT, subscription.depth, epoch);
            out.extend_from_slice(&record.to_bytes());
        }
    }
    if out.is_empty() {
        let order_id = epoch;
        let record = EventRecord { kind: kind::HEARTBEAT, order_id, ..EventRecord::default() };
        out.extend_from_slice(&record.to_bytes());
    }
    subscriber.out().extend_from_slice(&out);
}

fn nanoseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
