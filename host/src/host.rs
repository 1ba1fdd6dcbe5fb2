//! One command through the whole host, in four steps.

mod life;

use std::collections::VecDeque;

use ringfence_core::{AHEAD_MAX, Ahead, Capacity, Command, Engine};

use crate::floor::{Floor, Workers};
use crate::journal::{Journal, JournalError, SnapshotTally};
use crate::publisher::{Outlet, Publisher};
use crate::seat::{FaultCounts, Seat};
use crate::sequencer::{Origin, Sequencer, Stamp, Stamped};
use crate::watchdog::Watchdog;

/// The engine at work: commands come in by one door, everybody is told, strategies answer.
#[derive(Debug)]
pub struct Host {
    engine: Engine,
    sequencer: Sequencer,
    publisher: Publisher,
    floor: Floor,
    /// What waits to be sequenced, in order.
    door: Vec<Request>,
    /// What has its place and waits for the journal's promise.
    admitted: VecDeque<(Stamp, Origin, Command)>,
    /// The latest command of which everybody was told.
    told: Stamp,
    /// What strategies ask for.
    asked: Vec<Stamped>,
    /// Whether it goes on behind commands of an earlier run.
    has_past: bool,
}

/// A command on its way to the sequencer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who sent it.
    pub origin: Origin,
    /// What, and when.
    pub stamped: Stamped,
}

impl From<Stamped> for Request {
    fn from(stamped: Stamped) -> Self {
        Self { origin: Origin::default(), stamped }
    }
}

/// How often strategies may answer to what their own answers caused, in one turn. What they ask
/// for in the last round waits for the next turn, so that two strategies that answer each other
/// for ever do not stop the market.
pub const ROUNDS_MAX: u32 = 8;

impl Host {
    /// A host with room for `capacity`, that keeps commands in `journal`.
    #[must_use]
    pub fn new(capacity: Capacity, journal: Journal) -> Self {
        Self::resume(Engine::new(capacity), Sequencer::new(journal))
    }

    /// A host that goes on with what was recovered.
    #[must_use]
    pub fn resume(engine: Engine, sequencer: Sequencer) -> Self {
        Self {
            engine,
            told: sequencer.last(),
            has_past: sequencer.last().place > 0,
            sequencer,
            publisher: Publisher::default(),
            floor: Floor::default(),
            door: Vec::new(),
            admitted: VecDeque::new(),
            asked: Vec::new(),
        }
    }

    /// Has all calls into guests watched.
    pub fn watch(&mut self, watchdog: Watchdog) {
        self.floor.watch(watchdog);
    }

    /// Has the guests of those seats that say so ([`Seat::on_worker`]) answer on threads of their
    /// own. What is sequenced, and in which order, is the same as without.
    pub fn employ(&mut self, workers: Workers) {
        self.floor.employ(workers);
    }

    /// Failures of all strategies, by cause.
    #[must_use]
    pub fn fault_counts(&self) -> FaultCounts {
        let seats = self.seats().iter().map(Seat::fault_counts);
        seats.fold(FaultCounts::default(), FaultCounts::and)
    }

    /// Takes one command through the host, and then, round by round, what strategies ask for.
    ///
    /// # Errors
    ///
    /// [`JournalError`]: the command that was refused, and all behind it, were not admitted.
    pub fn turn(&mut self, request: Stamped, outlet: &mut impl Outlet) -> Result<(), JournalError> {
        self.door.push(request.into());
        self.rounds(outlet)
    }

    /// The last turn of a run, without a command: strategies read what mail there is, and what
    /// waits at the door is sequenced. What they ask for in its last round is sequenced too, but
    /// nobody answers to it any more.
    ///
    /// # Errors
    ///
    /// As [`turn`](Self::turn).
    pub fn finish(&mut self, outlet: &mut impl Outlet) -> Result<(), JournalError> {
        self.rounds(outlet)?;
        self.settle(outlet)
    }

    /// Lets all strategies say their last words (`rf_shutdown`), at the end of a run: what they ask for
    /// now is not taken. One that fails in them has failed, and nothing else follows from it.
    pub fn shut_down(&mut self) {
        self.floor.shut_down(self.sequencer.last().at);
    }

    /// Takes a group of commands through the host: one promise of the journal for all of them.
    /// Where the journal has a thread of its own, what it has not yet on the disk is applied and
    /// told by a later turn, or by [`settle`](Self::settle).
    ///
    /// # Errors
    ///
    /// [`JournalError`]: the command that was refused, and all behind it, were not admitted.
    pub fn turn_of(
        &mut self,
        requests: impl IntoIterator<Item = Request>,
        outlet: &mut impl Outlet,
    ) -> Result<(), JournalError> {
        self.door.extend(requests);
        for _ in 0..ROUNDS_MAX {
            let admitted = self.admit();
            self.apply_what_is_durable(outlet)?;
            admitted?;
            self.let_strategies_answer();
            if self.door.is_empty() {
                break;
            }
        }
        self.keep_snapshots(outlet)
    }

    /// Has the present state written as a snapshot by the journal's thread, between two turns; what
    /// `outlet` notes is kept with it. Does nothing where that state is written already, another
    /// one is being written, or nothing is on a disk.
    ///
    /// # Errors
    ///
    /// [`JournalError`] where the journal has failed. What becomes of the snapshot itself is in
    /// [`Journal::snapshots`].
    pub fn snapshot(&mut self, outlet: &impl Outlet) -> Result<(), JournalError> {
        let mut notes = Vec::new();
        outlet.note(&mut notes);
        self.sequencer.journal_mut().take_snapshot(&self.engine, self.told, notes)
    }

    /// Waits until no snapshot is being written, and tells what became of all.
    pub fn wait_for_snapshot(&mut self) -> Option<&SnapshotTally> {
        self.sequencer.journal_mut().wait_for_snapshot()
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
    ) -> Result<(), JournalError> {
        self.door.push(request.into());
        self.settle(outlet)
    }

    /// Takes what waits at the door as far as everybody being told of it, however long the journal
    /// needs.
    ///
    /// # Errors
    ///
    /// As [`turn`](Self::turn).
    pub fn settle(&mut self, outlet: &mut impl Outlet) -> Result<(), JournalError> {
        let admitted = self.admit();
        self.sequencer.journal_mut().wait()?;
        self.apply_what_is_durable(outlet)?;
        admitted
    }

    /// The end of a run: has everything that was admitted on the disk itself, whatever the journal's
    /// policy, and the journal sealed, so that what gets lost of it later is never taken for what a
    /// crash left. The host may go on, which unseals it.
    ///
    /// # Errors
    ///
    /// [`JournalError`] where the disk fails.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        self.sequencer.journal_mut().sync()
    }

    /// Whether something waits for the journal's promise, or for its place.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.admitted.is_empty() || !self.door.is_empty()
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
    fn rounds(&mut self, outlet: &mut impl Outlet) -> Result<(), JournalError> {
        for _ in 0..ROUNDS_MAX {
            self.settle(outlet)?;
            self.let_strategies_answer();
            if self.door.is_empty() {
                break;
            }
        }
        self.keep_snapshots(outlet)
    }

    /// A snapshot, where one is due.
    #[inline]
    fn keep_snapshots(&mut self, outlet: &impl Outlet) -> Result<(), JournalError> {
        let is_due = self.sequencer.journal_mut().tend_snapshots(self.told)?;
        if is_due { self.snapshot(outlet) } else { Ok(()) }
    }

    /// 1. What waits at the door gets its place and time, and is in the journal.
    fn admit(&mut self) -> Result<(), JournalError> {
        let mut admitted = Ok(());
        for Request { origin, stamped } in self.door.drain(..) {
            match self.sequencer.admit(origin, &stamped) {
                Ok(stamp) => self.admitted.push_back((stamp, origin, stamped.command)),
                Err(error) => {
                    admitted = Err(error);
                    break;
                }
            }
        }
        self.sequencer.journal_mut().commit()?;
        admitted
    }

    /// Steps 2 and 3 for everything of which the world may hear.
    fn apply_what_is_durable(&mut self, outlet: &mut impl Outlet) -> Result<(), JournalError> {
        let durable = self.sequencer.journal_mut().durable()?;
        let mut looked = 0;
        while let Some((stamp, origin, command)) = self.admitted.front() {
            let (stamp, origin) = (*stamp, *origin);
            if stamp.place > durable {
                break;
            }
            if looked == 0 {
                looked = AHEAD_MAX;
                let next = self.admitted.iter().skip(1).map(|(.., command)| command);
                self.engine.look_ahead(next.filter_map(Ahead::of));
            }
            looked -= 1;

            // 2. The engine does what it asks for, or says why not.
            let mut events = self.publisher.sink(&self.floor, outlet);
            self.engine.apply(stamp.at, command, &mut events);
            self.admitted.pop_front();

            // 3. Everybody is told.
            self.publisher.publish(stamp, origin, &mut self.floor, outlet);
            self.told = stamp;
        }
        outlet.catch_breath(&self.engine);
        Ok(())
    }

    /// 4. Strategies read their mail; what they ask for waits at the same door.
    fn let_strategies_answer(&mut self) {
        self.floor.answer(self.told, &mut self.asked);
        self.queue_what_is_asked();
    }

    fn queue_what_is_asked(&mut self) {
        self.door.extend(self.asked.drain(..).map(Request::from));
    }
}
