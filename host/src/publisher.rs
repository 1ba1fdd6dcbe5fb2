//! Tells what happened: first the world, then each strategy what concerns it.

use ringfence_core::{Event, EventSink, Interest};

use crate::seat::Seat;
use crate::sequencer::Stamp;

/// Whoever outside is told what happened: a file, a report, a session.
pub trait Outlet {
    /// Which events it wants. Private events of all accounts are among them.
    fn interest(&self) -> Interest;

    /// Takes what one command caused, in sequence order. Events that it does not want may be
    /// among them.
    fn tell(&mut self, stamp: Stamp, events: &[Event]);
}

/// Nobody.
impl Outlet for () {
    fn interest(&self) -> Interest {
        Interest::NONE
    }

    fn tell(&mut self, _stamp: Stamp, _events: &[Event]) {}
}

/// Events of one command, on their way from the engine to everybody.
#[derive(Debug, Default)]
pub struct Publisher {
    events: Vec<Event>,
    wanted: Interest,
    seats_wanted: Interest,
}

impl Publisher {
    /// Remembers what the strategies want to hear of.
    pub(crate) fn subscribe(&mut self, seat: &Seat) {
        let own = seat.interest().and(Interest::PRIVATE);
        self.seats_wanted = self.seats_wanted.and(own);
    }

    /// Where the engine puts what a command causes.
    pub(crate) fn sink(&mut self, outlet: &impl Outlet) -> &mut impl EventSink {
        self.events.clear();
        self.wanted = self.seats_wanted.and(outlet.interest());
        self
    }

    /// Tells everybody.
    pub(crate) fn publish(&self, stamp: Stamp, seats: &mut [Seat], outlet: &mut impl Outlet) {
        outlet.tell(stamp, &self.events);
        for event in &self.events {
            for seat in &mut *seats {
                seat.tell(event, stamp.at);
            }
        }
    }
}

impl EventSink for Publisher {
    fn interest(&self) -> Interest {
        self.wanted
    }

    fn push(&mut self, event: Event) {
        self.events.push(event);
    }
}
