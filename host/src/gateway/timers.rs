//! What the gateway does because time passes.

use ringfence_core::{AccountId, Command, Scope, Time};

use super::frame::{Goodbye, frame_kind};
use super::{Gateway, LineId};
use crate::config::SlowConsumer;
use crate::host::Request;
use crate::sequencer::{Origin, Stamped};

/// How soon a connection is looked at again that waits for its account's bucket.
const HELD_NS: u64 = 500_000;

impl Gateway {
    /// Does what is due: heartbeats, ends of silent connections, cancels of who does not come back.
    ///
    /// What comes until it is called again is one turn, in which nobody reads.
    pub fn attend(&mut self, now: u64, requests: &mut Vec<Request>) {
        self.turn += 1;
        if !self.held.is_empty() {
            self.release(now, requests);
        }
        if !self.leaving.is_empty() {
            self.cancel(now, requests);
        }
        if now >= self.look_at {
            self.look_at = now + self.terms.heartbeat_ns / 4;
            (0..self.lines.len()).for_each(|id| self.look(LineId(id), now));
            self.narrow(now);
        }
    }

    /// When there is something to do next, if nothing comes.
    #[must_use]
    pub fn due(&self, now: u64) -> u64 {
        let held = if self.held.is_empty() { u64::MAX } else { now + HELD_NS };
        let leaving = self.leaving.iter().filter_map(|&member| self.members[member].cancels_at);
        leaving.fold(self.look_at.min(held), u64::min)
    }

    fn release(&mut self, now: u64, requests: &mut Vec<Request>) {
        for _ in 0..self.held.len() {
            let id = self.held.remove(0);
            if let Some(line) = &mut self.lines[id.0] {
                line.is_held = false;
                // Who waits for us is not silent.
                line.heard_at = now;
            }
            self.advance(id, now, requests);
        }
    }

    /// An account whose connection ended has so long to come back.
    pub(super) fn begin_to_leave(&mut self, member: usize, now: u64) {
        let leaving = &mut self.members[member];
        if !leaving.cancels {
            return;
        }
        leaving.cancels_at = Some(now.saturating_add(self.terms.grace_ns));
        if !self.leaving.contains(&member) {
            self.leaving.push(member);
        }
    }

    /// Cancels orders of those who did not come back in time: by a command in sequence, like any.
    fn cancel(&mut self, now: u64, requests: &mut Vec<Request>) {
        let members = &mut self.members;
        self.leaving.retain(|&member| {
            let member = &mut members[member];
            let Some(at) = member.cancels_at else { return false };
            if at > now {
                return true;
            }
            member.cancels_at = None;
            let account = Some(AccountId(member.account()));
            let command = Command::MassCancel(Scope { account, ..Scope::default() });
            let stamped = Stamped { at: Time(now), command };
            requests.push(Request { origin: Origin::default(), stamped });
            false
        });
    }

    fn look(&mut self, id: LineId, now: u64) {
        let Some(line) = &mut self.lines[id.0] else { return };
        // Who has not logged in is heard once.
        let heard_at = if line.member.is_some() { line.heard_at } else { line.said_at };
        let is_silent = now.saturating_sub(heard_at) >= self.terms.timeout_ns;
        if line.is_closing {
            if is_silent {
                // It was told to go and does not even read that.
                let len = line.output.data().len();
                line.output.take(len);
                self.be_ready(id);
            }
            return;
        }
        let is_stuck = line.member.is_some_and(|member| {
            let (history, unread) = (&self.members[member].history, line.next_event);
            let is_behind = unread < history.oldest_kept();
            line.backlog.is_stuck(unread, is_behind, now, self.terms.timeout_ns)
        });
        if line.is_too_slow || is_stuck {
            return self.end_slow(id, now);
        }
        if is_silent {
            return self.say_goodbye(id, Goodbye::Silent, now);
        }
        let is_due = now.saturating_sub(line.said_at) >= self.terms.heartbeat_ns;
        if let Some(member) = line.member.filter(|_| is_due) {
            line.said_at = now;
            // Where something waits to be written, that is a sign of life.
            if line.output.is_empty() {
                line.say(frame_kind::HEARTBEAT, 0, self.members[member].told);
            }
            self.be_ready(id);
        }
    }

    /// Gives memory back that was needed to hold what one turn made, once it was not for so long that
    /// whoever reads it came back after a break.
    fn narrow(&mut self, now: u64) {
        let Self { members, lines, terms, wide, .. } = self;
        wide.retain(|&member| {
            let member = &mut members[member];
            let line = member.line.and_then(|id| lines[id].as_ref());
            if line.is_some_and(|line| line.next_event < member.history.oldest_kept()) {
                member.calm_since = None;
                return true;
            }
            let calm_since = *member.calm_since.get_or_insert(now);
            let stays = now.saturating_sub(calm_since) < terms.timeout_ns;
            if !stays {
                member.calm_since = None;
                member.history.narrow();
            }
            stays
        });
    }

    fn end_slow(&mut self, id: LineId, now: u64) {
        let member = self.lines[id.0].as_ref().and_then(|line| line.member);
        self.say_goodbye(id, Goodbye::TooSlow, now);
        if self.terms.slow_consumer == SlowConsumer::DisconnectAndCancel
            && let Some(member) = member
        {
            self.members[member].cancels_at = Some(now);
            if !self.leaving.contains(&member) {
                self.leaving.push(member);
            }
        }
    }
}
