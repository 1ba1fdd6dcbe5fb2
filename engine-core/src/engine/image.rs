//! What an engine holds at one moment, copied fast: for another thread to make a snapshot of.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::Engine;
use crate::book::Store;
use crate::book::index::{Index, Mixer};

/// The state of an engine at one moment, as it lies in memory.
///
/// Taking it copies what is in use of a few tables, a tenth of what a snapshot takes: whoever must
/// not be held up takes an image and lets another thread make the snapshot.
#[derive(Debug)]
pub struct Image {
    /// All of an engine but what finds orders by their names.
    engine: Box<Engine>,
}

impl Engine {
    /// The state as it is now.
    ///
    /// ```
    /// use ringfence_core::{Capacity, Engine};
    /// let engine = Engine::new(Capacity::SMALL);
    /// let image = engine.image();
    /// let written = std::thread::spawn(move || image.snapshot());
    /// assert_eq!(written.join().expect("it ends"), engine.snapshot());
    /// ```
    #[must_use]
    pub fn image(&self) -> Image {
        let engine = Self {
            seq: self.seq,
            now: self.now,
            store: self.store.image(),
            books: self.books.clone(),
            directory: self.directory.image(),
            accounts: self.accounts.clone(),
            capacity: self.capacity,
        };
        Image { engine: Box::new(engine) }
    }
}

impl Image {
    /// The bytes that [`Engine::snapshot`] would have given when the image was taken.
    ///
    /// # Panics
    ///
    /// Where there is no memory for it.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        self.engine.snapshot()
    }
}

impl Store {
    /// What a snapshot is made of.
    fn image(&self) -> Self {
        Self {
            orders: self.orders.image(),
            levels: self.levels.clone(),
            pages: self.pages.clone(),
            nodes: self.nodes.clone(),
            extras: self.extras.clone(),
            // Names are found through it, and nobody looks for one.
            index: Index::new(0, Mixer::GOLDEN),
            timers: self.timers,
            pending: Vec::new(),
            ending: Vec::new(),
            shares: Vec::new(),
            waiting: self.waiting,
            pegged: self.pegged,
            entries: self.entries,
        }
    }
}
