//! How far a reader is behind: over time, not by what one turn makes at once.

/// What a connection has not read yet, as far as it says whether it is too slow.
#[derive(Debug)]
pub(super) struct Backlog {
    /// The turn in which there was an event for it last.
    turn: u64,
    /// The event that it is too slow for.
    limit: u64,
    /// The first event that it had not read when it was looked at last, and since when that is so.
    seen: u64,
    since: u64,
}

impl Backlog {
    pub(super) const fn new(now: u64) -> Self {
        Self { turn: 0, limit: u64::MAX, seen: 0, since: now }
    }

    /// Whether event `next` may be held for a reader whose first unread one is `unread`. Nobody can
    /// read before a turn is over, so that all that one makes is held for whoever was no more than
    /// `kept` events behind when it began; for others, no more than `kept` that come later.
    #[inline]
    pub(super) fn holds(&mut self, turn: u64, unread: u64, next: u64, kept: u64) -> bool {
        if self.turn != turn {
            self.turn = turn;
            if next - unread <= kept {
                self.limit = u64::MAX;
            } else if self.limit == u64::MAX {
                self.limit = next.saturating_add(kept);
            }
        }
        next < self.limit
    }

    /// Whether it was behind, by more events than are kept, for so long without reading any.
    pub(super) fn is_stuck(
        &mut self,
        unread: u64,
        is_behind: bool,
        now: u64,
        patience_ns: u64,
    ) -> bool {
        if !is_behind || unread != self.seen {
            (self.seen, self.since) = (unread, now);
        }
        now.saturating_sub(self.since) >= patience_ns
    }
}
