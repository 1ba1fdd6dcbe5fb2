//! Fixed room for things that are named by a 32-bit key: taken once, reused for ever.

use alloc::vec::Vec;
use core::ops::{Index, IndexMut};

/// The key that names nothing.
pub(crate) const NONE: u32 = u32::MAX;

/// Places made at once: few, so that no insertion is slow.
const EXTENDED: u32 = 16;

/// A thing that can lend one of its fields to the list of free places.
pub(crate) trait Pooled: Default {
    /// The field that links free places.
    fn link(&mut self) -> &mut u32;
}

/// Room for a fixed number of `T`; the place freed last is used first, since it is still cached.
#[derive(Clone, Debug)]
pub(crate) struct Pool<T> {
    items: Vec<T>,
    free: u32,
    live: u32,
    capacity: u32,
}

impl<T: Pooled> Pool<T> {
    /// Room for `capacity`; the memory is reserved now and touched when first used.
    pub(crate) fn new(capacity: u32) -> Self {
        Self { items: Vec::with_capacity(capacity as usize), free: NONE, live: 0, capacity }
    }

    /// Puts `item` into a free place.
    ///
    /// The caller has seen that the pool is not full.
    #[inline]
    pub(crate) fn insert(&mut self, item: T) -> u32 {
        if self.free == NONE {
            self.extend();
        }
        let key = self.free;
        self.fill(key, item);
        key
    }

    /// A place that is free, where one was used before or is close to one that was.
    #[inline(always)]
    pub(crate) fn vacant(&self) -> Option<u32> {
        (self.free != NONE).then_some(self.free)
    }

    /// Puts `item` into the [vacant](Self::vacant) place.
    #[inline(always)]
    pub(crate) fn fill(&mut self, key: u32, item: T) {
        debug_assert_eq!(key, self.free, "it is vacant");
        self.live += 1;
        let place = &mut self.items[key as usize];
        self.free = *place.link();
        *place = item;
    }

    /// Makes a few more places, the first of which is used first.
    #[cold]
    #[inline(never)]
    fn extend(&mut self) {
        let from = u32::try_from(self.items.len()).expect("capacity has 32 bits");
        let to = self.capacity.min(from.saturating_add(EXTENDED));
        assert!(from < to, "room is checked before it is used");
        for next in from + 1..=to {
            let mut item = T::default();
            *item.link() = if next == to { NONE } else { next };
            self.items.push(item);
        }
        self.free = from;
    }

    /// What is at a place; nothing at `NONE`.
    #[inline(always)]
    pub(crate) fn find(&self, key: u32) -> Option<&T> {
        self.items.get(key as usize)
    }

    /// The same, to change it.
    #[inline(always)]
    pub(crate) fn find_mut(&mut self, key: u32) -> Option<&mut T> {
        self.items.get_mut(key as usize)
    }

    /// All places that were ever used, or are close to one that was.
    #[inline(always)]
    pub(crate) fn items_mut(&mut self) -> &mut [T] {
        &mut self.items
    }

    /// What is at a place, or at the last one where there is none of that key. There is one.
    #[inline(always)]
    pub(crate) fn near(&self, key: u32) -> &T {
        &self.items[(key as usize).min(self.items.len() - 1)]
    }

    /// Frees a place.
    #[inline]
    pub(crate) fn remove(&mut self, key: u32) {
        self.live -= 1;
        *self.items[key as usize].link() = self.free;
        self.free = key;
    }

    /// How many places were ever used, or are close to one that was.
    #[cfg(feature = "snapshot")]
    pub(crate) fn made(&self) -> usize {
        self.items.len()
    }

    /// How many places are taken.
    pub(crate) fn len(&self) -> u32 {
        self.live
    }

    /// Whether every place is taken.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.live >= self.capacity
    }

    /// How many places there are.
    pub(crate) fn capacity(&self) -> u32 {
        self.capacity
    }
}

impl<T> Index<u32> for Pool<T> {
    type Output = T;

    #[inline]
    fn index(&self, key: u32) -> &T {
        &self.items[key as usize]
    }
}

impl<T> IndexMut<u32> for Pool<T> {
    #[inline]
    fn index_mut(&mut self, key: u32) -> &mut T {
        &mut self.items[key as usize]
    }
}
