//! A connection: bytes in both directions, and how far each side has come.

use ringfence_core::wire::EVENT_LEN;

use super::backlog::Backlog;
use super::buffer::Buffer;
use super::frame::{Goodbye, HEAD_LEN, Head, frame_kind};
use super::member::Member;

/// A connection, whatever carries its bytes.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) input: Buffer,
    pub(super) output: Buffer,
    /// The account that logged in.
    pub(super) member: Option<usize>,
    /// Commands of the frame that are still to come, and the number of the first of them.
    pub(super) expected: u32,
    pub(super) number: u64,
    /// The number of the next event to send, and the command that was last said to be done.
    pub(super) next_event: u64,
    pub(super) acked: u64,
    pub(super) heard_at: u64,
    pub(super) said_at: u64,
    /// Nothing is read any more; it ends when everything is written.
    pub(super) is_closing: bool,
    /// It waits for its account's bucket.
    pub(super) is_held: bool,
    /// It is among those that have something to write.
    pub(super) is_ready: bool,
    /// What it has not read yet.
    pub(super) backlog: Backlog,
    /// It has more events to read than are held for it.
    pub(super) is_too_slow: bool,
}

impl Line {
    pub(super) fn new(buffer_len: usize, now: u64) -> Self {
        Self {
            input: Buffer::new(buffer_len),
            output: Buffer::new(buffer_len),
            member: None,
            expected: 0,
            number: 0,
            next_event: 1,
            acked: 0,
            heard_at: now,
            said_at: now,
            is_closing: false,
            is_held: false,
            is_ready: false,
            backlog: Backlog::new(now),
            is_too_slow: false,
        }
    }

    /// Puts a frame without a body behind what is to be written; false where there is no room.
    pub(super) fn say(&mut self, kind: u8, number: u64, ack: u64) -> bool {
        self.output.put(&Head { kind, len: 0, number, ack }.to_bytes())
    }

    /// Says why it ends, and ends when that is written.
    pub(super) fn say_goodbye(&mut self, why: Goodbye, taken: u64) {
        self.is_closing = true;
        // Where there is no room, the client learns it from the end of the connection.
        _ = self.say(frame_kind::GOODBYE, why as u64, taken);
    }

    /// Puts events behind what is to be written, as many as there is room for.
    pub(super) fn say_events(&mut self, member: &Member, now: u64) {
        while !self.is_closing {
            let room = self.output.space().len().saturating_sub(HEAD_LEN) / EVENT_LEN;
            let run = member.history.run(self.next_event, room.min(EVENTS_MAX));
            if run.is_empty() {
                break;
            }
            let bytes = run.as_flattened();
            let len = u32::try_from(bytes.len()).expect("a few events");
            let (number, ack) = (self.next_event, member.told);
            let head = Head { kind: frame_kind::EVENTS, len, number, ack };
            let whole = self.output.put(&head.to_bytes()) && self.output.put(bytes);
            debug_assert!(whole, "there was room for it");
            self.next_event += run.len() as u64;
            (self.acked, self.said_at) = (ack, now);
        }
        // What a command did may be nothing to tell; that it was done is told all the same.
        let has_all = self.next_event == member.history.next();
        if has_all
            && self.acked < member.told
            && !self.is_closing
            && self.say(frame_kind::HEARTBEAT, 0, member.told)
        {
            (self.acked, self.said_at) = (member.told, now);
        }
    }
}

/// Events of one frame.
const EVENTS_MAX: usize = 512;
