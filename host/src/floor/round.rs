//! A round: whoever has mail answers, and what is asked for goes to the door.

use ringfence_core::Time;
use ringfence_core::wire::{EventRecord, kind};

use super::{Floor, Tray};
use crate::seat::Standing;
use crate::sequencer::{Stamp, Stamped};

impl Floor {
    /// Lets everybody answer who has mail, in the order of their numbers, and puts what they ask
    /// for into `door` in that order.
    pub(crate) fn answer(&mut self, stamp: Stamp, door: &mut Vec<Stamped>) {
        self.revive(stamp, door);
        self.ring(stamp);
        if self.workers.is_some() {
            self.answer_beside(stamp, door);
        } else {
            while let Some(number) = self.waiting.pop() {
                let seat = &mut self.seats[usize::from(number)];
                if seat.is_running() {
                    seat.chair().answer(stamp.at, &self.post, self.watch.as_deref());
                    self.collect(number, stamp, door);
                }
            }
        }
        self.post.clear();
        self.return_mail();
    }

    /// As without workers: all have answered before the first is collected from, but no guest sees
    /// anything of another's answer before the next round.
    fn answer_beside(&mut self, stamp: Stamp, door: &mut Vec<Stamped>) {
        self.called.clear();
        while let Some(number) = self.waiting.pop() {
            if self.seats[usize::from(number)].is_running() {
                self.called.push(number);
            }
        }
        if let Some(workers) = &mut self.workers
            && !self.called.is_empty()
        {
            let (seats, post) = (&mut self.seats, &mut self.post);
            workers.answer(stamp.at, &self.called, seats, post, self.watch.as_deref());
        }
        for at in 0..self.called.len() {
            self.collect(self.called[at], stamp, door);
        }
    }

    /// Takes what a seat asked for in its answer.
    #[inline]
    fn collect(&mut self, number: u16, stamp: Stamp, door: &mut Vec<Stamped>) {
        let mut tray = Tray { door, turned_away: &mut self.turned_away };
        let seat = &mut self.seats[usize::from(number)];
        seat.collect(stamp, &mut tray);
        if !seat.is_running() {
            self.routes.remove(number);
            self.resting.note(seat);
        }
    }

    /// Tells those whose commands did not reach the engine. They read it in the next round.
    fn return_mail(&mut self) {
        for (number, record) in self.turned_away.drain(..) {
            let seat = &mut self.seats[usize::from(number)];
            if seat.is_running() {
                seat.receive(self.post.put(&record), 0);
                self.waiting.insert(number);
            }
        }
    }

    /// Starts those again whose time has come.
    fn revive(&mut self, stamp: Stamp, door: &mut Vec<Stamped>) {
        while let Some((until, number)) = self.resting.0.pop(stamp.at) {
            let seat = &mut self.seats[usize::from(number)];
            // Whoever was stopped or started by hand meanwhile is not waiting any more.
            if seat.standing() != (Standing::BacksOff { until }) {
                continue;
            }
            let mut tray = Tray { door, turned_away: &mut self.turned_away };
            if seat.revive(stamp, &mut tray) {
                self.routes.add(number, seat.subscription());
                self.due.arm(seat);
            } else {
                self.resting.note(seat);
            }
        }
    }

    /// Puts a timer event into the mail of every seat whose time has come.
    fn ring(&mut self, stamp: Stamp) {
        let mut letter = None;
        while let Some((began, number)) = self.due.pop(stamp.at) {
            let seat = &mut self.seats[usize::from(number)];
            let every = seat.subscription().timer_ns;
            if !seat.is_running() || every == 0 {
                self.due.disarm(number);
                continue;
            }
            // At the end of time nothing rings any more.
            let next = Time(stamp.at.0.saturating_add(every));
            if next > stamp.at {
                self.due.push(next, number);
            }
            if began == Time(0) {
                continue;
            }
            let post = &mut self.post;
            seat.ring(|| *letter.get_or_insert_with(|| post.put(&timer(stamp.at))));
            self.waiting.insert(number);
        }
    }
}

fn timer(at: Time) -> EventRecord {
    EventRecord { kind: kind::TIMER, at_ns: at.0, ..EventRecord::default() }
}
