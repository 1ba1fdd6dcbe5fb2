//! What moves when a guest answers: the guest, its mail, and what it asks for.

use std::ops::{Deref, DerefMut};

use ringfence_core::Time;
use ringfence_core::wire::{CommandRecord, EventRecord};

use super::Guest;
use crate::floor::{Item, Mail, Post};
use crate::sandbox::{ANSWER_COMMANDS_MAX, Fault, Stats};
use crate::watchdog::Watch;

/// A guest with its mailbox and its tray. Whoever holds it may let the guest answer.
#[derive(Debug)]
pub(crate) struct Chair {
    pub(super) guest: Box<dyn Guest>,
    /// What it has not read.
    pub(super) items: Vec<Item>,
    /// Whether its timer rang, where it takes that as a call.
    pub(super) rings: bool,
    /// Events that its latest answer is to; a ring of its timer is one.
    pub(super) answered: usize,
    /// What it asked for in its latest answer.
    pub(super) asked: Vec<CommandRecord>,
    /// How its latest answer ended.
    pub(super) ended: Result<(), Fault>,
    /// What those used who sat here before.
    pub(super) past: Stats,
}

/// Where a chair stands, unless a worker has it.
#[derive(Debug)]
pub(super) struct Place(Option<Box<Chair>>);

impl Place {
    pub(super) fn new(guest: Box<dyn Guest>) -> Self {
        Self(Some(Box::new(Chair::new(guest))))
    }

    /// Gives the chair away for a round.
    pub(super) fn lend(&mut self) -> Box<Chair> {
        self.0.take().expect(LENT)
    }

    /// The guest of a seat that is nowhere yet.
    pub(super) fn into_guest(self) -> Box<dyn Guest> {
        self.0.expect(LENT).guest
    }

    /// Puts it back.
    pub(super) fn put_back(&mut self, chair: Box<Chair>) {
        self.0 = Some(chair);
    }
}

impl Deref for Place {
    type Target = Chair;

    fn deref(&self) -> &Chair {
        self.0.as_deref().expect(LENT)
    }
}

impl DerefMut for Place {
    fn deref_mut(&mut self) -> &mut Chair {
        self.0.as_deref_mut().expect(LENT)
    }
}

/// Why a chair is there.
const LENT: &str = "workers bring chairs back before a round ends";

impl Chair {
    fn new(guest: Box<dyn Guest>) -> Self {
        Self {
            guest,
            items: Vec::new(),
            rings: false,
            answered: 0,
            asked: Vec::new(),
            ended: Ok(()),
            past: Stats::default(),
        }
    }

    /// Puts another guest in the place of the one that sits here; returns that.
    pub(super) fn sit_down(&mut self, guest: Box<dyn Guest>) -> Box<dyn Guest> {
        let before = std::mem::replace(&mut self.guest, guest);
        self.past = before.stats().after(&self.past);
        self.rings = false;
        before
    }

    /// What it has not read, and whether each event is the first of its command.
    pub(super) fn unread(&self, post: &Post) -> Vec<(EventRecord, bool)> {
        let records = Mail::new(post, &self.items).records();
        records.zip(self.items.iter().map(|item| item.is_first())).collect()
    }

    /// Lets the guest read its mail and answer, under the eyes of `watch`.
    pub(crate) fn answer(&mut self, at: Time, post: &Post, watch: Option<&Watch>) {
        let Some(watch) = watch else { return self.answer_under(None, at, post) };
        watch.enter();
        self.answer_under(Some(watch), at, post);
        if let Some(limit_ms) = watch.leave() {
            self.asked.clear();
            self.ended = Err(Fault::Overtime { limit_ms });
        }
    }

    fn answer_under(&mut self, watch: Option<&Watch>, at: Time, post: &Post) {
        self.asked.clear();
        self.asked.shrink_to(ASKED_KEPT);
        self.ended = Ok(());
        self.answered = self.items.len() + usize::from(self.rings);
        if self.rings {
            self.rings = false;
            self.ended = self.guest.ring(at, &mut self.asked);
        }
        if self.ended.is_ok() && !self.items.is_empty() {
            let mail = Mail::new(post, &self.items).watched(watch);
            self.ended = self.guest.deliver(at, mail, &mut self.asked);
            self.check_answer();
        }
        self.items.clear();
    }

    /// A sandbox watches over this call by call; the host's own code has only one.
    fn check_answer(&mut self) {
        let (asked, limit) = (self.asked.len(), ANSWER_COMMANDS_MAX);
        if self.ended.is_ok() && asked > limit as usize {
            self.asked.clear();
            self.ended = Err(Fault::TooManyCommands { asked: asked as u64, limit });
        }
    }
}

/// Commands for which a tray keeps its room: 512 KiB. Only a guest that floods its host asks for more.
const ASKED_KEPT: usize = 4_096;
