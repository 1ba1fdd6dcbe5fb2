//! Strategies come, change and go, between two turns.

use std::collections::BTreeSet;

use ringfence_core::{AccountId, Command, Scope, Side, Time};

use super::{Host, Request};
use crate::sandbox::Fault;
use crate::seat::{
    FIRST_ACCOUNT, OpenOrders, Seat, SeatImage, SeatImageError, Successor, SwapError, Swapped,
    account_seat, asked_by,
};
use crate::sequencer::Stamped;

impl Host {
    /// Gives a strategy its seat. Strategies answer in the order of their seats' numbers. A limit
    /// on its open orders is its account's, and is sequenced ahead of the next command, unless the
    /// account has it already; its other limits stay.
    ///
    /// # Panics
    ///
    /// As [`Floor::seat`](crate::floor::Floor::seat).
    pub fn seat(&mut self, seat: Seat) {
        let limits = self.account_limits(&seat);
        self.door.extend(limits.map(Request::from));
        self.floor.seat(seat);
    }

    /// Has the orders cancelled, ahead of the next command, that whoever sat at this seat in an
    /// earlier run left open: a strategy that begins knows nothing of them. Without an earlier run,
    /// or such a seat, there is nothing to do.
    pub fn cancel_left_over(&mut self, number: u16) {
        if let Some(seat) = self.floor.seats().get(usize::from(number)).filter(|_| self.has_past) {
            self.door.push(Stamped { at: Time(0), command: seat.cancel_all() }.into());
        }
    }

    /// Has the orders cancelled, ahead of the next command, of strategies of an earlier run at whose
    /// seats nobody sits any more. Looks at every order that lives.
    pub fn cancel_orphans(&mut self) {
        let engine = &self.engine;
        let mut owners = BTreeSet::new();
        for book in engine.instruments().filter_map(|instrument| engine.book(instrument)) {
            owners.extend(
                Side::BOTH.into_iter().flat_map(|side| book.orders(side)).map(|it| it.account),
            );
            owners.extend(book.waiting().map(|order| order.account));
        }
        let sits =
            |number: u16| self.floor.seats().get(usize::from(number)).is_some_and(Seat::is_there);
        owners.retain(|&account| account_seat(account).is_some_and(|number| !sits(number)));
        for account in owners {
            let scope = Scope { account: Some(account), ..Scope::default() };
            self.door.push(Stamped { at: Time(0), command: Command::MassCancel(scope) }.into());
        }
    }

    /// Gives a strategy its seat, where it goes on as the image says: `seat` has the guest that was
    /// restored from [`SeatImage::guest`], or a fresh one where there is none. The host is to be where
    /// it was when the image was taken, or to tell what happened since.
    ///
    /// # Errors
    ///
    /// [`SeatImageError::OtherSeat`]: nothing has changed.
    ///
    /// # Panics
    ///
    /// Where somebody has the seat, or its number is beyond [`SEATS_MAX`](crate::floor::SEATS_MAX).
    pub fn seat_again(&mut self, seat: Seat, image: &SeatImage) -> Result<(), SeatImageError> {
        if seat.number() != image.number {
            return Err(SeatImageError::OtherSeat { of: image.number, here: seat.number() });
        }
        let limits = self.account_limits(&seat);
        self.door.extend(limits.map(Request::from));
        self.floor.seat_at(seat, image);
        let again = |command: &Command| Stamped { at: image.taken.at, command: command.clone() };
        self.door.extend(image.asked.iter().map(again).map(Request::from));
        Ok(())
    }

    /// A strategy at its seat between two turns, to go on from in another process.
    ///
    /// # Errors
    ///
    /// [`SeatImageError`] where it has none.
    pub fn image(&mut self, number: u16) -> Result<SeatImage, SeatImageError> {
        let account = AccountId(FIRST_ACCOUNT + u32::from(number));
        let on_the_way = self.admitted.iter().map(|(_, origin, command)| (*origin, command));
        let at_the_door = self.door.iter().map(|it| (it.origin, &it.stamped.command));
        let asked = on_the_way.chain(at_the_door);
        let asked = asked
            .filter(|(origin, command)| origin.session == 0 && asked_by(command) == Some(account));
        let asked = asked.map(|(_, command)| command.clone()).collect();
        self.floor.image(number, self.told, asked)
    }

    /// Puts a new version in the place of a running strategy, or of one that failed. The old one's
    /// state is handed over where both have something to do with it. What is to happen to its
    /// orders is sequenced ahead of the next command. Where the old one fails in its last words, that
    /// is counted and kept at its seat as well, and nothing else follows from it.
    ///
    /// # Errors
    ///
    /// [`SwapError`]: nothing has changed.
    pub fn replace(&mut self, number: u16, successor: Successor) -> Result<Swapped, SwapError> {
        let replaced = self.floor.replace(number, successor, self.told.at, &mut self.asked);
        self.queue_what_is_asked();
        replaced
    }

    /// Puts whoever sits at `by`, a seat that is not at this host yet, in the place of the strategy of
    /// that number, as [`replace`](Self::replace) does; limits, policy, parameters and worker of `by`
    /// hold from now on.
    ///
    /// # Errors
    ///
    /// [`SwapError`]: nothing has changed.
    pub fn renew(&mut self, by: Seat, orders: OpenOrders) -> Result<Swapped, SwapError> {
        let limits = self.account_limits(&by);
        let renewed = self.floor.renew(by, orders, self.told.at, &mut self.asked)?;
        self.asked.extend(limits);
        self.queue_what_is_asked();
        Ok(renewed)
    }

    /// Puts the guest of `by`, which was restored from an image, in the place of the strategy of that
    /// number: it goes on with what it knew then. Ledger, limits, unread mail and timer stay as they
    /// are, and nothing is handed over. Returns how whoever sat there failed in its last words.
    ///
    /// # Errors
    ///
    /// [`SwapError`]: nothing has changed.
    pub fn put_back(&mut self, by: Seat, orders: OpenOrders) -> Result<Option<Fault>, SwapError> {
        let last_words = self.floor.put_back(by, orders, self.told.at, &mut self.asked);
        self.queue_what_is_asked();
        last_words
    }

    /// Takes a strategy off the floor for good; its seat keeps its account and its ledger. What is
    /// to happen to its orders is sequenced ahead of the next command. Returns how it failed in its last
    /// words, which its seat counts and keeps as well.
    ///
    /// # Errors
    ///
    /// [`SwapError`]: nothing has changed.
    pub fn unload(&mut self, number: u16, orders: OpenOrders) -> Result<Option<Fault>, SwapError> {
        let last_words = self.floor.unload(number, orders, self.told.at, &mut self.asked);
        self.queue_what_is_asked();
        last_words
    }

    /// What the engine has to know of a seat's account.
    fn account_limits(&self, seat: &Seat) -> Option<Stamped> {
        let known = self.engine.account(seat.account()).map(|account| account.spec());
        let command = seat.account_limits(known)?;
        Some(Stamped { at: Time(0), command })
    }
}
