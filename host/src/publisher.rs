//! Tells what happened: first the world, then each strategy what concerns it.

use std::cell::Cell;

use ringfence_core::{AccountId, Engine, Event, EventSink, InstrumentId, Interest};

use crate::floor::Floor;
use crate::seat::FIRST_ACCOUNT;
use crate::sequencer::{Origin, Stamp};

/// Whoever outside is told what happened: a file, a report, a session.
pub trait Outlet {
    /// Which events it wants. Private events of all accounts are among them.
    fn interest(&self) -> Interest;

    /// Learns whose command it is that it is told of next.
    fn attribute(&mut self, origin: Origin) {
        _ = origin;
    }

    /// Takes what one command caused, in sequence order. Events that it does not want may be
    /// among them.
    fn tell(&mut self, stamp: Stamp, events: &[Event]);

    /// Learns that it was told of everything that led to the present state of `engine`, for now.
    fn catch_breath(&mut self, engine: &Engine) {
        _ = engine;
    }

    /// Learns that everybody was told of a command that somebody sent, and whose it was.
    fn acknowledge(&mut self, origin: Origin) {
        _ = origin;
    }

    /// Writes down what it wants to find again with the state after the latest command that it was
    /// told of: a snapshot keeps it, and [`Witness::recall`](crate::recovery::Witness::recall)
    /// gives it back.
    fn note(&self, notes: &mut Vec<u8>) {
        _ = notes;
    }
}

/// Nobody.
impl Outlet for () {
    fn interest(&self) -> Interest {
        Interest::NONE
    }

    fn tell(&mut self, _stamp: Stamp, _events: &[Event]) {}
}

/// Both; what is noted is the first one's.
impl<A: Outlet, B: Outlet> Outlet for (A, B) {
    fn interest(&self) -> Interest {
        self.0.interest().and(self.1.interest())
    }

    fn attribute(&mut self, origin: Origin) {
        self.0.attribute(origin);
        self.1.attribute(origin);
    }

    fn tell(&mut self, stamp: Stamp, events: &[Event]) {
        self.0.tell(stamp, events);
        self.1.tell(stamp, events);
    }

    fn catch_breath(&mut self, engine: &Engine) {
        self.0.catch_breath(engine);
        self.1.catch_breath(engine);
    }

    fn acknowledge(&mut self, origin: Origin) {
        self.0.acknowledge(origin);
        self.1.acknowledge(origin);
    }

    fn note(&self, notes: &mut Vec<u8>) {
        self.0.note(notes);
    }
}

/// Events of one command, on their way from the engine to everybody.
#[derive(Debug, Default)]
pub struct Publisher {
    events: Vec<Event>,
}

/// Where the engine puts what a command causes. It asks for what somebody wants, and keeps no
/// private event that is nobody's here.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    events: &'a mut Vec<Event>,
    outlet: Interest,
    floor: &'a Floor,
    /// The latest instrument that was asked about: the engine asks again and again.
    latest: Cell<(InstrumentId, Interest)>,
}

impl Publisher {
    /// Where the engine puts what a command causes.
    pub(crate) fn sink<'a>(&'a mut self, floor: &'a Floor, outlet: &impl Outlet) -> Desk<'a> {
        self.events.clear();
        let outlet = outlet.interest();
        let first = InstrumentId(0);
        let latest = Cell::new((first, outlet.and(floor.interest_in(first))));
        Desk { events: &mut self.events, outlet, floor, latest }
    }

    /// Tells everybody.
    pub(crate) fn publish(
        &self,
        stamp: Stamp,
        origin: Origin,
        floor: &mut Floor,
        outlet: &mut impl Outlet,
    ) {
        outlet.attribute(origin);
        outlet.tell(stamp, &self.events);
        if origin.session != 0 {
            outlet.acknowledge(origin);
        }
        floor.hear(stamp, &self.events);
    }
}

impl EventSink for Desk<'_> {
    fn interest(&self) -> Interest {
        self.outlet.and(self.floor.interest())
    }

    #[inline]
    fn interest_in(&self, instrument: InstrumentId) -> Interest {
        let (of, interest) = self.latest.get();
        if of == instrument {
            return interest;
        }
        let interest = self.outlet.and(self.floor.interest_in(instrument));
        self.latest.set((instrument, interest));
        interest
    }

    #[inline]
    fn push(&mut self, event: Event) {
        let is_wanted = match event.what.account() {
            Some(account) => self.outlet.wants(Interest::PRIVATE) || is_strategys(account),
            None => true,
        };
        if is_wanted {
            self.events.push(event);
        }
    }
}

/// Whether the account is a seat's.
const fn is_strategys(account: AccountId) -> bool {
    account.0 >= FIRST_ACCOUNT
}
