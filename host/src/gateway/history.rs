//! The latest events of an account, numbered, to be sent and to be sent again.

use ringfence_core::wire::EVENT_LEN;

/// Events by their numbers, from 1; the oldest make room for new ones, unless somebody is to read
/// them.
#[derive(Debug)]
pub(super) struct History {
    records: Vec<[u8; EVENT_LEN]>,
    /// How many are kept whoever reads them; a power of two.
    kept: usize,
    /// The number of the next event.
    next: u64,
    /// What came before this one is not here.
    first: u64,
}

/// Events that there is room for at first.
const LEN_MIN: usize = 64;

impl History {
    /// Room for so many events, or a few more.
    pub(super) fn new(kept: usize) -> Self {
        Self { records: Vec::new(), kept: kept.next_power_of_two(), next: 1, first: 1 }
    }

    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    /// The oldest event that is still there, or the next one where there is none.
    pub(super) fn oldest(&self) -> u64 {
        self.first.max(self.next.saturating_sub(self.records.len() as u64))
    }

    /// The oldest event of those that are kept, which events there were says, and not who read them.
    pub(super) fn oldest_kept(&self) -> u64 {
        self.oldest().max(self.next.saturating_sub(self.kept as u64))
    }

    /// How many events are kept.
    pub(super) const fn kept(&self) -> u64 {
        self.kept as u64
    }

    /// Whether it has more room than for those that are kept.
    pub(super) const fn is_wide(&self) -> bool {
        self.records.len() > self.kept
    }

    /// Puts an event behind all others. Where there is no room, the oldest one goes, unless it is
    /// `unread` or comes after that.
    #[inline]
    pub(super) fn push(&mut self, record: [u8; EVENT_LEN], unread: u64) {
        let len = self.records.len() as u64;
        if self.next > len && (len < self.kept as u64 || self.next - len >= unread) {
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
        while self.records.len() < self.kept && (self.records.len() as u64) < next {
            self.grow();
        }
        for record in kept {
            self.push(*record, u64::MAX);
        }
    }

    /// Has room for those events only that are kept, and gives back the rest.
    pub(super) fn narrow(&mut self) {
        let first = self.oldest_kept();
        let records = vec![[0; EVENT_LEN]; self.kept];
        let mut narrow = Self { records, kept: self.kept, next: first, first };
        while narrow.next < self.next {
            for record in self.run(narrow.next, usize::MAX) {
                narrow.push(*record, u64::MAX);
            }
        }
        *self = narrow;
    }

    /// Twice as much room. An event whose slot under the larger mask is another one lies as much
    /// further on as there was room; those are next to each other.
    #[cold]
    fn grow(&mut self) {
        let len = self.records.len();
        // What was forgotten does not come back with the room.
        self.first = self.oldest();
        self.records.resize((len * 2).max(LEN_MIN.min(self.kept)), [0; EVENT_LEN]);
        if len == 0 {
            return;
        }
        let rounds = (self.next - 1) / len as u64;
        let slot = usize::try_from((self.next - 1) % len as u64).expect("below the length");
        let moved = if rounds % 2 == 1 { 0..slot } else { slot..len };
        let to = moved.start + len;
        self.records.copy_within(moved, to);
    }

    fn slot(&self, number: u64) -> usize {
        let mask = self.records.len() as u64 - 1;
        usize::try_from((number - 1) & mask).expect("below the length")
    }
}
