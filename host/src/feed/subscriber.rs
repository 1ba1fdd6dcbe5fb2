//! One subscriber: what it has sent in part, what waits for it, and what it is subscribed to.

use std::collections::BTreeMap;

use ringfence_core::wire::EVENT_LEN;

use super::record::{Depth, Request};

/// One subscriber.
#[derive(Debug)]
pub struct Subscriber {
    /// Bytes of a request that is not whole yet.
    input: [u8; EVENT_LEN],
    input_len: usize,
    /// Bytes that wait for it, the first `sent` of which it has.
    output: Vec<u8>,
    sent: usize,
    /// By instrument.
    pub(super) lines: BTreeMap<u32, Subscription>,
    /// When it was last heard.
    heard_ns: u64,
    /// When it last took something that waited, or nothing did.
    took_ns: u64,
    told_ns: u64,
    /// Requests in this second.
    requests: u32,
    second: u64,
    pub(super) cut_off: Option<CutOff>,
}

/// A line that it is subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subscription {
    pub(super) depth: Depth,
    /// It gets a snapshot once there is room, and nothing before.
    pub(super) is_behind: bool,
}

/// Why a subscriber was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutOff {
    /// It sent what is no request.
    NotARequest,
    /// It sent more requests than it may.
    TooManyRequests,
    /// Nothing was heard of it for too long.
    Silent,
    /// It read nothing of what waited for it for too long.
    Stuck,
}

impl Subscriber {
    /// One that has just connected.
    #[must_use]
    pub const fn new(now_ns: u64) -> Self {
        Self {
            input: [0; EVENT_LEN],
            input_len: 0,
            output: Vec::new(),
            sent: 0,
            lines: BTreeMap::new(),
            heard_ns: now_ns,
            took_ns: now_ns,
            told_ns: now_ns,
            requests: 0,
            second: 0,
            cut_off: None,
        }
    }

    /// What waits to be sent.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        &self.output[self.sent..]
    }

    /// Why it is to be disconnected, if it is.
    #[must_use]
    pub const fn cut_off(&self) -> Option<CutOff> {
        self.cut_off
    }

    /// Notes that so many bytes of the output were sent.
    pub fn sent(&mut self, count: usize, now_ns: u64) {
        self.sent += count;
        if count > 0 {
            self.took_ns = now_ns;
        }
        if self.sent == self.output.len() {
            self.output.clear();
            self.sent = 0;
            // A snapshot's memory is not kept for ever.
            self.output.shrink_to(OUTPUT_KEPT);
        } else if self.sent > self.output.len() / 2 {
            self.output.drain(..self.sent);
            self.sent = 0;
        }
    }

    /// Takes the next bytes up to the end of a request, and gives that request.
    pub(super) fn hear(
        &mut self,
        bytes: &mut &[u8],
        requests_max: u32,
        now_ns: u64,
    ) -> Option<Request> {
        let taken = (EVENT_LEN - self.input_len).min(bytes.len());
        let (now, rest) = bytes.split_at(taken);
        self.input[self.input_len..self.input_len + taken].copy_from_slice(now);
        (self.input_len, *bytes) = (self.input_len + taken, rest);
        if self.input_len < EVENT_LEN {
            return None;
        }
        self.input_len = 0;
        self.heard_ns = now_ns;
        if !self.may_ask(requests_max, now_ns) {
            self.cut_off = Some(CutOff::TooManyRequests);
            return None;
        }
        let request = Request::read(&self.input);
        if request.is_none() {
            self.cut_off = Some(CutOff::NotARequest);
        }
        request
    }

    fn may_ask(&mut self, requests_max: u32, now_ns: u64) -> bool {
        let second = now_ns / 1_000_000_000;
        if second != self.second {
            (self.second, self.requests) = (second, 0);
        }
        self.requests += 1;
        self.requests <= requests_max
    }

    /// How much waits.
    pub(super) fn waiting(&self) -> usize {
        self.output.len() - self.sent
    }

    /// Where to write what it gets.
    pub(super) const fn out(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Cuts it off where it has been silent, or has taken nothing, for too long.
    pub(super) fn check_patience(&mut self, patience_ns: u64, now_ns: u64) {
        if self.waiting() == 0 {
            self.took_ns = now_ns;
        }
        if now_ns.saturating_sub(self.took_ns) > patience_ns {
            self.cut_off.get_or_insert(CutOff::Stuck);
        }
        if now_ns.saturating_sub(self.heard_ns) > patience_ns {
            self.cut_off.get_or_insert(CutOff::Silent);
        }
    }

    /// Whether it is time to tell it that all is well.
    pub(super) fn heartbeat_is_due(&mut self, every_ns: u64, now_ns: u64) -> bool {
        let is_due = now_ns.saturating_sub(self.told_ns) >= every_ns;
        if is_due {
            self.told_ns = now_ns;
        }
        is_due
    }
}

/// Memory that a subscriber keeps for what will wait for it.
const OUTPUT_KEPT: usize = 1 << 16;
