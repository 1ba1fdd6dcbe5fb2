//! What waits to be read: each event encoded once, and for each reader the list of its own.

use ringfence_core::wire::{EVENT_LEN, EventRecord};

use crate::watchdog::Watch;

/// An event as it is copied into a guest's memory, on a cache line of its own.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Letter([u8; EVENT_LEN]);

/// Everything that was told since everybody read their mail.
#[derive(Default)]
pub(crate) struct Post {
    letters: Vec<Letter>,
}

/// A letter of one reader: its place in the post, and whether it is the first of what one command
/// caused for this reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item(u32);

/// Set in the first item of a command.
const FIRST: u32 = 1 << 31;

/// Events that may wait at once, for everybody together: 16 MiB.
const POST_MAX: usize = 1 << 18;

impl Post {
    /// Keeps an event; `None` where there is no room.
    pub(super) fn put(&mut self, record: &EventRecord) -> Option<Item> {
        let at = u32::try_from(self.letters.len()).ok()?;
        if self.letters.len() == POST_MAX {
            return None;
        }
        self.letters.push(Letter(record.to_bytes()));
        Some(Item(at))
    }

    pub(super) fn clear(&mut self) {
        self.letters.clear();
    }
}

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Post").field("letters", &self.letters.len()).finish()
    }
}

impl Item {
    /// The same letter, as the first of its command.
    pub(crate) const fn first(self) -> Self {
        Self(self.0 | FIRST)
    }

    /// Whether it is the first of what one command caused.
    pub(crate) const fn is_first(self) -> bool {
        self.0 & FIRST != 0
    }
}

/// The mail of one reader.
#[derive(Clone, Copy, Debug)]
pub struct Mail<'a> {
    post: &'a Post,
    items: &'a [Item],
    watch: Option<&'a Watch>,
}

impl<'a> Mail<'a> {
    pub(crate) const fn new(post: &'a Post, items: &'a [Item]) -> Self {
        Self { post, items, watch: None }
    }

    /// The same, of which nothing more is handed out once its reader has taken too long.
    pub(crate) const fn watched(self, watch: Option<&'a Watch>) -> Self {
        Self { watch, ..self }
    }

    /// How many events there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The events, in the order in which they happened.
    pub fn records(&self) -> impl ExactSizeIterator<Item = EventRecord> + 'a {
        let post = self.post;
        self.items.iter().map(|item| EventRecord::from_bytes(post.bytes(*item)))
    }

    /// Copies the first events into `inbox` and forgets them; returns how many.
    ///
    /// What one command caused is not split, unless it alone is more than there is room for. Whoever
    /// has taken too long already gets nothing more.
    pub fn move_into(&mut self, inbox: &mut [[u8; EVENT_LEN]]) -> usize {
        if self.watch.is_some_and(Watch::is_late) {
            return 0;
        }
        let mut len = self.items.len();
        if len > inbox.len() {
            len = inbox.len();
            let starts = |at: &usize| self.items[*at].0 & FIRST != 0;
            len = (1..=len).rev().find(starts).unwrap_or(len);
        }
        let (now, later) = self.items.split_at(len);
        for (slot, item) in inbox.iter_mut().zip(now) {
            *slot = *self.post.bytes(*item);
        }
        self.items = later;
        len
    }
}

impl Post {
    fn bytes(&self, item: Item) -> &[u8; EVENT_LEN] {
        &self.letters[(item.0 & !FIRST) as usize].0
    }
}

#[cfg(test)]
mod tests;
