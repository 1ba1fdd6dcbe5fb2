//! The heap of a guest that asks for one: a static block, handed out from the front.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::{Cell, UnsafeCell};
use core::ptr;

/// `SIZE` bytes that are handed out from the front. What is given back is used again where it was
/// handed out last; a size of 0 refuses everything.
///
/// Whoever wants zeros gets those that a fresh memory consists of: only what was handed out before
/// is written. So a large table costs nothing until it is used.
pub struct Heap<const SIZE: usize> {
    bytes: UnsafeCell<Aligned<SIZE>>,
    used: Cell<usize>,
    /// The most that ever was in use; behind it there are zeros.
    used_most: Cell<usize>,
}

#[repr(C, align(64))]
struct Aligned<const SIZE: usize>([u8; SIZE]);

// SAFETY: a guest has one thread: shared memory and threads are refused at admission.
#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
unsafe impl<const SIZE: usize> Sync for Heap<SIZE> {}

impl<const SIZE: usize> Heap<SIZE> {
    /// All of it free.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: UnsafeCell::new(Aligned([0; SIZE])),
            used: Cell::new(0),
            used_most: Cell::new(0),
        }
    }

    /// How many bytes are handed out.
    #[must_use]
    pub const fn used(&self) -> usize {
        self.used.get()
    }

    fn start(&self) -> *mut u8 {
        self.bytes.get().cast()
    }

    /// Notes that all before `to` is in use.
    fn take(&self, to: usize) {
        self.used.set(to);
        self.used_most.set(self.used_most.get().max(to));
    }

    /// Where the block at `at` starts and whether it was handed out last.
    fn place(&self, at: *mut u8, layout: Layout) -> (usize, bool) {
        let from = at.addr() - self.start().addr();
        (from, from + layout.size() == self.used.get())
    }
}

// SAFETY: blocks lie within `bytes`, are aligned and do not overlap: each starts at or after `used`
// as the one before left it, and `used` moves back only over the block that was handed out last.
unsafe impl<const SIZE: usize> GlobalAlloc for Heap<SIZE> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = self.start();
        let free = start.addr() + self.used.get();
        let from = free.next_multiple_of(layout.align()) - start.addr();
        match from.checked_add(layout.size()) {
            Some(to) if to <= SIZE => {
                self.take(to);
                // SAFETY: `from` ≤ `to` ≤ SIZE, the size of the block that `start` begins.
                unsafe { start.add(from) }
            }
            _ => ptr::null_mut(),
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let dirty_to = self.used_most.get();
        // SAFETY: the caller says that the size is not 0.
        let block = unsafe { self.alloc(layout) };
        if !block.is_null() {
            let (from, _) = self.place(block, layout);
            let dirty = dirty_to.saturating_sub(from).min(layout.size());
            // SAFETY: `dirty` bytes at most the size of the block, which nobody else has.
            unsafe { block.write_bytes(0, dirty) };
        }
        block
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        if let (from, true) = self.place(at, layout) {
            self.used.set(from);
        }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let (from, is_last) = self.place(at, layout);
        if is_last && from.checked_add(size).is_some_and(|to| to <= SIZE) {
            self.take(from + size);
            return at;
        }
        if size <= layout.size() {
            return at;
        }
        // SAFETY: the caller says that `size` with this alignment is a layout.
        let layout_new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: `size` is larger than what was there, so it is not 0.
        let new = unsafe { self.alloc(layout_new) };
        if !new.is_null() {
            // SAFETY: both are blocks of this heap, at least `layout.size()` long, and `new` was
            // not handed out before: they do not overlap.
            unsafe { ptr::copy_nonoverlapping(at, new, layout.size()) };
        }
        new
    }
}

impl<const SIZE: usize> Default for Heap<SIZE> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const SIZE: usize> core::fmt::Debug for Heap<SIZE> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Heap").field("size", &SIZE).field("used", &self.used()).finish()
    }
}

#[cfg(test)]
mod tests;
