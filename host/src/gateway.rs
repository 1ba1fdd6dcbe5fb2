//! Sessions of clients: bytes in, commands and bytes out. It touches no socket and no clock.
//!
//! A session is an account's: its commands and its events are numbered from 1 as long as the venue
//! lives, whatever breaks in between. Events are kept to be sent again; the journal knows the number
//! of every command; so a client that comes back learns what it missed and what to send again.

mod backlog;
mod bucket;
pub(crate) mod buffer;
pub mod frame;
mod history;
mod intake;
mod line;
mod member;
mod names;
pub mod net;
mod notes;
mod timers;

use std::collections::VecDeque;

use crate::config::{GatewayConfig, SlowConsumer};

use bucket::Bucket;
use frame::Goodbye;
use history::History;
use line::Line;
use member::Member;
use names::Names;

/// A connection's number, which the next one may have when it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineId(pub usize);

/// All accounts that may log in, and all connections.
#[derive(Debug)]
pub struct Gateway {
    terms: Terms,
    /// By account.
    members: Vec<Member>,
    /// The one that was asked for last.
    latest: usize,
    lines: Vec<Option<Box<Line>>>,
    free: Vec<usize>,
    /// Connections without a session, whoever is so for longest first.
    strangers: VecDeque<LineId>,
    /// Connections that have something to write, or to end.
    ready: Vec<LineId>,
    /// Connections that wait for their account's bucket.
    held: Vec<LineId>,
    /// Accounts whose orders are to be cancelled.
    leaving: Vec<usize>,
    /// Accounts whose history has more room than for what is kept.
    wide: Vec<usize>,
    /// Whose command is told of; 0 for nobody's.
    sender: u32,
    /// Counts turns, in which nobody reads.
    turn: u64,
    /// When connections are looked at next.
    look_at: u64,
    counts: Counts,
}

/// What the gateway puts up with.
#[derive(Clone, Copy, Debug)]
struct Terms {
    heartbeat_ns: u64,
    timeout_ns: u64,
    buffer_len: usize,
    resend_events: usize,
    connections_max: usize,
    slow_consumer: SlowConsumer,
    grace_ns: u64,
}

/// What happened at the gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections now.
    pub connections: u64,
    /// Connections so far.
    pub connected: u64,
    /// Logins so far, resumed sessions included.
    pub logins: u64,
    /// Connections that the gateway ended, by why: [`Goodbye::ALL`].
    pub goodbyes: [u64; Goodbye::ALL.len()],
    /// Commands that were taken in.
    pub commands: u64,
    /// Events of sessions.
    pub events: u64,
    /// Times that a connection had to wait for its account's bucket.
    pub held: u64,
}

impl Gateway {
    /// A gateway for the accounts that are configured. Nobody is connected: whose orders are
    /// cancelled on disconnection has to come in time.
    #[must_use]
    pub fn new(config: &GatewayConfig, now: u64) -> Self {
        const MS: u64 = 1_000_000;
        let terms = Terms {
            heartbeat_ns: config.heartbeat_ms.get() * MS,
            timeout_ns: config.timeout_ms.get() * MS,
            buffer_len: config.buffer_kib.get_usize() << 10,
            resend_events: config.resend_events.get_usize(),
            connections_max: config.connections_max.get_usize(),
            slow_consumer: config.slow_consumer,
            grace_ns: config.cancel_grace_ms.get() * MS,
        };
        let mut members: Vec<_> = config
            .accounts
            .iter()
            .map(|account| Member {
                names: Names { account: account.account.get_u32(), is_operator: account.operator },
                secret: account.secret.as_ref().map(|secret| hash(secret.text())),
                cancels: account.cancel_on_disconnect.unwrap_or(config.cancel_on_disconnect),
                line: None,
                taken: 0,
                told: 0,
                history: History::new(terms.resend_events),
                calm_since: None,
                bucket: Bucket::new(config.rate_limit.get(), config.burst.get()),
                cancels_at: None,
            })
            .collect();
        members.sort_by_key(Member::account);
        let mut gateway = Self {
            terms,
            members,
            latest: 0,
            lines: Vec::new(),
            free: Vec::new(),
            strangers: VecDeque::new(),
            ready: Vec::new(),
            held: Vec::new(),
            leaving: Vec::new(),
            wide: Vec::new(),
            sender: 0,
            turn: 0,
            look_at: 0,
            counts: Counts::default(),
        };
        (0..gateway.members.len()).for_each(|member| gateway.begin_to_leave(member, now));
        gateway
    }

    /// What happened so far.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Accounts that are logged in.
    #[must_use]
    pub fn sessions(&self) -> u64 {
        self.members.iter().filter(|member| member.line.is_some()).count() as u64
    }

    /// A new connection; none where there are as many as there may be, and whoever carries them has to
    /// end [one](Self::stranger) before.
    pub fn connect(&mut self, now: u64) -> Option<LineId> {
        if self.is_full() {
            return None;
        }
        let line = Some(Box::new(Line::new(self.terms.buffer_len, now)));
        let id = match self.free.pop() {
            Some(id) => {
                self.lines[id] = line;
                id
            }
            None => {
                self.lines.push(line);
                self.lines.len() - 1
            }
        };
        self.counts.connections += 1;
        self.counts.connected += 1;
        self.strangers.push_back(LineId(id));
        Some(LineId(id))
    }

    /// Whether there are as many connections as there may be.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.counts.connections >= self.terms.connections_max as u64
    }

    /// The connection that has been without a session for longest: not logged in yet, or told to go.
    #[must_use]
    pub fn stranger(&self) -> Option<LineId> {
        self.strangers.front().copied()
    }

    /// Room for bytes that come; none where the connection has to wait, or ends.
    pub fn space(&mut self, id: LineId) -> &mut [u8] {
        match &mut self.lines[id.0] {
            Some(line) if !line.is_closing => line.input.space(),
            _ => &mut [],
        }
    }

    /// What is to be written now, which [`wrote`](Self::wrote) takes away.
    pub fn output(&mut self, id: LineId, now: u64) -> &[u8] {
        let Some(line) = &mut self.lines[id.0] else { return &[] };
        line.is_ready = false;
        if let Some(member) = line.member {
            line.say_events(&self.members[member], now);
        }
        line.output.data()
    }

    /// Notes that so many bytes were written.
    pub fn wrote(&mut self, id: LineId, len: usize) {
        if let Some(line) = &mut self.lines[id.0] {
            line.output.take(len);
        }
    }

    /// Whether the connection is to be ended: all is written.
    #[must_use]
    pub fn is_over(&self, id: LineId) -> bool {
        self.lines[id.0].as_ref().is_none_or(|line| line.is_closing && line.output.is_empty())
    }

    /// Whether nothing of it is read any more.
    #[must_use]
    pub fn is_closing(&self, id: LineId) -> bool {
        self.lines[id.0].as_ref().is_none_or(|line| line.is_closing)
    }

    /// A connection that has something to write, or to end.
    pub fn next_ready(&mut self) -> Option<LineId> {
        self.ready.pop()
    }

    /// Notes that a connection is gone, whoever ended it.
    pub fn hang_up(&mut self, id: LineId, now: u64) {
        let Some(line) = self.lines[id.0].take() else { return };
        self.free.push(id.0);
        self.ready.retain(|ready| *ready != id);
        self.held.retain(|held| *held != id);
        self.know(id);
        self.counts.connections -= 1;
        self.leave(line.member, now);
    }

    /// Says goodbye to everybody. The venue ends, not the client: nobody's orders are cancelled.
    pub fn close(&mut self, why: Goodbye, now: u64) {
        self.members.iter_mut().for_each(|member| member.cancels = false);
        (0..self.lines.len()).for_each(|id| self.say_goodbye(LineId(id), why, now));
    }

    fn say_goodbye(&mut self, id: LineId, why: Goodbye, now: u64) {
        let Some(line) = &mut self.lines[id.0] else { return };
        if line.is_closing {
            return;
        }
        self.counts.goodbyes[why as usize - 1] += 1;
        let member = line.member.take();
        if let Some(member) = member {
            line.say_events(&self.members[member], now);
        }
        let ack = member.map_or(0, |member| self.members[member].acked_by(why));
        line.say_goodbye(why, ack);
        if member.is_some() {
            self.strangers.push_back(id);
        }
        self.be_ready(id);
        self.leave(member, now);
    }

    /// Takes a connection out of those without a session.
    fn know(&mut self, id: LineId) {
        // Who logs in has mostly come a moment ago.
        if let Some(at) = self.strangers.iter().rposition(|&stranger| stranger == id) {
            self.strangers.remove(at);
        }
    }

    /// Notes that an account has no connection any more.
    fn leave(&mut self, member: Option<usize>, now: u64) {
        if let Some(member) = member {
            self.members[member].line = None;
            self.begin_to_leave(member, now);
        }
    }

    /// Puts a connection among those that have something to write.
    fn be_ready(&mut self, id: LineId) {
        if let Some(line) = &mut self.lines[id.0]
            && !line.is_ready
        {
            line.is_ready = true;
            self.ready.push(id);
        }
    }

    /// Where an account's member is.
    #[inline]
    fn find(&mut self, account: u32) -> Option<usize> {
        if self.members.get(self.latest).is_some_and(|member| member.account() == account) {
            return Some(self.latest);
        }
        self.latest = self.members.binary_search_by_key(&account, Member::account).ok()?;
        Some(self.latest)
    }
}

fn hash(secret: &str) -> blake3::Hash {
    blake3::hash(secret.as_bytes())
}

#[cfg(test)]
mod tests;
