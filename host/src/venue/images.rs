//! Keeps images of the venue's strategies: with each snapshot of its state, and at its end.

use std::collections::VecDeque;

use crate::host::Host;
use crate::keeper::KeeperThread;
use crate::seat::{Seat, SeatImage};

/// What is kept when. One image is taken between two turns, so that however many there are, no turn
/// waits longer than for one; each is of its own place, and sound by itself.
#[derive(Debug)]
pub(super) struct Images {
    thread: KeeperThread,
    /// Seats of which an image is due.
    due: VecDeque<u16>,
    /// One that found the thread busy.
    waits: Option<SeatImage>,
    /// Snapshots that were begun.
    snapshots: u64,
}

impl Images {
    pub(super) fn new(thread: KeeperThread) -> Self {
        Self { thread, due: VecDeque::new(), waits: None, snapshots: 0 }
    }

    /// Notes that an image of every strategy is due.
    pub(super) fn all_are_due(&mut self, host: &Host) {
        self.due.clear();
        let there = host.seats().iter().filter(|seat| seat.is_there());
        self.due.extend(there.map(Seat::number));
    }

    /// Takes one image, where one is due and there is room for it.
    pub(super) fn tend(&mut self, host: &mut Host) {
        let begun = snapshots_begun(host);
        if begun != self.snapshots {
            self.snapshots = begun;
            self.all_are_due(host);
        }
        if let Some(image) = self.waits.take() {
            self.waits = self.thread.offer(image);
        } else if let Some(number) = self.due.pop_front() {
            // Of code of the host's own, and of who is about to fail, there is none.
            self.waits = host.image(number).ok().and_then(|image| self.thread.offer(image));
        }
    }

    /// Whether there is something to do.
    pub(super) fn is_busy(&self) -> bool {
        self.waits.is_some() || !self.due.is_empty()
    }

    /// Takes an image of every strategy, and waits until all are written.
    pub(super) fn finish(mut self, host: &mut Host) {
        self.all_are_due(host);
        for number in self.due {
            if let Ok(image) = host.image(number) {
                self.thread.give(image);
            }
        }
    }
}

fn snapshots_begun(host: &Host) -> u64 {
    let tally = host.sequencer().journal().snapshots();
    tally.map_or(0, |tally| tally.written + tally.failed + u64::from(tally.is_under_way))
}
