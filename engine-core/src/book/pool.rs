//! Fixed room for things that are named by a 32-bit key: taken once, reused for ever.

use alloc::vec::Vec;
use core::ops::{Index, IndexMut};

/// The key that names nothing.
pub(crate) const NONE: u32 = u32::MAX;

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
    /// The caller has seen that the pool is not full. Always inlined, so that the item is built in
    /// its place.
    #[inline(always)]
    pub(crate) fn insert(&mut self, item: T) -> u32 {
        debug_assert!(!self.is_full(), "room is checked before it is used");
        self.live += 1;
        let key = self.free;
        if key != NONE {
            let place = &mut self.items[key as usize];
            self.free = *place.link();
            *place = item;
            return key;
        }
        self.append(item)
    }

    #[cold]
    #[inline(never)]
    fn append(&mut self, item: T) -> u32 {
        let key = u32::try_from(self.items.len()).expect("capacity has 32 bits");
        self.items.push(item);
        key
    }

    /// Frees a place.
    #[inline]
    pub(crate) fn remove(&mut self, key: u32) {
        self.live -= 1;
        *self.items[key as usize].link() = self.free;
        self.free = key;
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
