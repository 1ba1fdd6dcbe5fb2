//! What moves when a guest answers: the guest, its mail, and what it asks for.

use ringfence_core::Time;
use ringfence_core::wire::CommandRecord;

use super::Guest;
use crate::floor::{Item, Mail, Post};
use crate::sandbox::Fault;

/// A guest with its mailbox and its tray. Whoever holds it may let the guest answer.
#[derive(Debug)]
pub(crate) struct Chair {
    pub(super) guest: Box<dyn Guest>,
    /// What it has not read.
    pub(super) items: Vec<Item>,
    /// Whether its timer rang, where it takes that as a call.
    pub(super) rings: bool,
    /// What it asked for in its latest answer.
    pub(super) asked: Vec<CommandRecord>,
    /// How its latest answer ended.
    pub(super) ended: Result<(), Fault>,
}

impl Chair {
    pub(super) fn new(guest: Box<dyn Guest>) -> Self {
        Self { guest, items: Vec::new(), rings: false, asked: Vec::new(), ended: Ok(()) }
    }

    /// Lets the guest read its mail and answer.
    pub(crate) fn answer(&mut self, at: Time, post: &Post) {
        self.asked.clear();
        self.ended = Ok(());
        if self.rings {
            self.rings = false;
            self.ended = self.guest.ring(at, &mut self.asked);
        }
        if self.ended.is_ok() && !self.items.is_empty() {
            self.ended = self.guest.deliver(at, Mail::new(post, &self.items), &mut self.asked);
        }
        self.items.clear();
    }
}
