//! Which pages strategies of a program write until they have handled their first events.
//!
//! A page that is not there yet is a fault when it is first written; the system gives out several
//! with less ado when it is asked before.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::runtime::pages;

/// What the second strategy of a program wrote, for those that follow: most programs have one
/// strategy, which learns nothing and pays nothing.
#[derive(Debug, Default)]
pub(super) struct Footprint {
    had_first: AtomicBool,
    places: OnceLock<Vec<Range<usize>>>,
}

impl Footprint {
    /// Has the pages given out that this memory will need.
    pub(super) fn prepare(&self, memory: &mut [u8]) {
        if let Some(places) = self.places.get() {
            pages::populate(memory, places);
        }
    }

    /// Looks at the memory of one that has just handled its first events.
    pub(super) fn learn(&self, memory: &[u8]) {
        let is_second = self.had_first.swap(true, Ordering::Relaxed);
        if is_second && self.places.get().is_none() && memory.len() <= MEMORY_LEN_MAX {
            let places = pages::written(memory).unwrap_or_default();
            let len: usize = places.iter().map(ExactSizeIterator::len).sum();
            _ = self.places.set(if len <= LEN_MAX { places } else { Vec::new() });
        }
    }
}

/// Bytes that are asked for beforehand. More take so long to clear that the start hardly matters.
const LEN_MAX: usize = 1 << 20;

/// Bytes of memory that are looked at: the system tells 8 bytes for each 4 KiB.
const MEMORY_LEN_MAX: usize = 64 << 20;

#[cfg(test)]
mod tests;
