//! From an order's name to its place: open addressing, eight bytes an entry, no tombstones.

use alloc::vec;
use alloc::vec::Vec;

/// Finds places by a 32-bit mix of (book, order id); whoever asks confirms the name at the place.
///
/// An entry is `mix << 32 | place + 1`; 0 is empty. Entries stand at or behind the position that
/// the top bits of their mix name (linear probing), and removal closes the gap.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    entries: Vec<u64>,
    shift: u32,
    mask: usize,
}

/// Where an entry stands; good until the next change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position(usize);

impl Index {
    /// Room for `capacity` entries, at most three quarters full.
    pub(crate) fn new(capacity: u32) -> Self {
        let wanted = u64::from(capacity) * 4 / 3 + 8;
        let bits = wanted.next_power_of_two().trailing_zeros().min(32);
        let len = 1usize << bits;
        Self {
            entries: vec![0; len],
            shift: 32 - bits,
            mask: len - 1,
        }
    }

    /// The mix of a name: two rounds of multiply and fold, so that patterns in ids do not meet.
    #[inline]
    pub(crate) fn mix(book: u32, id: u64) -> u32 {
        const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut x = (id ^ u64::from(book).rotate_left(40)).wrapping_mul(ODD);
        x ^= x >> 32;
        ((x.wrapping_mul(ODD)) >> 32) as u32
    }

    /// The place among those of `mix` that `is_it` confirms.
    #[inline]
    pub(crate) fn find(&self, mix: u32, is_it: impl Fn(u32) -> bool) -> Option<(Position, u32)> {
        let mut at = self.home(mix);
        loop {
            let entry = self.entries[at & self.mask];
            if entry == 0 {
                return None;
            }
            if (entry >> 32) as u32 == mix {
                let place = (entry as u32).wrapping_sub(1);
                if is_it(place) {
                    return Some((Position(at & self.mask), place));
                }
            }
            at += 1;
        }
    }

    /// Adds a place under `mix`.
    #[inline]
    pub(crate) fn insert(&mut self, mix: u32, place: u32) {
        let mut at = self.home(mix);
        while self.entries[at & self.mask] != 0 {
            at += 1;
        }
        self.entries[at & self.mask] = u64::from(mix) << 32 | u64::from(place + 1);
    }

    /// Takes an entry out and closes the gap.
    #[inline]
    pub(crate) fn remove(&mut self, position: Position) {
        let mut gap = position.0;
        let mut at = gap;
        loop {
            at = (at + 1) & self.mask;
            let entry = self.entries[at];
            if entry == 0 {
                break;
            }
            let away = at.wrapping_sub(self.home((entry >> 32) as u32)) & self.mask;
            if away >= (at.wrapping_sub(gap) & self.mask) {
                self.entries[gap] = entry;
                gap = at;
            }
        }
        self.entries[gap] = 0;
    }

    #[inline]
    fn home(&self, mix: u32) -> usize {
        (u64::from(mix) >> self.shift) as usize
    }

    /// How many entries there are; walks the whole table.
    pub(crate) fn count(&self) -> usize {
        self.entries.iter().filter(|&&entry| entry != 0).count()
    }
}

#[cfg(test)]
mod tests;
