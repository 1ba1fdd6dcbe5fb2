//! All-or-none orders: when those that rest can trade at last, they enter again.

use super::desk::Desk;
use super::taker::Taker;
use crate::book::heed::Heed;
use crate::command::Phase;
use crate::event::EventSink;
use crate::limits::WHOLES_MAX;

impl<S: EventSink> Desk<'_, S> {
    /// Whether one more all-or-none order may live.
    #[cold]
    pub(super) fn has_room_for_whole(&self) -> bool {
        let waiting = self.book.wholes_waiting as usize;
        self.book.wholes.len() + waiting < WHOLES_MAX
    }

    /// Lets the first all-or-none order that can trade whole do so; false where none can.
    #[cold]
    #[inline(never)]
    pub(super) fn fill_a_whole(&mut self) -> bool {
        if self.book.phase != Phase::Continuous {
            return false;
        }
        let reached = |&key: &u32| {
            let Taker { side, limit, .. } = self.as_taker(key);
            self.crosses(side, limit)
        };
        let banded = self.book.heed.has(Heed::BANDS);
        let fills = |&key: &u32| {
            let mut taker = self.as_taker(key);
            (!banded || self.hold_in(&mut taker)) && self.can_fill(&taker, taker.open)
        };
        let wholes = self.book.wholes.iter().copied();
        let Some(key) = wholes.filter(reached).find(fills) else {
            return false;
        };
        let position = self.store.position_of(self.book.position, key);
        let mut taker = self.lift(position, key);
        self.enter(&mut taker);
        true
    }
}
