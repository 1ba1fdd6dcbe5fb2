//! A connection between a client and the gateway: bytes on their way in both directions.

use std::collections::VecDeque;

use super::super::random::Random;
use crate::client::Session;
use crate::gateway::{Gateway, LineId};
use crate::host::Request;

/// Bytes that are under way.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) line: LineId,
    up: VecDeque<u8>,
    down: VecDeque<u8>,
}

/// Bytes that may be under way in one direction: what a system's buffers hold.
const UNDER_WAY_MAX: usize = 700;

impl Wire {
    pub(super) fn new(line: LineId) -> Self {
        Self { line, up: VecDeque::new(), down: VecDeque::new() }
    }

    /// What the session has to say leaves, some of it, and some of what left arrives.
    pub(super) fn carry_up(
        &mut self,
        session: &mut Session,
        gateway: &mut Gateway,
        now: u64,
        random: &mut Random,
        requests: &mut Vec<Request>,
    ) {
        let output = session.output();
        let len = some_of(output.len().min(UNDER_WAY_MAX - self.up.len()), random);
        self.up.extend(&output[..len]);
        session.wrote(len);
        let len = some_of(self.up.len(), random);
        let bytes = &self.up.make_contiguous()[..len];
        let taken = gateway.receive(self.line, bytes, now, requests);
        // A connection that ends reads what comes, and forgets it.
        let taken = if gateway.is_closing(self.line) { len } else { taken };
        self.up.drain(..taken);
    }

    /// What the gateway has to say leaves, some of it.
    pub(super) fn carry_down(&mut self, gateway: &mut Gateway, now: u64, random: &mut Random) {
        let output = gateway.output(self.line, now);
        let len = some_of(output.len().min(UNDER_WAY_MAX - self.down.len()), random);
        self.down.extend(&output[..len]);
        gateway.wrote(self.line, len);
    }

    /// Some of what is on its way to the client, as it arrives.
    pub(super) fn arrive(&mut self, random: &mut Random) -> Vec<u8> {
        let len = some_of(self.down.len(), random);
        self.down.drain(..len).collect()
    }

    /// All that is on its way to the client.
    pub(super) fn arrive_whole(&mut self) -> Vec<u8> {
        self.down.drain(..).collect()
    }

    /// Whether the gateway has ended it, and all of that has arrived.
    pub(super) fn is_over(&self, gateway: &Gateway) -> bool {
        self.down.is_empty() && gateway.is_over(self.line)
    }
}

/// Nothing, all, or a part.
fn some_of(len: usize, random: &mut Random) -> usize {
    match random.below(4) {
        0 => 0,
        1 => usize::try_from(random.below(len as u64 + 1)).expect("no more than there are"),
        _ => len,
    }
}
