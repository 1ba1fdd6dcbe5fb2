//! What comes from clients: logins, commands, signs of life.

use ringfence_core::Time;
use ringfence_core::wire::{COMMAND_LEN, CommandRecord};

use super::frame::{Goodbye, HEAD_LEN, Head, LOGIN_LEN, VERSION, frame_kind};
use super::line::Line;
use super::{Gateway, LineId};
use crate::host::Request;
use crate::sequencer::{Origin, Stamped};

/// How far a connection came with what it has.
enum Step {
    /// It needs more bytes.
    Waits,
    /// Its account's bucket is empty.
    Held,
    /// There may be more.
    Goes,
}

impl Gateway {
    /// Takes what came: `len` bytes of the [`space`](Self::space) were filled. Commands are put
    /// behind `requests`.
    pub fn received(&mut self, id: LineId, len: usize, now: u64, requests: &mut Vec<Request>) {
        let Some(line) = &mut self.lines[id.0] else { return };
        line.input.fill(len);
        if len > 0 {
            line.heard_at = now;
        }
        self.advance(id, now, requests);
    }

    /// Takes bytes that came some other way than through the [`space`](Self::space); returns how many
    /// there was room for.
    pub fn receive(
        &mut self,
        id: LineId,
        bytes: &[u8],
        now: u64,
        requests: &mut Vec<Request>,
    ) -> usize {
        let space = self.space(id);
        let len = bytes.len().min(space.len());
        space[..len].copy_from_slice(&bytes[..len]);
        self.received(id, len, now, requests);
        len
    }

    /// Goes as far as the bytes reach.
    pub(super) fn advance(&mut self, id: LineId, now: u64, requests: &mut Vec<Request>) {
        loop {
            let Some(line) = &self.lines[id.0] else { return };
            if line.is_closing {
                return;
            }
            let is_in_commands = line.expected > 0;
            let step = if is_in_commands {
                self.take_commands(id, now, requests)
            } else {
                self.take_frame(id, now)
            };
            match step {
                Ok(Step::Goes) => {}
                Ok(Step::Waits) => return,
                Ok(Step::Held) => return self.hold(id),
                Err(why) => return self.say_goodbye(id, why, now),
            }
        }
    }

    fn hold(&mut self, id: LineId) {
        let Some(line) = &mut self.lines[id.0] else { return };
        if !line.is_held {
            line.is_held = true;
            self.counts.held += 1;
            self.held.push(id);
        }
    }

    /// Takes the commands of the frame that are there.
    fn take_commands(
        &mut self,
        id: LineId,
        now: u64,
        requests: &mut Vec<Request>,
    ) -> Result<Step, Goodbye> {
        let line = self.lines[id.0].as_mut().ok_or(Goodbye::Malformed)?;
        let member = &mut self.members[line.member.ok_or(Goodbye::Malformed)?];
        let mut used = 0;
        let mut outcome = Ok(Step::Goes);
        for bytes in line.input.data().as_chunks::<COMMAND_LEN>().0 {
            if line.expected == 0 {
                break;
            }
            let number = line.number;
            if number > member.taken {
                if number != member.taken + 1 {
                    outcome = Err(Goodbye::Gap);
                    break;
                }
                if !member.bucket.take(now) {
                    outcome = Ok(Step::Held);
                    break;
                }
                let command = match member.names.command(&CommandRecord::from_bytes(bytes)) {
                    Ok(command) => command,
                    Err(why) => {
                        outcome = Err(why);
                        break;
                    }
                };
                let origin = Origin { session: member.account(), number };
                requests.push(Request { origin, stamped: Stamped { at: Time(now), command } });
                member.taken = number;
                self.counts.commands += 1;
            }
            line.number += 1;
            line.expected -= 1;
            used += COMMAND_LEN;
        }
        line.input.take(used);
        if line.expected > 0 && matches!(outcome, Ok(Step::Goes)) {
            return Ok(Step::Waits);
        }
        outcome
    }

    /// Takes one frame, or the head of one with commands.
    fn take_frame(&mut self, id: LineId, now: u64) -> Result<Step, Goodbye> {
        let line = self.lines[id.0].as_mut().ok_or(Goodbye::Malformed)?;
        let Some((head, body)) = line.input.data().split_first_chunk::<HEAD_LEN>() else {
            return Ok(Step::Waits);
        };
        let head = Head::from_bytes(head).ok_or(Goodbye::Malformed)?;
        match (head.kind, line.member) {
            (frame_kind::LOGIN, None) if (head.len as usize, head.number) == (LOGIN_LEN, 0) => {
                let Some(body) = body.first_chunk::<LOGIN_LEN>() else { return Ok(Step::Waits) };
                let body = *body;
                line.input.take(HEAD_LEN + LOGIN_LEN);
                self.log_in(id, &body, head.ack, now)?;
            }
            (frame_kind::COMMANDS, Some(_)) if head.ack == 0 => {
                line.expected = head.commands().filter(|&n| n > 0).ok_or(Goodbye::Malformed)?;
                line.number = head.number;
                // Numbers begin with 1, and end where no counter comes.
                let end = head.number.checked_add(u64::from(line.expected));
                if head.number == 0 || end.is_none() {
                    return Err(Goodbye::Malformed);
                }
                line.input.take(HEAD_LEN);
            }
            (frame_kind::HEARTBEAT, Some(_)) if head.is_bare() => line.input.take(HEAD_LEN),
            (frame_kind::LOGOUT, Some(_)) if head.is_bare() => return Err(Goodbye::LoggedOut),
            (_, None) => return Err(Goodbye::Refused),
            _ => return Err(Goodbye::Malformed),
        }
        Ok(Step::Goes)
    }

    /// Lets an account in that has the right secret. What was wrong is not told, and not to be told
    /// from how long it takes.
    fn log_in(
        &mut self,
        id: LineId,
        body: &[u8; LOGIN_LEN],
        has: u64,
        now: u64,
    ) -> Result<(), Goodbye> {
        let number =
            |at: usize| body[at..].first_chunk().map_or(0, |four| u32::from_le_bytes(*four));
        let (version, account) = (number(0), number(4));
        let secret = &body[8..];
        let len = secret.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        let given = blake3::hash(&secret[..len]);
        let found = self.find(account);
        // Where there is no such account, something else is compared.
        let nobody = blake3::hash(&[]);
        let wanted = found.and_then(|member| self.members[member].secret);
        let is_right = given == wanted.unwrap_or(nobody) && wanted.is_some();
        let Some(member) = found.filter(|_| is_right && version == VERSION) else {
            return Err(Goodbye::Refused);
        };
        if let Some(old) = self.members[member].line {
            self.say_goodbye(LineId(old), Goodbye::TakenOver, now);
        }
        self.counts.logins += 1;
        self.know(id);
        let known = &mut self.members[member];
        (known.line, known.cancels_at) = (Some(id.0), None);
        let history = &known.history;
        let next = has.saturating_add(1).clamp(history.oldest(), history.next());
        if let Some(line) = &mut self.lines[id.0] {
            welcome(line, member, next, known.taken, now);
        }
        self.be_ready(id);
        Ok(())
    }
}

fn welcome(line: &mut Line, member: usize, next: u64, taken: u64, now: u64) {
    line.member = Some(member);
    line.next_event = next;
    line.said_at = now;
    let whole = line.say(frame_kind::WELCOME, next, taken);
    debug_assert!(whole, "it is the first that is said");
}
