//! Somebody without a secret, who tries one after the other.

use ringfence_core::wire::{COMMAND_LEN, CommandRecord};
use ringfence_core::{AccountId, Cancel, Command, InstrumentId, OrderId};

use super::super::random::Random;
use super::NetworkTally;
use crate::gateway::frame::{Goodbye, HEAD_LEN, Head, frame_kind, login_body};
use crate::gateway::{Gateway, LineId};

/// Who has no account, and what it was told on its connection.
#[derive(Debug)]
pub(super) struct Intruder {
    seed: u64,
    line: Option<LineId>,
    heard: Vec<u8>,
}

impl Intruder {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed, line: None, heard: Vec::new() }
    }

    /// One round of its life. It never gets a command through, and never learns more than that it
    /// was refused.
    pub(super) fn try_something(
        &mut self,
        gateway: &mut Gateway,
        now: u64,
        random: &mut Random,
        tally: &mut NetworkTally,
    ) {
        if self.line.is_none() && random.once_in(100) {
            self.line = gateway.connect(now);
            self.heard.clear();
        }
        let Some(line) = self.line else { return };
        let bytes = attempt(random);
        let mut requests = Vec::new();
        gateway.receive(line, &bytes, now, &mut requests);
        assert!(requests.is_empty(), "seed {}: it got a command through", self.seed);
        let output = gateway.output(line, now);
        let len = output.len();
        self.heard.extend_from_slice(output);
        gateway.wrote(line, len);
        if gateway.is_over(line) {
            gateway.hang_up(line, now);
            self.line = None;
            self.check();
            tally.refused += 1;
        }
    }

    /// All that it heard is one goodbye that says nothing about anybody.
    fn check(&self) {
        let reasons = [Goodbye::Refused, Goodbye::Malformed, Goodbye::Silent, Goodbye::LoggedOut];
        let goodbyes = reasons.map(|why| {
            Head { kind: frame_kind::GOODBYE, len: 0, number: why as u64, ack: 0 }.to_bytes()
        });
        let is_one = goodbyes.iter().any(|goodbye| self.heard == *goodbye);
        assert!(is_one, "seed {}: an intruder hears {:?}", self.seed, self.heard);
    }
}

/// Bytes that somebody without a secret may try.
fn attempt(random: &mut Random) -> Vec<u8> {
    match random.below(5) {
        0 => (0..random.below(64)).map(|_| random.next().to_le_bytes()[0]).collect(),
        1 => login(random, ""),
        2 => login(random, "known to account 0 alone"),
        3 => {
            let id = OrderId(1 + random.below(20));
            let cancel = Cancel { instrument: InstrumentId(1), account: AccountId(1), id };
            let record = CommandRecord::from_command(&Command::Cancel(cancel)).expect("it travels");
            let len = u32::try_from(COMMAND_LEN).expect("128");
            let head = Head { kind: frame_kind::COMMANDS, len, number: 1, ack: 0 };
            [&head.to_bytes()[..], &record.to_bytes()].concat()
        }
        _ => Vec::new(),
    }
}

fn login(random: &mut Random, secret: &str) -> Vec<u8> {
    let account = u32::try_from(random.below(5)).expect("below 5");
    let body = login_body(account, secret);
    let len = u32::try_from(body.len()).expect("a few bytes");
    let head = Head { kind: frame_kind::LOGIN, len, number: 0, ack: random.below(100) };
    let whole = [&head.to_bytes()[..], &body].concat();
    let cut = if random.once_in(4) { HEAD_LEN + 3 } else { whole.len() };
    whole[..cut].to_vec()
}
