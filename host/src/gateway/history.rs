//! The latest events of an account, numbered, to be sent and to be sent again.

use ringfence_core::wire::EVENT_LEN;

/// Events by their numbers, from 1; the oldest make room for new ones.
#[derive(Debug)]
pub(super) struct History {
    records: Vec<[u8; EVENT_LEN]>,
    /// A power of two.
    len_max: usize,
    /// The number of the next event.
    next: u64,
    /// What came before this one was not kept when the venue came back.
    first: u64,
}

/// Events that there is room for at first.
const LEN_MIN: usize = 64;

impl History {
    /// Room for so many events, or a few more.
    pub(super) fn new(len_max: usize) -> Self {
        Self { records: Vec::new(), len_max: len_max.next_power_of_two(), next: 1, first: 1 }
    }

    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    /// The oldest event that is still there, or the next one where there is none.
    pub(super) fn oldest(&self) -> u64 {
        self.first.max(self.next.saturating_sub(self.records.len() as u64))
    }

    #[inline]
    pub(super) fn push(&mut self, record: [u8; EVENT_LEN]) {
        if self.next > self.records.len() as u64 && self.records.len() < self.len_max {
            self.grow();
        }
        let slot = self.slot(self.next);
        self.records[slot] = record;
        self.next += 1;
    }

    /// Events from `number` on that lie next to each other, `count` at most.
    pub(super) fn run(&self, number: u64, count: usize) -> &[[u8; EVENT_LEN]] {
        if number >= self.next || number < self.oldest() {
            return &[];
        }
        let slot = self.slot(number);
        let there = usize::try_from(self.next - number).unwrap_or(usize::MAX);
        let len = count.min(there).min(self.records.len() - slot);
        &self.records[slot..slot + len]
    }

    /// Begins with events that were kept elsewhere, of which the next one is `next`.
    pub(super) fn restore(&mut self, next: u64, kept: &[[u8; EVENT_LEN]]) {
        self.first = next.saturating_sub(kept.len() as u64).max(1);
        self.next = self.first;
        self.records.clear();
        while self.records.len() < self.len_max && (self.records.len() as u64) < next {
            self.grow();
        }
        for record in kept {
            self.push(*record);
        }
    }

    /// Twice as much room. Until there is all that there may be, no event made room for another, and
    /// each lies where it lies under the larger mask.
    fn grow(&mut self) {
        let len = (self.records.len() * 2).clamp(LEN_MIN.min(self.len_max), self.len_max);
        self.records.resize(len, [0; EVENT_LEN]);
    }

    fn slot(&self, number: u64) -> usize {
        let mask = self.records.len() as u64 - 1;
        usize::try_from((number - 1) & mask).expect("below the length")
    }
}
