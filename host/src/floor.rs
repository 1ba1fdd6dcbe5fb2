//! The floor: every strategy's seat, what is told to whom, and whose turn it is to answer.

mod mail;
mod round;
mod routes;
mod turns;
mod workers;

use std::sync::Arc;

use ringfence_core::wire::EventRecord;
use ringfence_core::{AccountId, Command, Event, InstrumentId, Interest, OrderId, Time, What};

pub use mail::Mail;
pub(crate) use mail::{Item, Post};
pub use workers::{WORKERS_MAX, WorkerSettings, Workers};

use crate::sandbox::Fault;
use crate::seat::{
    Around, FIRST_ACCOUNT, OpenOrders, Seat, SeatImage, SeatImageError, Successor, SwapError,
    Swapped,
};
use crate::sequencer::{Stamp, Stamped};
use crate::watchdog::{Watch, Watchdog};
use routes::Routes;
use turns::{Due, Resting, Waiting};

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
    /// Those who failed and are started again.
    resting: Resting,
    /// What is to be told to those whose commands did not reach the engine.
    turned_away: Vec<(u16, EventRecord)>,
    watchdog: Option<Watchdog>,
    watch: Option<Arc<Watch>>,
    /// Where there are any.
    workers: Option<Workers>,
    /// Those who answer in this round, while there are workers.
    called: Vec<u16>,
}

/// Where seats put what they ask for.
#[derive(Debug)]
pub(crate) struct Tray<'a> {
    pub(crate) door: &'a mut Vec<Stamped>,
    pub(crate) turned_away: &'a mut Vec<(u16, EventRecord)>,
}

impl Floor {
    /// Gives a strategy its seat: the next one, or one that nobody had, since others came back to
    /// seats behind it.
    ///
    /// # Panics
    ///
    /// Where the seat is neither, or its number is beyond [`SEATS_MAX`].
    pub fn seat(&mut self, seat: Seat) {
        let number = usize::from(seat.number());
        assert!(number < SEATS_MAX, "there are {SEATS_MAX} seats");
        self.routes.add(seat.number(), seat.subscription());
        self.due.arm(&seat);
        if let Some(empty) = self.seats.get_mut(number) {
            assert!(empty.is_vacant(), "a seat is one strategy's");
            *empty = seat;
        } else {
            assert_eq!(number, self.seats.len(), "seats are numbered in order");
            self.seats.push(seat);
        }
    }

    /// Gives a strategy its seat, where it goes on as the image says; seats between, which nobody
    /// has, are left.
    ///
    /// # Panics
    ///
    /// Where somebody has it, or its number is beyond [`SEATS_MAX`].
    pub(crate) fn seat_at(&mut self, mut seat: Seat, image: &SeatImage) {
        let number = seat.number();
        assert!(usize::from(number) < SEATS_MAX, "there are {SEATS_MAX} seats");
        while self.seats.len() <= usize::from(number) {
            let next = u16::try_from(self.seats.len()).expect("under SEATS_MAX");
            self.seats.push(Seat::left(next));
        }
        assert!(!self.seats[usize::from(number)].is_there(), "a seat is one strategy's");
        seat.resume(image);
        for (event, is_first) in &image.mail {
            seat.receive_again(self.post.put(event), *is_first);
        }
        if image.rings || !image.mail.is_empty() {
            self.waiting.insert(number);
        }
        if seat.is_running() {
            self.routes.add(number, seat.subscription());
        }
        match image.due {
            Some(at) if seat.subscription().timer_ns > 0 => self.due.resume(at, number),
            _ if seat.is_running() => self.due.arm(&seat),
            _ => {}
        }
        self.resting.note(&seat);
        self.seats[usize::from(number)] = seat;
    }

    /// Takes a strategy off the floor, as it is, with all that the floor keeps of it.
    pub(crate) fn stand_up(
        &mut self,
        number: u16,
        taken: Stamp,
        asked: Vec<Command>,
    ) -> (Seat, Around) {
        let seat = &mut self.seats[usize::from(number)];
        let (due, mail) = (self.due.of(number), seat.unread(&self.post));
        // It stands in this floor's post.
        seat.forget_mail();
        let seat = std::mem::replace(seat, Seat::left(number));
        self.routes.remove(number);
        (seat, Around { taken, due, mail, asked })
    }

    /// A seat as it is between two turns, and what it asked for that waits elsewhere.
    pub(crate) fn image(
        &mut self,
        number: u16,
        taken: Stamp,
        asked: Vec<Command>,
    ) -> Result<SeatImage, SeatImageError> {
        let seat = self.seats.get_mut(usize::from(number));
        let seat = seat.ok_or(SeatImageError::NoSeat(number))?;
        let (due, mail) = (self.due.of(number), seat.unread(&self.post));
        seat.image(Around { taken, due, mail, asked })
    }

    /// Puts a new version in the place of a strategy.
    pub(crate) fn replace(
        &mut self,
        number: u16,
        successor: Successor,
        at: Time,
        door: &mut Vec<Stamped>,
    ) -> Result<Swapped, SwapError> {
        let seat = self.seat_of(number)?;
        let swapped = seat.replace(successor, at, door)?;
        self.listen_anew(number);
        Ok(swapped)
    }

    /// Puts whoever sits at `by` in the place of the strategy of that number.
    pub(crate) fn renew(
        &mut self,
        by: Seat,
        orders: OpenOrders,
        at: Time,
        door: &mut Vec<Stamped>,
    ) -> Result<Swapped, SwapError> {
        let number = by.number();
        let seat = self.seat_of(number)?;
        let swapped = seat.renew(by, orders, at, door)?;
        self.listen_anew(number);
        Ok(swapped)
    }

    /// Puts the strategy of that number back as it is at `by`, without anything handed over.
    pub(crate) fn put_back(
        &mut self,
        by: Seat,
        orders: OpenOrders,
        at: Time,
        door: &mut Vec<Stamped>,
    ) -> Result<Option<Fault>, SwapError> {
        let number = by.number();
        let seat = self.seat_of(number)?;
        let last_words = seat.put_back(by, orders, at, door)?;
        self.listen_anew(number);
        Ok(last_words)
    }

    /// The seat of that number.
    fn seat_of(&mut self, number: u16) -> Result<&mut Seat, SwapError> {
        self.seats.get_mut(usize::from(number)).ok_or(SwapError::NoSeat(number))
    }

    /// Has the guest that sits there now hear what it wants to.
    fn listen_anew(&mut self, number: u16) {
        let seat = &self.seats[usize::from(number)];
        self.routes.remove(number);
        self.routes.add(number, seat.subscription());
        self.due.arm(seat);
    }

    /// Takes a strategy off the floor.
    pub(crate) fn unload(
        &mut self,
        number: u16,
        orders: OpenOrders,
        at: Time,
        door: &mut Vec<Stamped>,
    ) -> Result<Option<Fault>, SwapError> {
        let seat = self.seat_of(number)?;
        let last_words = seat.leave(orders, at, door)?;
        self.routes.remove(number);
        Ok(last_words)
    }

    /// Lets all strategies say their last words, `at` the end.
    pub(crate) fn shut_down(&mut self, at: Time) {
        for seat in &mut self.seats {
            seat.shut_down(at);
        }
    }

    /// Has all calls watched.
    pub fn watch(&mut self, watchdog: Watchdog) {
        self.watch = Some(watchdog.watch());
        if let Some(workers) = &mut self.workers {
            workers.watch(&watchdog);
        }
        self.watchdog = Some(watchdog);
    }

    /// Has the guests of those seats that say so answer on threads of their own.
    pub fn employ(&mut self, mut workers: Workers) {
        if let Some(watchdog) = &self.watchdog {
            workers.watch(watchdog);
        }
        self.workers = Some(workers);
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
            let letter = self.post.put(&Seat::private_record(event, stamp.at));
            seat.receive(letter, stamp.place);
            self.waiting.insert(seat.number());
        }
    }
}

/// More strategies than any machine has cores for.
pub const SEATS_MAX: usize = 4_096;
