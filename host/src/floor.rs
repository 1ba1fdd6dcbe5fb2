//! The floor: every strategy's seat, what is told to whom, and whose turn it is to answer.

mod mail;
mod routes;
mod turns;

use ringfence_core::wire::{EventRecord, kind};
use ringfence_core::{AccountId, Event, InstrumentId, Interest, OrderId, Time, What};

pub use mail::Mail;
pub(crate) use mail::{Item, Post};

use crate::seat::{FIRST_ACCOUNT, Seat};
use crate::sequencer::{Stamp, Stamped};
use routes::Routes;
use turns::{Due, Waiting};

/// All seats.
///
/// An event is encoded once, whoever hears of it, and finds its listeners by instrument and kind;
/// a private one finds its owner by account. A seat that is told nothing costs nothing.
#[derive(Debug, Default)]
pub struct Floor {
    seats: Vec<Seat>,
    routes: Routes,
    post: Post,
    /// Seats with mail.
    waiting: Waiting,
    /// Timers that run.
    due: Due,
    /// The order that bought in the latest trade: the two fills behind it do not say who did.
    buyer: OrderId,
}

impl Floor {
    /// Gives a strategy its seat.
    ///
    /// # Panics
    ///
    /// Where the seat's number is not the next one, or beyond [`SEATS_MAX`].
    pub fn seat(&mut self, seat: Seat) {
        assert_eq!(usize::from(seat.number()), self.seats.len(), "seats are numbered in order");
        assert!(self.seats.len() < SEATS_MAX, "there are {SEATS_MAX} seats");
        self.routes.add(seat.number(), seat.subscription());
        if seat.subscription().timer_ns > 0 {
            self.due.push(Time(0), seat.number());
        }
        self.seats.push(seat);
    }

    /// The seats, in the order of their numbers.
    #[must_use]
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// What anybody here wants to hear of, anywhere.
    pub(crate) fn interest(&self) -> Interest {
        self.own().and(self.routes.interest())
    }

    /// What anybody here wants to hear of one instrument.
    pub(crate) fn interest_in(&self, instrument: InstrumentId) -> Interest {
        self.own().and(self.routes.interest_in(instrument))
    }

    /// What the ledgers are kept by: a fill does not say who bought, the trade before it does.
    fn own(&self) -> Interest {
        if self.seats.is_empty() { Interest::NONE } else { Interest::PRIVATE.and(Interest::TRADES) }
    }

    /// Tells everybody what one command caused.
    pub(crate) fn hear(&mut self, stamp: Stamp, events: &[Event]) {
        if self.seats.is_empty() {
            return;
        }
        for event in events {
            if let What::Trade { buy_id, .. } = event.what {
                self.buyer = buy_id;
            }
            match event.what.account() {
                Some(account) => self.hear_private(stamp, account, event),
                None => self.hear_public(stamp, event),
            }
        }
    }

    /// Lets everybody answer who has mail, in the order of their numbers, and puts what they ask
    /// for into `door` in that order.
    pub(crate) fn answer(&mut self, stamp: Stamp, door: &mut Vec<Stamped>) {
        self.ring(stamp);
        while let Some(number) = self.waiting.pop() {
            let seat = &mut self.seats[usize::from(number)];
            if seat.answer(stamp, &self.post, door).is_err() {
                self.routes.remove(number);
            }
        }
        self.post.clear();
    }

    fn hear_public(&mut self, stamp: Stamp, event: &Event) {
        let listeners = self.routes.listeners(event.instrument, event.what.class());
        if listeners.is_empty() {
            return;
        }
        let letter = self.post.put(&EventRecord::from_event(event, stamp.at));
        for &number in listeners {
            self.seats[usize::from(number)].receive(letter, stamp.place);
            self.waiting.insert(number);
        }
    }

    fn hear_private(&mut self, stamp: Stamp, account: AccountId, event: &Event) {
        let Some(number) = account.0.checked_sub(FIRST_ACCOUNT) else { return };
        let Some(seat) = self.seats.get_mut(number as usize) else { return };
        seat.book_keep(event, self.buyer);
        if seat.is_running() {
            let letter = self.post.put(&seat.private_record(event, stamp.at));
            seat.receive(letter, stamp.place);
            self.waiting.insert(seat.number());
        }
    }

    /// Puts a timer event into the mail of every seat whose time has come.
    fn ring(&mut self, stamp: Stamp) {
        let mut letter = None;
        while let Some((began, number)) = self.due.pop(stamp.at) {
            let seat = &mut self.seats[usize::from(number)];
            let every = seat.subscription().timer_ns;
            if !seat.is_running() || every == 0 {
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

/// More strategies than any machine has cores for.
pub const SEATS_MAX: usize = 4_096;
