//! Whose turn it is: seats with mail, lowest number first, and timers, earliest first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use ringfence_core::Time;

use super::SEATS_MAX;
use crate::seat::{Seat, Standing};

/// A set of seats. Adding one and taking the lowest cost the same however many there are.
#[derive(Debug)]
pub(super) struct Waiting {
    words: [u64; WORDS],
    /// The words that are not zero.
    summary: u64,
}

const WORDS: usize = SEATS_MAX / 64;

const _: () = assert!(WORDS <= 64 && SEATS_MAX.is_multiple_of(64));

impl Default for Waiting {
    fn default() -> Self {
        Self { words: [0; WORDS], summary: 0 }
    }
}

impl Waiting {
    #[inline]
    pub(super) fn insert(&mut self, number: u16) {
        let word = usize::from(number / 64);
        self.words[word] |= 1 << (number % 64);
        self.summary |= 1 << word;
    }

    /// Takes the lowest out.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<u16> {
        if self.summary == 0 {
            return None;
        }
        let word = self.summary.trailing_zeros();
        let bits = &mut self.words[word as usize];
        let bit = bits.trailing_zeros();
        *bits &= *bits - 1;
        if *bits == 0 {
            self.summary &= self.summary - 1;
        }
        u16::try_from(word * 64 + bit).ok()
    }
}

/// Timers that run, each once.
#[derive(Debug, Default)]
pub(super) struct Due {
    times: Times,
    armed: Vec<bool>,
}

impl Due {
    /// Starts the timer of a seat that wants one, unless it runs: it is due at once for the first
    /// time, which only says from when on it counts.
    pub(super) fn arm(&mut self, seat: &Seat) {
        let number = usize::from(seat.number());
        self.armed.resize(self.armed.len().max(number + 1), false);
        if seat.subscription().timer_ns > 0 && !self.armed[number] {
            self.armed[number] = true;
            self.times.push(Time(0), seat.number());
        }
    }

    /// When the timer of a seat rings next, where it runs.
    pub(super) fn of(&self, number: u16) -> Option<Time> {
        let mut times = self.times.heap.iter();
        times.find_map(|&Reverse((at, of))| (of == number).then_some(at))
    }

    /// Has a timer that does not run ring next at `at`.
    pub(super) fn resume(&mut self, at: Time, number: u16) {
        self.armed.resize(self.armed.len().max(usize::from(number) + 1), false);
        if !std::mem::replace(&mut self.armed[usize::from(number)], true) {
            self.times.push(at, number);
        }
    }

    /// Notes that a timer that was taken out is not put back.
    pub(super) fn disarm(&mut self, number: u16) {
        self.armed[usize::from(number)] = false;
    }

    pub(super) fn push(&mut self, at: Time, number: u16) {
        self.times.push(at, number);
    }

    #[inline]
    pub(super) fn pop(&mut self, now: Time) -> Option<(Time, u16)> {
        self.times.pop(now)
    }
}

/// Seats that failed, by when they are started again.
#[derive(Debug, Default)]
pub(super) struct Resting(pub(super) Times);

impl Resting {
    /// Notes when a seat is started again, if it is.
    pub(super) fn note(&mut self, seat: &Seat) {
        if let Standing::BacksOff { until } = seat.standing() {
            self.0.push(until, seat.number());
        }
    }
}

/// Seats and when something is due there.
#[derive(Debug, Default)]
pub(super) struct Times {
    heap: BinaryHeap<Reverse<(Time, u16)>>,
}

impl Times {
    pub(super) fn push(&mut self, at: Time, number: u16) {
        self.heap.push(Reverse((at, number)));
    }

    /// Takes the earliest out that is due at `now`.
    #[inline]
    pub(super) fn pop(&mut self, now: Time) -> Option<(Time, u16)> {
        let &Reverse((at, _)) = self.heap.peek()?;
        if at > now {
            return None;
        }
        self.heap.pop().map(|Reverse(due)| due)
    }
}

#[cfg(test)]
mod tests;
