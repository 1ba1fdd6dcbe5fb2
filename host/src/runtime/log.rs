//! The last lines that a guest logged, in bounded memory.

use std::collections::VecDeque;

/// A line that a guest logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Time of the command it was logged at.
    pub at_ns: u64,
    /// 1 error, 2 warning, 3 information, 4 details.
    pub level: u8,
    /// What it says; bytes that are not UTF-8 are replaced.
    pub text: String,
}

/// The last lines in a ring of bytes, each with a header, under an allowance that grows with time.
#[derive(Debug)]
pub(super) struct Log {
    ring: VecDeque<u8>,
    kept_max: usize,
    per_second: u64,
    allowance: u64,
    refilled_ns: u64,
    pub(super) dropped: u64,
}

/// A log that was put down: its ring, oldest byte first, and what may still be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeptLog {
    pub(crate) ring: Vec<u8>,
    pub(crate) allowance: u64,
    pub(crate) refilled_ns: u64,
    pub(crate) dropped: u64,
}

impl Log {
    pub(super) fn new(per_second: u32, kept_max: u32) -> Self {
        Self {
            ring: VecDeque::with_capacity(kept_max as usize),
            kept_max: kept_max as usize,
            per_second: u64::from(per_second),
            allowance: u64::from(per_second),
            refilled_ns: 0,
            dropped: 0,
        }
    }

    pub(super) fn push(&mut self, at_ns: u64, level: u8, text: &[u8]) {
        let text = &text[..text.len().min(LOG_LINE_MAX)];
        let len = LOG_HEADER + text.len();
        self.refill(at_ns);
        if len as u64 > self.allowance || len > self.kept_max {
            self.dropped += 1;
            return;
        }
        self.allowance -= len as u64;
        while self.ring.len() + len > self.kept_max {
            self.forget_oldest();
        }
        let size = u16::try_from(text.len()).unwrap_or(u16::MAX);
        self.ring.extend(size.to_le_bytes());
        self.ring.extend(at_ns.to_le_bytes());
        self.ring.push_back(level);
        self.ring.extend(text);
    }

    pub(super) fn kept(&self) -> KeptLog {
        KeptLog {
            ring: self.ring.iter().copied().collect(),
            allowance: self.allowance,
            refilled_ns: self.refilled_ns,
            dropped: self.dropped,
        }
    }

    /// Goes on with this, within its own limits; false where the ring is not made of lines.
    pub(super) fn take_up(&mut self, kept: KeptLog) -> bool {
        self.allowance = kept.allowance.min(self.per_second);
        self.refilled_ns = kept.refilled_ns;
        self.dropped = kept.dropped;
        self.ring = kept.ring.into();
        let mut at = 0;
        while at < self.ring.len() {
            if at + LOG_HEADER > self.ring.len() {
                return false;
            }
            at += LOG_HEADER + self.line_len(at);
        }
        if at != self.ring.len() {
            return false;
        }
        while self.ring.len() > self.kept_max {
            self.forget_oldest();
        }
        self.ring.reserve_exact(self.kept_max - self.ring.len());
        true
    }

    /// A second gives back what a second allows, and never more than that is saved up.
    fn refill(&mut self, at_ns: u64) {
        let passed = at_ns.saturating_sub(self.refilled_ns);
        let earned = u128::from(passed) * u128::from(self.per_second) / 1_000_000_000;
        if earned > 0 {
            let full = u128::from(self.allowance) + earned;
            self.allowance = u64::try_from(full).unwrap_or(u64::MAX).min(self.per_second);
            self.refilled_ns = at_ns;
        }
    }

    fn forget_oldest(&mut self) {
        let len = self.line_len(0);
        self.ring.drain(..(LOG_HEADER + len).min(self.ring.len()));
    }

    fn line_len(&self, at: usize) -> usize {
        usize::from(u16::from_le_bytes([self.ring[at], self.ring[at + 1]]))
    }

    /// What is kept, oldest first.
    pub(super) fn lines(&self) -> Vec<LogLine> {
        let mut lines = Vec::new();
        let mut at = 0;
        while at < self.ring.len() {
            let len = self.line_len(at);
            let mut at_ns = [0; 8];
            for (byte, from) in at_ns.iter_mut().zip(at + 2..) {
                *byte = self.ring[from];
            }
            let text: Vec<u8> =
                self.ring.range(at + LOG_HEADER..at + LOG_HEADER + len).copied().collect();
            lines.push(LogLine {
                at_ns: u64::from_le_bytes(at_ns),
                level: self.ring[at + 10],
                text: String::from_utf8_lossy(&text).into_owned(),
            });
            at += LOG_HEADER + len;
        }
        lines
    }
}

/// Bytes of one line of log; the rest is cut off.
const LOG_LINE_MAX: usize = 1024;

/// Length, time and level in front of a line.
const LOG_HEADER: usize = 11;
