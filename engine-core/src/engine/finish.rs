//! What a command for several instruments sets free, ends or moves, and what time ends.

use super::Engine;
use crate::book::Due;
use crate::book::pool::NONE;
use crate::event::{CancelReason, EventSink, Interest};

impl Engine {
    /// Ends what is due, and all that follows from it, as a command that lets time pass does: what
    /// comes next finds nothing left over. Whether anything was due.
    #[inline(never)]
    pub(super) fn expire(&mut self, events: &mut impl EventSink) -> bool {
        let mut expired = false;
        while self.end_due(events) {
            self.take_turns(events);
            self.settle_all(events);
            expired = true;
        }
        expired
    }

    /// Ends what is due; whether anything was.
    fn end_due(&mut self, events: &mut impl EventSink) -> bool {
        let mut any = false;
        while let Some(due) = self.store.due(self.now) {
            match due {
                Due::Order(key) => {
                    let position = self.store.orders.detail(key).book as usize;
                    self.desk_of(position, events).end(key, CancelReason::Expired);
                }
                Due::Auction(position) => {
                    self.desk_of(position as usize, events).end_interruption();
                }
            }
            any = true;
        }
        any
    }

    /// Lets the orders enter that a command for several instruments set free, and those that they
    /// set free in turn.
    pub(super) fn take_turns(&mut self, events: &mut impl EventSink) {
        loop {
            let mut turn = 0;
            while let Some(&key) = self.store.pending.get(turn) {
                turn += 1;
                if key != NONE {
                    let position = self.store.orders.detail(key).book as usize;
                    self.desk_of(position, events).take_turn(key);
                }
            }
            self.store.pending.clear();
            if !self.fill_a_whole(events) {
                break;
            }
        }
    }

    /// Lets an all-or-none order trade that can, of the first instrument that has one.
    fn fill_a_whole(&mut self, events: &mut impl EventSink) -> bool {
        (0..self.directory.len()).any(|at| {
            let (_, position) = self.directory.nth(at);
            let some = !self.books[position].wholes.is_empty();
            some && self.desk_of(position, events).fill_a_whole()
        })
    }

    /// Has the pegged orders of all books follow what a command for several instruments moved.
    fn follow(&mut self, events: &mut impl EventSink) {
        if self.store.pegged == 0 {
            return;
        }
        for at in 0..self.directory.len() {
            let (_, position) = self.directory.nth(at);
            if !self.books[position].pegs.is_empty() {
                self.desk_of(position, events).follow();
            }
        }
    }

    /// Settles what a command left to be done, and then tells the best prices.
    #[inline(never)]
    pub(super) fn finish(&mut self, events: &mut impl EventSink) {
        self.settle_all(events);
        self.tell_bests(events);
    }

    /// Ends what protection ends in other books, has the pegged orders follow, and all-or-none
    /// orders trade with those, until all is done.
    fn settle_all(&mut self, events: &mut impl EventSink) {
        loop {
            while !self.accounts.tripped.is_empty() {
                for at in 0..self.directory.len() {
                    let (_, position) = self.directory.nth(at);
                    self.desk_of(position, events).end_tripped_quotes();
                }
                self.accounts.tripped.clear();
                self.take_turns(events);
            }
            self.follow(events);
            if !self.fill_a_whole(events) {
                break;
            }
            self.take_turns(events);
        }
    }

    /// Tells what auctions would come to, and then the best prices, of every book in which they are
    /// not what was told last.
    #[inline(never)]
    fn tell_bests(&mut self, events: &mut impl EventSink) {
        for at in 0..self.directory.len() {
            let (instrument, position) = self.directory.nth(at);
            if self.books[position].call.gathers {
                self.desk(position, instrument, events).tell_indicative();
            }
        }
        if !events.interest().wants(Interest::L1) {
            return;
        }
        for at in 0..self.directory.len() {
            let (_, position) = self.directory.nth(at);
            self.desk_of(position, events).tell_best();
        }
    }
}
