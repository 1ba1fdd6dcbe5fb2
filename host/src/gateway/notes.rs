//! What is told to sessions, and how it is found again after a crash.

use ringfence_core::{Event, Interest, Op, What};

use super::history::History;
use super::member::{Member, Note};
use super::names::{self, Names};
use super::{Bucket, Gateway, LineId};
use crate::journal::Entry;
use crate::publisher::Outlet;
use crate::recovery::Witness;
use crate::sequencer::{Origin, Stamp};

impl Outlet for Gateway {
    fn interest(&self) -> Interest {
        Interest::PRIVATE
    }

    fn attribute(&mut self, origin: Origin) {
        self.sender = origin.session;
    }

    fn tell(&mut self, stamp: Stamp, events: &[Event]) {
        for event in events {
            let Some(account) = addressee(event, self.sender) else { continue };
            let Some(member) = self.find(account) else { continue };
            let unread = self.hold_for_reader(member);
            let history = &mut self.members[member].history;
            let was_wide = history.is_wide();
            history.push(names::record(event, stamp.at), unread);
            if history.is_wide() && !was_wide {
                self.wide.push(member);
            }
            self.counts.events += 1;
        }
    }

    fn acknowledge(&mut self, origin: Origin) {
        let Some(member) = self.find(origin.session) else { return };
        let member = &mut self.members[member];
        member.told = origin.number;
        if let Some(id) = member.line {
            self.be_ready(LineId(id));
        }
    }

    fn note(&self, notes: &mut Vec<u8>) {
        self.members.iter().for_each(|member| member.note(notes));
    }
}

/// The account that is told of a private event: whose order it is about; or, where a command was
/// refused that is about no order, whoever sent that, and nobody where nobody did.
#[inline]
fn addressee(event: &Event, sender: u32) -> Option<u32> {
    match event.what {
        What::Rejected { op, .. } if !is_about_an_order(op) => Some(sender),
        what => what.account().map(|account| account.0),
    }
}

const fn is_about_an_order(op: Op) -> bool {
    match op {
        Op::New | Op::Cancel | Op::Reduce | Op::Replace | Op::Quote => true,
        Op::Instrument
        | Op::Account
        | Op::MassCancel
        | Op::Kill
        | Op::Unblock
        | Op::Phase
        | Op::Uncross
        | Op::Time => false,
    }
}

/// Nobody is connected while the venue comes back; what is told is kept.
impl Witness for Gateway {
    fn interest(&self) -> Interest {
        Interest::PRIVATE
    }

    fn see(&mut self, entry: &Entry, events: &[Event]) {
        if entry.origin.session != 0 {
            let member = self.find_or_make(entry.origin.session);
            member.taken = entry.origin.number;
        }
        self.attribute(entry.origin);
        self.tell(entry.stamp, events);
        if entry.origin.session != 0 {
            self.acknowledge(entry.origin);
        }
    }

    fn recall(&mut self, _last: Stamp, mut notes: &[u8]) {
        while let Some(note) = Note::read(&mut notes) {
            self.find_or_make(note.account).recall(&note);
        }
    }
}

impl Gateway {
    /// Has the connection of an account written that has another event to read. Returns the first
    /// event that is to be held for it.
    #[inline]
    fn hold_for_reader(&mut self, member: usize) -> u64 {
        let Member { line, history, .. } = &self.members[member];
        let Some(id) = *line else { return u64::MAX };
        let Some(line) = &mut self.lines[id] else { return u64::MAX };
        if !line.is_ready {
            line.is_ready = true;
            self.ready.push(LineId(id));
        }
        let (unread, next, kept) = (line.next_event, history.next(), history.kept());
        if !line.is_too_slow && !line.backlog.holds(self.turn, unread, next, kept) {
            line.is_too_slow = true;
            self.look_at = 0;
        }
        if line.is_too_slow { u64::MAX } else { unread }
    }

    /// The member of an account that has a session, though it may not be configured any more: it
    /// keeps its numbers for when it is again.
    fn find_or_make(&mut self, account: u32) -> &mut Member {
        let at = match self.members.binary_search_by_key(&account, Member::account) {
            Ok(at) => at,
            Err(at) => {
                let member = Member {
                    names: Names { account, is_operator: false },
                    secret: None,
                    cancels: false,
                    line: None,
                    taken: 0,
                    told: 0,
                    history: History::new(self.terms.resend_events),
                    calm_since: None,
                    bucket: Bucket::new(0, 1),
                    cancels_at: None,
                };
                self.members.insert(at, member);
                // Those behind it have other places now.
                for leaving in self.leaving.iter_mut().filter(|leaving| **leaving >= at) {
                    *leaving += 1;
                }
                at
            }
        };
        &mut self.members[at]
    }
}
