//! Keeps images of the venue's strategies: with each snapshot of its state, often enough for what comes
//! after one to be told again, and at its end.

use std::collections::{BTreeSet, VecDeque};

use crate::comeback::COMMANDS_MAX;
use crate::host::Host;
use crate::keeper::KeeperThread;
use crate::seat::Seat;

/// What is kept when. One image is taken between two turns, so that however many there are, no turn
/// waits longer than for one; each is of its own place, and sound by itself.
#[derive(Debug)]
pub(super) struct Images {
    thread: KeeperThread,
    /// Seats of which an image is due, in that order.
    due: VecDeque<u16>,
    /// The place after which all were due.
    since: u64,
    /// Snapshots that were begun.
    snapshots: u64,
}

/// Commands after which images are due again.
const EVERY: u64 = 1_000_000;

const _: () = assert!(2 * EVERY <= COMMANDS_MAX, "all have been taken before the next are due");

impl Images {
    pub(super) fn new(thread: KeeperThread) -> Self {
        Self { thread, due: VecDeque::new(), since: 0, snapshots: 0 }
    }

    /// Notes that an image of every strategy is due; who waits for it already keeps its place.
    pub(super) fn all_are_due(&mut self, host: &Host) {
        self.since = host.sequencer().last().place;
        let waiting: BTreeSet<u16> = self.due.iter().copied().collect();
        let there = host.seats().iter().filter(|seat| seat.is_there()).map(Seat::number);
        self.due.extend(there.filter(|number| !waiting.contains(number)));
    }

    /// Takes one image, where one is due and there is room for it.
    pub(super) fn tend(&mut self, host: &mut Host) {
        let begun = snapshots_begun(host);
        if begun != self.snapshots || host.sequencer().last().place - self.since >= EVERY {
            self.snapshots = begun;
            self.all_are_due(host);
        }
        if !self.is_busy() || !self.thread.has_room() {
            return;
        }
        let Some(number) = self.due.pop_front() else { return };
        // Of code of the host's own, and of who is about to fail, there is none.
        let Ok(image) = host.image(number) else { return };
        // It is taken anew where it finds no room: whoever takes the seat meanwhile is not overtaken.
        if !self.thread.offer(image) {
            self.due.push_front(number);
        }
    }

    /// Whether there is something to do.
    pub(super) fn is_busy(&self) -> bool {
        !self.due.is_empty()
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

#[cfg(test)]
mod tests;
