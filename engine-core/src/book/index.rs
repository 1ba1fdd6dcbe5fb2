//! From an order's name to its place: open addressing, eight bytes an entry, no tombstones.
//!
//! The table is as large as the orders that live now ask for, not as the capacity would, so that
//! it stays in the processor's caches. It grows a few entries at each insertion, into tables that
//! were set aside when the engine was built: no insertion is slow and none allocates.

use alloc::vec;
use alloc::vec::Vec;

/// Finds places by a 32-bit mix of (book, order id); whoever asks confirms the name at the place.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    table: Table,
    /// The table before, until all its entries have moved.
    old: Table,
    /// Entries of the old table before this position have moved.
    moved: usize,
    len: usize,
    /// At so many entries an insertion has more to do: the table grows, or the old one moves.
    busy: usize,
    /// Larger tables, the next one last.
    reserve: Vec<Table>,
}

/// An entry is `mix << 32 | place + 1`; 0 is empty. Entries stand at or behind the position that
/// the upper bits of their mix name (linear probing), and removal closes the gap.
#[derive(Clone, Debug, Default)]
struct Table {
    entries: Vec<u64>,
    /// What is left of a mix when so many lower bits are gone is a position.
    shift: u32,
}

/// Where an entry stands; good until the next change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    at: usize,
    in_old: bool,
}

/// Entries of the first table: a thousand orders leave it so empty that they seldom meet.
const FIRST_LEN: usize = 1 << 13;

/// Entries of the old table that move at each insertion: enough to be done well before the table
/// is half full again.
const MOVED_PER_INSERT: usize = 8;

impl Index {
    /// Room for `capacity` entries, at most three quarters full.
    pub(crate) fn new(capacity: u32) -> Self {
        let wanted = u64::from(capacity) * 4 / 3 + 8;
        let last = usize::try_from(wanted).expect("an index fits memory").next_power_of_two();
        let lens = core::iter::successors(Some(last), |len| Some(len / 2));
        let mut reserve: Vec<Table> =
            lens.take_while(|&len| len == last || len >= FIRST_LEN).map(Table::new).collect();
        let table = reserve.pop().expect("there is at least the last");
        let mut index = Self { table, old: Table::default(), moved: 0, len: 0, busy: 0, reserve };
        index.settle();
        index
    }

    /// The mix of a name: the upper half of a product with the golden ratio, which keeps ids that
    /// follow one another apart, of the id with its halves folded, so that those which differ in
    /// the upper half only do not meet; and a permutation of the book's number, so that the same
    /// id in two books has two mixes: whoever compares mix and id has compared the book.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "halves of a product")]
    pub(crate) fn mix(book: u32, id: u64) -> u32 {
        const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
        let product = (id ^ id >> 32).wrapping_mul(GOLDEN);
        (product >> 32) as u32 ^ book.wrapping_mul(GOLDEN as u32)
    }

    /// The place among those of `mix` that `is_it` confirms.
    #[inline(always)]
    pub(crate) fn find(&self, mix: u32, is_it: impl Fn(u32) -> bool) -> Option<(Position, u32)> {
        if let Some((at, place)) = self.table.find(mix, &is_it) {
            return Some((Position { at, in_old: false }, place));
        }
        if self.old.entries.is_empty() { None } else { self.find_old(mix, is_it) }
    }

    /// The place that stands where one of `mix` would stand first, or right behind; maybe not its.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of an entry")]
    pub(crate) fn guess(&self, mix: u32) -> u32 {
        let home = self.table.home(mix);
        let first = self.table.entries[home];
        let second = self.table.entries[(home + 1) & self.table.mask()];
        let entry = if (first >> 32) as u32 == mix { first } else { second };
        (entry as u32).wrapping_sub(1)
    }

    /// Where the entry of `place`, which is there, stands.
    #[inline]
    pub(crate) fn position_of(&self, mix: u32, place: u32) -> Position {
        let entry = entry(mix, place);
        match self.table.position_of(entry) {
            Some(at) => Position { at, in_old: false },
            None => self.position_in_old(entry),
        }
    }

    #[cold]
    fn position_in_old(&self, entry: u64) -> Position {
        let at = self.old.position_of(entry).expect("a live order is indexed");
        Position { at, in_old: true }
    }

    /// The same, where it is not in a table that is being left; and where its entry stands.
    #[inline(always)]
    pub(crate) fn find_settled(
        &self,
        mix: u32,
        is_it: impl Fn(u32) -> bool,
    ) -> Option<(usize, u32)> {
        self.table.find(mix, &is_it)
    }

    /// Takes an entry out of where [`find_settled`](Self::find_settled) found it.
    #[inline(always)]
    pub(crate) fn take(&mut self, at: usize) {
        self.len -= 1;
        self.table.remove(at);
    }

    #[cold]
    fn find_old(&self, mix: u32, is_it: impl Fn(u32) -> bool) -> Option<(Position, u32)> {
        let (at, place) = self.old.find(mix, &is_it)?;
        Some((Position { at, in_old: true }, place))
    }

    /// Where the entry of a new name can be put; none where `is_it` confirms that the name is
    /// there, or where the table has to grow first, which [`insert`](Self::insert) does.
    #[inline(always)]
    pub(crate) fn vacancy(&self, mix: u32, is_it: impl Fn(u32) -> bool) -> Option<usize> {
        if self.len >= self.busy { None } else { self.table.vacancy(mix, is_it) }
    }

    /// Puts an entry where [`vacancy`](Self::vacancy) said, the table being as it was then.
    #[inline(always)]
    pub(crate) fn put(&mut self, at: usize, mix: u32, place: u32) {
        debug_assert_eq!(self.table.entries[at], 0, "it is vacant");
        self.len += 1;
        self.table.entries[at] = entry(mix, place);
    }

    /// Adds a place under `mix`.
    pub(crate) fn insert(&mut self, mix: u32, place: u32) {
        if self.len >= self.busy {
            self.make_room();
        }
        self.len += 1;
        self.table.insert(entry(mix, place));
    }

    /// Takes an entry out and closes the gap.
    #[inline]
    pub(crate) fn remove(&mut self, position: Position) {
        self.len -= 1;
        let table = if position.in_old { &mut self.old } else { &mut self.table };
        table.remove(position.at);
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        if !self.old.entries.is_empty() {
            self.move_some();
        } else if let Some(larger) = self.reserve.pop() {
            self.old = core::mem::replace(&mut self.table, larger);
            self.moved = 0;
            self.busy = 0;
        }
    }

    /// The table takes entries until it is half full; the last one takes all that may come.
    fn settle(&mut self) {
        let len = self.table.entries.len();
        self.busy = if self.reserve.is_empty() { len } else { len / 2 };
    }

    fn move_some(&mut self) {
        for _ in 0..MOVED_PER_INSERT {
            let Some(&entry) = self.old.entries.get(self.moved) else {
                self.old = Table::default();
                return self.settle();
            };
            if entry == 0 {
                self.moved += 1;
            } else {
                self.old.remove(self.moved);
                self.table.insert(entry);
            }
        }
    }

    /// How many entries there are; walks the tables.
    pub(crate) fn count(&self) -> usize {
        let taken = |table: &Table| table.entries.iter().filter(|&&entry| entry != 0).count();
        assert_eq!(taken(&self.table) + taken(&self.old), self.len, "the count of entries");
        self.len
    }
}

#[inline]
fn entry(mix: u32, place: u32) -> u64 {
    u64::from(mix) << 32 | u64::from(place + 1)
}

impl Table {
    fn new(len: usize) -> Self {
        debug_assert!(len.is_power_of_two() && len > 1, "positions are bits");
        Self { entries: vec![0; len], shift: 32 - len.trailing_zeros() }
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of an entry")]
    fn find(&self, mix: u32, is_it: &impl Fn(u32) -> bool) -> Option<(usize, u32)> {
        let mut at = self.home(mix);
        loop {
            let entry = self.entries[at];
            if entry == 0 {
                return None;
            }
            if (entry >> 32) as u32 == mix && is_it((entry as u32).wrapping_sub(1)) {
                return Some((at, (entry as u32).wrapping_sub(1)));
            }
            at = (at + 1) & self.mask();
        }
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of an entry")]
    fn vacancy(&self, mix: u32, is_it: impl Fn(u32) -> bool) -> Option<usize> {
        let mut at = self.home(mix);
        loop {
            let entry = self.entries[at];
            if entry == 0 {
                return Some(at);
            }
            if (entry >> 32) as u32 == mix && is_it((entry as u32).wrapping_sub(1)) {
                return None;
            }
            at = (at + 1) & self.mask();
        }
    }

    #[inline]
    fn position_of(&self, entry: u64) -> Option<usize> {
        let mut at = self.home((entry >> 32) as u32);
        loop {
            match self.entries[at] {
                there if there == entry => return Some(at),
                0 => return None,
                _ => at = (at + 1) & self.mask(),
            }
        }
    }

    #[inline]
    fn insert(&mut self, entry: u64) {
        let mut at = self.home((entry >> 32) as u32);
        while self.entries[at] != 0 {
            at = (at + 1) & self.mask();
        }
        self.entries[at] = entry;
    }

    #[inline]
    fn remove(&mut self, mut gap: usize) {
        let mut at = gap;
        loop {
            at = (at + 1) & self.mask();
            let entry = self.entries[at];
            if entry == 0 {
                break;
            }
            let away = at.wrapping_sub(self.home((entry >> 32) as u32)) & self.mask();
            if away >= (at.wrapping_sub(gap) & self.mask()) {
                self.entries[gap] = entry;
                gap = at;
            }
        }
        self.entries[gap] = 0;
    }

    #[inline]
    fn mask(&self) -> usize {
        self.entries.len().wrapping_sub(1)
    }

    #[inline]
    fn home(&self, mix: u32) -> usize {
        (mix >> self.shift) as usize & self.mask()
    }
}

#[cfg(test)]
mod tests;
