//! A client that sends its commands and comes back after every break.

use ringfence_core::wire::{CommandRecord, EventRecord};

use super::super::random::Random;
use super::ledger::Ledger;
use super::wire::Wire;
use super::{NetworkTally, secret};
use crate::client::Session;
use crate::gateway::{Gateway, LineId};
use crate::host::Request;

/// One client, and what it was told.
#[derive(Debug)]
pub(super) struct Client {
    seed: u64,
    account: u32,
    commands: Vec<CommandRecord>,
    /// How many it sends before it waits.
    waiting_max: usize,
    /// How many it has given to its session.
    sent: usize,
    session: Session,
    wire: Option<Wire>,
    /// Connections that broke, of which the gateway does not know.
    forgotten: Vec<LineId>,
    /// Events by their numbers, in the order in which they were told.
    events: Vec<(u64, EventRecord)>,
    /// How many of these were compared with what happened.
    checked: usize,
    /// Commands that were done when it was last looked at.
    done: u64,
    /// It reads nothing until then.
    sleeps_until: u64,
}

impl Client {
    pub(super) fn new(
        seed: u64,
        account: u32,
        commands: Vec<CommandRecord>,
        waiting_max: usize,
    ) -> Self {
        Self {
            seed,
            account,
            commands,
            waiting_max,
            sent: 0,
            session: Session::new(account, &secret(account)),
            wire: None,
            forgotten: Vec::new(),
            events: Vec::new(),
            checked: 0,
            done: 0,
            sleeps_until: 0,
        }
    }

    /// Whether it has been told of all that it asked for, and of all that happened to it.
    pub(super) fn is_done(&self, ledger: &Ledger) -> bool {
        self.sent == self.commands.len()
            && self.session.is_done()
            && self.session.next_event() == ledger.events_of(self.account).len() as u64 + 1
    }

    /// One round of its life.
    pub(super) fn live(
        &mut self,
        gateway: &mut Gateway,
        now: u64,
        random: &mut Random,
        requests: &mut Vec<Request>,
        tally: &mut NetworkTally,
    ) {
        self.forget(gateway, now);
        if self.wire.is_none() && random.once_in(3) {
            self.connect(gateway, now, tally);
        }
        if self.sent < self.commands.len()
            && self.session.waiting() < self.waiting_max
            && random.once_in(2)
        {
            let number = self.session.send(&self.commands[self.sent]);
            self.sent += 1;
            assert_eq!(number, self.sent as u64, "seed {}: another number", self.seed);
        }
        if random.once_in(40) {
            self.sleeps_until = now + random.below(400_000_000);
        }
        if random.once_in(4) {
            self.session.say_hello();
        }
        if let Some(wire) = &mut self.wire {
            wire.carry_up(&mut self.session, gateway, now, random, requests);
        }
        if now >= self.sleeps_until {
            self.listen(gateway, now, random, tally);
        }
        if random.once_in(80) {
            self.break_off(gateway, now, random, tally);
        }
    }

    /// Hears what arrives.
    pub(super) fn listen(
        &mut self,
        gateway: &mut Gateway,
        now: u64,
        random: &mut Random,
        tally: &mut NetworkTally,
    ) {
        let Some(wire) = &mut self.wire else { return };
        wire.carry_down(gateway, now, random);
        let bytes = wire.arrive(random);
        let is_over = wire.is_over(gateway);
        let was_in = self.session.is_in();
        let stays = self.hear(&bytes);
        tally.welcomes += u64::from(!was_in && self.session.is_in());
        if (!stays || is_over)
            && let Some(wire) = self.wire.take()
        {
            gateway.hang_up(wire.line, now);
        }
    }

    /// The venue is gone. What it had sent arrives, or does not.
    pub(super) fn lose_venue(&mut self, random: &mut Random) {
        self.forgotten.clear();
        let Some(mut wire) = self.wire.take() else { return };
        let bytes = if random.once_in(2) { wire.arrive_whole() } else { wire.arrive(random) };
        self.hear(&bytes);
    }

    /// Compares what it was told since the last time with what happened.
    pub(super) fn check(&mut self, ledger: &Ledger) {
        let (account, seed) = (self.account, self.seed);
        let happened = ledger.events_of(account);
        for (number, event) in &self.events[self.checked..] {
            let at = usize::try_from(*number).expect("a few events") - 1;
            let there = happened.get(at);
            assert_eq!(there, Some(event), "seed {seed}: account {account}, event {number}");
        }
        self.checked = self.events.len();
        let done = self.session.done();
        let taken = ledger.taken_of(account);
        assert!(done >= self.done, "seed {seed}: account {account} went back");
        assert!(done <= taken, "seed {seed}: account {account} has {done} done, {taken} are taken");
        let given = ledger.commands_of(account);
        for (given, own) in given.iter().zip(&self.commands).skip(count(self.done)) {
            assert_eq!(given, own, "seed {seed}: account {account}: another command");
        }
        self.done = done;
    }

    /// Events that it was told.
    pub(super) fn heard(&self) -> u64 {
        self.events.len() as u64
    }

    /// Events that came too late for it.
    pub(super) const fn missed(&self) -> u64 {
        self.session.missed()
    }

    fn connect(&mut self, gateway: &mut Gateway, now: u64, tally: &mut NetworkTally) {
        let Some(line) = gateway.connect(now) else { return };
        self.wire = Some(Wire::new(line));
        tally.sent_again += self.session.waiting() as u64;
        self.session.connect();
    }

    /// Bytes arrive. False where the venue ends the connection.
    fn hear(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let space = self.session.space();
            let len = bytes.len().min(space.len());
            space[..len].copy_from_slice(&bytes[..len]);
            bytes = &bytes[len..];
            let (seed, account, events) = (self.seed, self.account, &mut self.events);
            let mut hear = |number, event: &EventRecord| {
                let last = events.last().map_or(0, |(last, _)| *last);
                assert!(number > last, "seed {seed}: event {number} is told after {last}");
                events.push((number, *event));
            };
            match self.session.received(len, &mut hear) {
                Ok(true) => {}
                Ok(false) => return false,
                Err(refusal) => panic!("seed {seed}: account {account} is refused: {refusal}"),
            }
        }
        true
    }

    /// The connection breaks, and what was under way is lost. The gateway sees it, or does not.
    fn break_off(
        &mut self,
        gateway: &mut Gateway,
        now: u64,
        random: &mut Random,
        tally: &mut NetworkTally,
    ) {
        let Some(wire) = self.wire.take() else { return };
        tally.breaks += 1;
        if random.once_in(2) {
            gateway.hang_up(wire.line, now);
        } else {
            self.forgotten.push(wire.line);
        }
    }

    /// The system notices in the end that nobody is there.
    fn forget(&mut self, gateway: &mut Gateway, now: u64) {
        self.forgotten.retain(|&line| {
            let is_over = gateway.is_over(line);
            if is_over {
                gateway.hang_up(line, now);
            }
            !is_over
        });
    }
}

fn count(number: u64) -> usize {
    usize::try_from(number).expect("a few commands")
}
