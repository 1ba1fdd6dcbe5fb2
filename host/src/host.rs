//! One command through the whole host, in four steps.

use ringfence_core::{Capacity, Engine, Time};

use crate::floor::Floor;
use crate::journal::{Journal, JournalFull};
use crate::publisher::{Outlet, Publisher};
use crate::seat::{FaultCounts, HandOver, OpenOrders, Seat, Successor, SwapError};
use crate::sequencer::{Sequencer, Stamped};
use crate::watchdog::Watchdog;

/// The engine at work: commands come in by one door, everybody is told, strategies answer.
#[derive(Debug)]
pub struct Host {
    engine: Engine,
    sequencer: Sequencer,
    publisher: Publisher,
    floor: Floor,
    /// What waits to be sequenced, in order.
    door: Vec<Stamped>,
    /// What is being sequenced: the door as it was when the round began.
    round: Vec<Stamped>,
}

/// How often strategies may answer to what their own answers caused, in one turn. What they ask
/// for in the last round waits for the next turn, so that two strategies that answer each other
/// for ever do not stop the market.
pub const ROUNDS_MAX: u32 = 8;

impl Host {
    /// A host with room for `capacity`, that keeps commands in `journal`.
    #[must_use]
    pub fn new(capacity: Capacity, journal: Journal) -> Self {
        Self {
            engine: Engine::new(capacity),
            sequencer: Sequencer::new(journal),
            publisher: Publisher::default(),
            floor: Floor::default(),
            door: Vec::new(),
            round: Vec::new(),
        }
    }

    /// Gives a strategy its seat. Strategies answer in the order in which they took seats. A limit
    /// on its open orders is its account's, and is sequenced ahead of the next command.
    ///
    /// # Panics
    ///
    /// As [`Floor::seat`].
    pub fn seat(&mut self, seat: Seat) {
        let limits = seat.account_limits();
        self.door.extend(limits.map(|command| Stamped { at: Time(0), command }));
        self.floor.seat(seat);
    }

    /// Puts a new version in the place of a running strategy, or of one that failed. The old one's
    /// state is handed over where both have something to do with it. What is to happen to its
    /// orders is sequenced ahead of the next command.
    ///
    /// # Errors
    ///
    /// [`SwapError`]: nothing has changed.
    pub fn replace(&mut self, number: u16, successor: Successor) -> Result<HandOver, SwapError> {
        self.floor.replace(number, successor, &mut self.door)
    }

    /// Takes a strategy off the floor for good; its seat keeps its account and its ledger. What is
    /// to happen to its orders is sequenced ahead of the next command.
    ///
    /// # Errors
    ///
    /// [`SwapError`]: nothing has changed.
    pub fn unload(&mut self, number: u16, orders: OpenOrders) -> Result<(), SwapError> {
        self.floor.unload(number, orders, &mut self.door)
    }

    /// Has all calls into guests watched.
    pub fn watch(&mut self, watchdog: Watchdog) {
        self.floor.watch(watchdog);
    }

    /// Failures of all strategies, by cause.
    #[must_use]
    pub const fn fault_counts(&self) -> &FaultCounts {
        self.floor.fault_counts()
    }

    /// Takes one command through the host, and then, round by round, what strategies ask for.
    ///
    /// # Errors
    ///
    /// [`JournalFull`]: the command that was refused, and all behind it, were not admitted.
    pub fn turn(&mut self, request: Stamped, outlet: &mut impl Outlet) -> Result<(), JournalFull> {
        self.door.push(request);
        self.rounds(outlet)
    }

    /// The last turn of a run, without a command: strategies read what mail there is, and what
    /// waits at the door is sequenced. What they ask for in its last round is sequenced too, but
    /// nobody answers to it any more.
    ///
    /// # Errors
    ///
    /// As [`turn`](Self::turn).
    pub fn finish(&mut self, outlet: &mut impl Outlet) -> Result<(), JournalFull> {
        self.rounds(outlet)?;
        self.settle(outlet)
    }

    /// Takes one command through the host without letting strategies answer: they hear of it with
    /// the next turn. For building up a book before the market opens.
    ///
    /// # Errors
    ///
    /// As [`turn`](Self::turn).
    pub fn prepare(
        &mut self,
        request: Stamped,
        outlet: &mut impl Outlet,
    ) -> Result<(), JournalFull> {
        self.door.push(request);
        self.settle(outlet)
    }

    /// The engine, to look at.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The sequencer, to look at.
    #[must_use]
    pub const fn sequencer(&self) -> &Sequencer {
        &self.sequencer
    }

    /// The strategies, in the order of their seats.
    #[must_use]
    pub fn seats(&self) -> &[Seat] {
        self.floor.seats()
    }

    /// Sequences what waits and lets strategies answer, until nobody asks for anything.
    fn rounds(&mut self, outlet: &mut impl Outlet) -> Result<(), JournalFull> {
        for _ in 0..ROUNDS_MAX {
            self.settle(outlet)?;

            // 4. Strategies read their mail; what they ask for waits at the same door.
            self.floor.answer(self.sequencer.last(), &mut self.door);
            if self.door.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Steps 1 to 3 for everything that waits at the door.
    fn settle(&mut self, outlet: &mut impl Outlet) -> Result<(), JournalFull> {
        std::mem::swap(&mut self.door, &mut self.round);
        for request in self.round.drain(..) {
            // 1. It gets its place and time, and is in the journal.
            let stamp = self.sequencer.admit(&request)?;

            // 2. The engine does what it asks for, or says why not.
            let mut events = self.publisher.sink(&self.floor, outlet);
            self.engine.apply(stamp.at, &request.command, &mut events);

            // 3. Everybody is told.
            self.publisher.publish(stamp, &mut self.floor, outlet);
        }
        Ok(())
    }
}
