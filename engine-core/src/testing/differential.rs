//! Whether the engine is its reference: the same events and the same state after every command.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use std::format;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::command::Command;
use crate::engine::Engine;
use crate::event::{Event, EventSink, Interest};
use crate::id::InstrumentId;
use crate::limits::Capacity;
use crate::market_data::BookReplica;
use crate::quantity::Time;
use crate::side::Side;
use crate::testing::feed::FeedReader;
use crate::testing::generate::{RandomCommands, commands_from_bytes};
use crate::testing::money::Owned;
use crate::testing::reference::Reference;
use crate::testing::scenario::command_line;
use crate::testing::venue::Venue;

/// Little enough that every kind of "full" happens.
pub const CAPACITY: Capacity =
    Capacity { orders: 56, levels: 30, instruments: 4, accounts: 6, positions: 10 };

/// Feeds `commands` to the engine and to the reference, and compares after every one.
///
/// # Panics
///
/// At the first difference, naming the step and the command, with all commands so far as a tape.
pub fn check_agreement(commands: &[(Time, Command)]) {
    let mut pair = Pair::new(CAPACITY, Interest::PRIVATE);
    for (step, (at, command)) in commands.iter().enumerate() {
        named(
            || pair.check_step(*at, command),
            || format!("{}\nat step {step}", tape(&commands[..=step])),
        );
    }
}

/// [`check_agreement`] of `count` random commands.
///
/// # Panics
///
/// As [`check_agreement`]; the message names the seed and the step instead of all commands.
pub fn check_agreement_of_seed(seed: u64, count: usize) {
    let interest = Interest(seed.to_le_bytes()[0] & Interest::ALL.0);
    let mut pair = Pair::new(CAPACITY, interest);
    for (step, (at, command)) in RandomCommands::new(seed).take(count).enumerate() {
        named(
            || pair.check_step(at, &command),
            || format!("seed {seed}, step {step}: {}", command_line(at, &command)),
        );
    }
}

/// [`check_agreement`] of whatever commands these bytes spell: for fuzzing.
///
/// # Panics
///
/// As [`check_agreement`].
pub fn check_agreement_of_bytes(bytes: &[u8]) {
    check_agreement(&commands_from_bytes(bytes));
}

/// The engine, its reference, and an engine whose events nobody wants all of.
#[derive(Debug)]
pub struct Pair {
    capacity: Capacity,
    engine: Engine,
    reference: Reference,
    partly: Engine,
    interest: Interest,
    feed: FeedReader,
    replicas: BTreeMap<InstrumentId, BookReplica>,
}

impl Pair {
    /// Both empty; the third engine is asked for the classes of `interest` only.
    #[must_use]
    pub fn new(capacity: Capacity, interest: Interest) -> Self {
        Self {
            capacity,
            engine: Engine::new(capacity),
            reference: Reference::new(capacity),
            partly: Engine::new(capacity),
            interest,
            feed: FeedReader::default(),
            replicas: BTreeMap::new(),
        }
    }

    /// Applies one command to all and compares.
    ///
    /// # Panics
    ///
    /// At the first difference.
    pub fn check_step(&mut self, at: Time, command: &Command) {
        let (mut told, mut expected) = (Vec::new(), Vec::new());
        self.reference.apply(at, command, &mut expected);
        let owned = Owned::by(&self.engine);
        self.engine.apply(at, command, &mut told);
        for (index, (told, expected)) in told.iter().zip(&expected).enumerate() {
            assert_eq!(told, expected, "event {index}: the engine (left) tells another one");
        }
        let more = (told.get(expected.len()..), expected.get(told.len()..));
        assert_eq!(told.len(), expected.len(), "told too much, or left out: {more:?}");
        self.check_state();
        owned.check(command, &told, &self.engine);

        let mut part = Only { interest: self.interest, events: Vec::new() };
        self.partly.apply(at, command, &mut part);
        expected.retain(|event| self.interest.wants(event.what.class()));
        assert_eq!(part.events, expected, "with {:?} the engine tells others", self.interest);
        assert_eq!(self.partly.state_hash(), self.engine.state_hash(), "by {:?}", self.interest);
        self.partly.check_invariants();

        told.iter().for_each(|event| self.feed.read(event));
        self.feed.check(&self.engine);
        self.feed.keep_secret(&self.engine);
        self.check_replicas(&told);
    }

    /// The replica that a strategy holds shows the same book as the engine.
    fn check_replicas(&mut self, told: &[Event]) {
        for event in told {
            let instrument = event.instrument;
            let replica = self.replicas.entry(instrument);
            let replica = replica.or_insert_with(|| BookReplica::new(instrument, self.capacity));
            if let Err(error) = replica.apply(event) {
                panic!("the replica refuses {event:?}: {error}");
            }
        }
        for (&instrument, replica) in &self.replicas {
            for side in Side::BOTH {
                let shown: Vec<_> = replica.levels(side).collect();
                let held = Venue::levels(&self.engine, instrument, side);
                assert_eq!(shown, held, "the replica shows another {side:?} side");
                assert_eq!(replica.best(side), held.first().copied(), "its best {side:?}");
            }
        }
    }

    fn check_state(&self) {
        self.reference.check_invariants();
        for instrument in Venue::instruments(&self.reference) {
            for side in Side::BOTH {
                let held = Venue::orders(&self.engine, instrument, side);
                let expected = self.reference.orders(instrument, side);
                assert_eq!(held, expected, "the engine (left) holds other orders");
            }
            let held = Venue::waiting(&self.engine, instrument);
            let expected = self.reference.waiting(instrument);
            assert_eq!(held, expected, "in the engine (left) other orders wait");
        }
        let (held, expected) = (Venue::accounts(&self.engine), Venue::accounts(&self.reference));
        assert_eq!(held, expected, "accounts differ");
        let (held, expected) = (self.engine.state_hash(), self.reference.state_hash());
        assert_eq!(held, expected, "the state hash differs, the orders do not");
        let now = (self.engine.seq(), self.engine.now());
        assert_eq!(now, (self.reference.seq(), self.reference.now()), "number and time");
        self.engine.check_invariants();
    }
}

/// A sink for some classes of events, which takes no others.
#[derive(Clone, Debug)]
pub struct Only {
    /// The classes.
    pub interest: Interest,
    /// What came.
    pub events: Vec<Event>,
}

impl EventSink for Only {
    fn interest(&self) -> Interest {
        self.interest
    }

    fn push(&mut self, event: Event) {
        assert!(self.interest.wants(event.what.class()), "nobody asked for {event:?}");
        self.events.push(event);
    }
}

/// Runs `check`; where it panics, says what it was about before it goes on panicking.
#[expect(clippy::print_stderr, reason = "a failed check says how to repeat it")]
fn named(check: impl FnOnce(), about: impl FnOnce() -> String) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(check)) {
        std::eprintln!("{}", about());
        resume_unwind(panic);
    }
}

fn tape(commands: &[(Time, Command)]) -> String {
    let lines: Vec<String> = commands.iter().map(|(at, what)| command_line(*at, what)).collect();
    lines.join("\n")
}
