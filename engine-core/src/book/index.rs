//! From an order's name to its place: open addressing, four bytes an entry, no tombstones.
//!
//! The table is as large as the orders that live now ask for, not as the capacity would, so that
//! it stays in the processor's caches. It grows a few entries at each insertion, into tables that
//! were set aside when the engine was built: no insertion is slow and none allocates.
//!
//! An entry has a few bits of its name's mix, and how far it stands from where the mix would have
//! it, if that is not far. Beyond that the orders themselves say what their names are.

mod mixer;
mod table;

use alloc::vec::Vec;

use crate::id::OrderId;
pub(crate) use mixer::Mixer;
use table::{Form, Table, Vacancy};

/// Finds places by names, which whoever asks knows the places by.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    form: Form,
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

/// The name of a live order, in all books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// Its book, by position.
    pub(crate) book: u32,
    /// Its number there.
    pub(crate) id: OrderId,
}

/// What knows the names of what the index finds.
pub(crate) trait Names: Copy {
    /// Whether that is the name of what is at a place.
    fn is_it(self, place: u32, name: Name) -> bool;

    /// Whether it may be, for what is known of the place alone: in another book, maybe.
    fn may_be(self, place: u32, name: Name) -> bool;

    /// The name of what is at a place.
    fn name_of(self, place: u32) -> Name;
}

impl Index {
    /// Room for `capacity` entries, at most three quarters full, spread by `mixer`.
    pub(crate) fn new(capacity: u32, mixer: Mixer) -> Self {
        let wanted = u64::from(capacity) * 4 / 3 + 8;
        let last = usize::try_from(wanted).expect("an index fits memory").next_power_of_two();
        let lens = core::iter::successors(Some(last), |len| Some(len / 2));
        let mut reserve: Vec<Table> =
            lens.take_while(|&len| len == last || len >= FIRST_LEN).map(Table::new).collect();
        let table = reserve.pop().expect("there is at least the last");
        let form = Form::new(capacity, mixer);
        let old = Table::default();
        let mut index = Self { form, table, old, moved: 0, len: 0, busy: 0, reserve };
        index.settle();
        index
    }

    /// The place of a name.
    #[inline(always)]
    pub(crate) fn find(&self, name: Name, names: impl Names) -> Option<(Position, u32)> {
        if let Some((at, place)) = self.table.find(&self.form, name, names) {
            return Some((Position { at, in_old: false }, place));
        }
        if self.old.entries.is_empty() { None } else { self.find_old(name, names) }
    }

    /// The place that stands where that of a name would stand first, or right behind; maybe not it.
    #[inline(always)]
    pub(crate) fn guess(&self, name: Name) -> u32 {
        let mix = self.form.mix(name);
        let home = self.table.home(mix);
        let first = self.table.entries[home];
        let second = self.table.entries[(home + 1) & self.table.mask()];
        let is_first = self.form.tag(first) == self.form.first(mix);
        self.form.place(if is_first { first } else { second })
    }

    /// Where the entry of a name and place, which is there, stands.
    #[inline]
    pub(crate) fn position_of(&self, name: Name, place: u32) -> Position {
        match self.table.position_of(&self.form, name, place) {
            Some(at) => Position { at, in_old: false },
            None => self.position_in_old(name, place),
        }
    }

    #[cold]
    fn position_in_old(&self, name: Name, place: u32) -> Position {
        let at = self.old.position_of(&self.form, name, place).expect("a live order is indexed");
        Position { at, in_old: true }
    }

    /// The place of what may have that name, where it is not in a table that is being left; and
    /// where its entry stands. None only where the name is not in that table, or stands behind
    /// another that may have it.
    #[inline(always)]
    pub(crate) fn find_likely(&self, name: Name, names: impl Names) -> Option<(usize, u32)> {
        self.table.find_likely(&self.form, name, names)
    }

    /// What stands first where an entry of that name would, if the entry may be the name's.
    #[inline(always)]
    pub(crate) fn first(&self, name: Name) -> Option<(usize, u32)> {
        let mix = self.form.mix(name);
        let home = self.table.home(mix);
        let entry = self.table.entries[home];
        let may_be = entry != 0 && self.form.tag(entry) == self.form.first(mix);
        may_be.then_some((home, self.form.place(entry)))
    }

    /// Takes an entry out of where [`find_likely`](Self::find_likely) found it.
    #[inline(always)]
    pub(crate) fn take(&mut self, at: usize, names: impl Names) {
        self.len -= 1;
        self.table.remove(&self.form, at, names);
    }

    #[cold]
    fn find_old(&self, name: Name, names: impl Names) -> Option<(Position, u32)> {
        let (at, place) = self.old.find(&self.form, name, names)?;
        Some((Position { at, in_old: true }, place))
    }

    /// Whether a new name can be put at once: it is not there, and the table need not grow first,
    /// which [`insert`](Self::insert) does.
    #[inline]
    pub(crate) fn has_room(&self, name: Name, names: impl Names) -> bool {
        self.len < self.busy && self.table.vacancy(&self.form, name, names).is_some()
    }

    /// Adds a name where it [has room](Self::has_room), and says whether it did.
    #[inline(always)]
    pub(crate) fn put(&mut self, name: Name, place: u32, names: impl Names) -> bool {
        if self.len >= self.busy {
            return false;
        }
        let Some(Vacancy { at, tag }) = self.table.vacancy(&self.form, name, names) else {
            return false;
        };
        self.len += 1;
        self.table.entries[at] = tag | (place + 1);
        true
    }

    /// Adds a name that is not there.
    pub(crate) fn insert(&mut self, name: Name, place: u32, names: impl Names) {
        if self.len >= self.busy {
            self.make_room(names);
        }
        self.len += 1;
        self.table.insert(&self.form, name, place);
    }

    /// Takes an entry out and closes the gap.
    #[inline]
    pub(crate) fn remove(&mut self, position: Position, names: impl Names) {
        self.len -= 1;
        let table = if position.in_old { &mut self.old } else { &mut self.table };
        table.remove(&self.form, position.at, names);
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self, names: impl Names) {
        if !self.old.entries.is_empty() {
            self.move_some(names);
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

    fn move_some(&mut self, names: impl Names) {
        for _ in 0..MOVED_PER_INSERT {
            let Some(&entry) = self.old.entries.get(self.moved) else {
                self.old = Table::default();
                return self.settle();
            };
            if entry == 0 {
                self.moved += 1;
            } else {
                let place = self.form.place(entry);
                self.old.remove(&self.form, self.moved, names);
                self.table.insert(&self.form, names.name_of(place), place);
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

#[cfg(test)]
mod tests;
