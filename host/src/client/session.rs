//! What a client keeps of its session. It touches no socket and no clock.

use std::collections::VecDeque;

use ringfence_core::wire::{COMMAND_LEN, CommandRecord, EVENT_LEN, EventRecord};

use crate::gateway::buffer::Buffer;
use crate::gateway::frame::{Goodbye, HEAD_LEN, Head, LOGIN_LEN, frame_kind, login_body};

/// An account's commands and events, numbered, over any number of connections.
#[derive(Debug)]
pub struct Session {
    login: [u8; LOGIN_LEN],
    /// Commands that are not known to be done, and the number of the first of them.
    kept: VecDeque<[u8; COMMAND_LEN]>,
    first: u64,
    /// The number of the next command to send over this connection; none before it is welcome.
    to_send: Option<u64>,
    /// The last command that was sent over any connection, or that the venue had before; none
    /// before the first welcome, which numbers what waits.
    sent: Option<u64>,
    next_event: u64,
    /// Events of the frame that are still to come.
    expected: u32,
    missed: u64,
    input: Buffer,
    output: Buffer,
    goodbye: Option<Goodbye>,
}

/// Why the venue wants nothing of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It said so.
    #[error("the venue ended the session: {0:?}")]
    Goodbye(Goodbye),
    /// It speaks something else.
    #[error("what the venue sent is not the gateway's protocol")]
    Nonsense,
    /// It forgot commands that it had said were done.
    #[error(
        "the venue has taken commands up to {taken} and had said that {done} were done; its journal \
         is older than what it told"
    )]
    Forgot {
        /// The last that it knows.
        taken: u64,
        /// The last that it had said was done.
        done: u64,
    },
    /// Somebody else sent commands of this account after this session was first welcome: some that
    /// wait here have numbers that are taken.
    #[error(
        "another client of this account has sent commands up to {taken}, and {waiting} wait here \
         under numbers that are taken; begin a new session, and let one client of an account send"
    )]
    Overtaken {
        /// The last command that the venue has.
        taken: u64,
        /// Commands that were not sent.
        waiting: usize,
    },
}

/// Bytes of each buffer.
const BUFFER_LEN: usize = 1 << 18;

/// Commands of one frame.
const COMMANDS_MAX: usize = 256;

/// The highest number that a welcome may name: nobody counts so far, and what is added to it later
/// has room.
const NUMBER_MAX: u64 = u64::MAX / 2;

impl Session {
    /// A session that begins.
    #[must_use]
    pub fn new(account: u32, secret: &str) -> Self {
        Self {
            login: login_body(account, secret),
            kept: VecDeque::new(),
            first: 1,
            to_send: None,
            sent: None,
            next_event: 1,
            expected: 0,
            missed: 0,
            input: Buffer::new(BUFFER_LEN),
            output: Buffer::new(BUFFER_LEN),
            goodbye: None,
        }
    }

    /// Takes a command; returns its number, from 1 where the session has not been welcome yet. The
    /// first welcome says how many commands of the account the venue has, from earlier processes:
    /// what waits then is numbered behind them, so that it is sent all the same, and the last of it
    /// has the number [`done`](Self::done) + [`waiting`](Self::waiting). From then on numbers stay.
    pub fn send(&mut self, command: &CommandRecord) -> u64 {
        self.kept.push_back(command.to_bytes());
        self.first + self.kept.len() as u64 - 1
    }

    /// The last command that is done: durable, and everybody was told.
    #[must_use]
    pub const fn done(&self) -> u64 {
        self.first - 1
    }

    /// Whether every command that was taken is done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many commands are not known to be done.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.kept.len()
    }

    /// Whether the venue has welcomed this connection.
    #[must_use]
    pub const fn is_in(&self) -> bool {
        self.to_send.is_some()
    }

    /// The number of the next event.
    #[must_use]
    pub const fn next_event(&self) -> u64 {
        self.next_event
    }

    /// Events that the venue did not keep as long as it took to come back for them.
    #[must_use]
    pub const fn missed(&self) -> u64 {
        self.missed
    }

    /// Why the venue ended the latest connection, where it said so.
    #[must_use]
    pub const fn goodbye(&self) -> Option<Goodbye> {
        self.goodbye
    }

    /// Begins a new connection.
    pub fn connect(&mut self) {
        self.input.clear();
        self.output.clear();
        (self.to_send, self.expected, self.goodbye) = (None, 0, None);
        let len = u32::try_from(LOGIN_LEN).expect("a few bytes");
        let ack = self.next_event - 1;
        let head = Head { kind: frame_kind::LOGIN, len, number: 0, ack };
        let whole = self.output.put(&head.to_bytes()) && self.output.put(&self.login);
        debug_assert!(whole, "there is room for a login");
    }

    /// Gives a sign of life, where nothing else waits to be written.
    pub fn say_hello(&mut self) {
        if self.is_in() && self.output.is_empty() {
            self.say(frame_kind::HEARTBEAT);
        }
    }

    /// Ends the session's connection in order.
    pub fn log_out(&mut self) {
        self.say(frame_kind::LOGOUT);
    }

    fn say(&mut self, kind: u8) {
        // Where there is no room, something else is on its way.
        _ = self.output.put(&Head { kind, ..Head::default() }.to_bytes());
    }

    /// What is to be written now, which [`wrote`](Self::wrote) takes away.
    pub fn output(&mut self) -> &[u8] {
        let end = self.first + self.kept.len() as u64;
        while let Some(number) = self.to_send.filter(|&number| number < end) {
            let room = self.output.space().len().saturating_sub(HEAD_LEN) / COMMAND_LEN;
            let waiting = usize::try_from(end - number).unwrap_or(usize::MAX);
            let count = room.min(COMMANDS_MAX).min(waiting);
            if count == 0 {
                break;
            }
            let len = u32::try_from(count * COMMAND_LEN).expect("a few commands");
            let head = Head { kind: frame_kind::COMMANDS, len, number, ack: 0 };
            let mut whole = self.output.put(&head.to_bytes());
            let from = usize::try_from(number - self.first).expect("it is kept");
            for command in self.kept.range(from..from + count) {
                whole &= self.output.put(command);
            }
            debug_assert!(whole, "there was room for it");
            self.to_send = Some(number + count as u64);
            self.sent = self.sent.max(Some(number + count as u64 - 1));
        }
        self.output.data()
    }

    /// Notes that so many bytes were written.
    ///
    /// # Panics
    ///
    /// Where the [`output`](Self::output) was shorter: with debug assertions here, else later.
    pub fn wrote(&mut self, len: usize) {
        self.output.take(len);
    }

    /// Room for bytes that come.
    pub fn space(&mut self) -> &mut [u8] {
        self.input.space()
    }

    /// Takes what came: `len` bytes of the [`space`](Self::space) were filled. `hear` is told of each
    /// event, once. False where the connection is to be ended, and may be made anew.
    ///
    /// # Errors
    ///
    /// [`Refusal`] where making it anew is no use.
    ///
    /// # Panics
    ///
    /// Where the [`space`](Self::space) was shorter. Whatever bytes came, it does not.
    pub fn received(
        &mut self,
        len: usize,
        hear: &mut impl FnMut(u64, &EventRecord),
    ) -> Result<bool, Refusal> {
        self.input.fill(len);
        loop {
            if self.expected > 0 {
                self.take_events(hear);
                if self.expected > 0 {
                    return Ok(true);
                }
            }
            let Some(head) = self.input.data().first_chunk::<HEAD_LEN>() else { return Ok(true) };
            let head = Head::from_bytes(head).ok_or(Refusal::Nonsense)?;
            self.input.take(HEAD_LEN);
            if !self.take_frame(&head)? {
                return Ok(false);
            }
        }
    }

    fn take_events(&mut self, hear: &mut impl FnMut(u64, &EventRecord)) {
        let mut used = 0;
        for bytes in self.input.data().as_chunks::<EVENT_LEN>().0 {
            if self.expected == 0 {
                break;
            }
            hear(self.next_event, &EventRecord::from_bytes(bytes));
            self.next_event += 1;
            self.expected -= 1;
            used += EVENT_LEN;
        }
        self.input.take(used);
    }

    fn take_frame(&mut self, head: &Head) -> Result<bool, Refusal> {
        match head.kind {
            frame_kind::WELCOME if !self.is_in() => self.be_welcome(head)?,
            frame_kind::EVENTS if self.is_in() => {
                if head.number != self.next_event {
                    return Err(Refusal::Nonsense);
                }
                self.expected = head.events().ok_or(Refusal::Nonsense)?;
                self.note_done(head.ack)?;
            }
            frame_kind::HEARTBEAT if self.is_in() => self.note_done(head.ack)?,
            frame_kind::GOODBYE => return self.part(head.number),
            _ => return Err(Refusal::Nonsense),
        }
        Ok(true)
    }

    fn be_welcome(&mut self, head: &Head) -> Result<(), Refusal> {
        let (taken, done, waiting) = (head.ack, self.done(), self.kept.len());
        // Events count from 1.
        if taken > NUMBER_MAX || !(1..=NUMBER_MAX).contains(&head.number) {
            return Err(Refusal::Nonsense);
        }
        if taken < done {
            return Err(Refusal::Forgot { taken, done });
        }
        match self.sent {
            Some(sent) if waiting > 0 && taken > sent => {
                return Err(Refusal::Overtaken { taken, waiting });
            }
            Some(_) if waiting > 0 => {}
            // Nothing that waits was sent, and another process may have gone further.
            _ => self.first = taken + 1,
        }
        self.sent = self.sent.max(Some(taken));
        self.missed = self.missed.saturating_add(head.number.saturating_sub(self.next_event));
        self.next_event = head.number;
        self.to_send = Some(taken + 1);
        Ok(())
    }

    fn note_done(&mut self, done: u64) -> Result<(), Refusal> {
        // What was not sent cannot be done.
        if self.to_send.is_none_or(|number| done >= number) {
            return Err(Refusal::Nonsense);
        }
        let more = done.saturating_sub(self.done());
        self.kept.drain(..usize::try_from(more).expect("so many are kept"));
        self.first += more;
        Ok(())
    }

    /// The venue says goodbye: some reasons pass, others do not.
    fn part(&mut self, why: u64) -> Result<bool, Refusal> {
        let why = Goodbye::from_wire(why).ok_or(Refusal::Nonsense)?;
        self.goodbye = Some(why);
        match why {
            Goodbye::Closes | Goodbye::Stopped | Goodbye::Silent | Goodbye::TooSlow => Ok(false),
            _ => Err(Refusal::Goodbye(why)),
        }
    }
}

#[cfg(test)]
mod tests;
