use ringfence_core::Command;
use ringfence_core::wire::{COMMAND_LEN, CommandRecord, EVENT_LEN};

use super::{NUMBER_MAX, Refusal, Session};
use crate::gateway::frame::{HEAD_LEN, Head, LOGIN_LEN, frame_kind};
use crate::testing::Random;

/// A session with so many commands that wait, before its first connection.
fn begun(waiting: usize) -> Session {
    let mut session = Session::new(1, "secret");
    send(&mut session, waiting);
    session
}

fn send(session: &mut Session, count: usize) {
    let record = CommandRecord::from_command(&Command::Time).unwrap();
    (0..count).for_each(|_| _ = session.send(&record));
}

/// Connects anew; the venue has taken so many commands, and goes on with event `next`.
fn welcome(session: &mut Session, taken: u64, next: u64) -> Result<bool, Refusal> {
    session.connect();
    let len = session.output().len();
    session.wrote(len);
    hear(session, frame_kind::WELCOME, next, taken)
}

fn hear(session: &mut Session, kind: u8, number: u64, ack: u64) -> Result<bool, Refusal> {
    receive(session, &Head { kind, len: 0, number, ack }.to_bytes())
}

fn receive(session: &mut Session, bytes: &[u8]) -> Result<bool, Refusal> {
    session.space()[..bytes.len()].copy_from_slice(bytes);
    session.received(bytes.len(), &mut |_, _| {})
}

/// What goes out now: the number of the first command and how many there are.
fn sent(session: &mut Session) -> Option<(u64, u32)> {
    let output = session.output();
    let head = output.first_chunk::<HEAD_LEN>().and_then(Head::from_bytes);
    let len = output.len();
    session.wrote(len);
    head.map(|head| (head.number, head.commands().unwrap()))
}

#[test]
fn what_waits_for_the_first_welcome_is_numbered_behind_what_the_venue_has() {
    for (waiting, taken) in [(3, 5), (3, 3), (5, 3), (3, 0), (1, NUMBER_MAX)] {
        let mut session = begun(waiting);
        assert_eq!(welcome(&mut session, taken, 1), Ok(true));
        assert_eq!((session.done(), session.waiting()), (taken, waiting), "{waiting}, {taken}");
        assert_eq!(sent(&mut session), Some((taken + 1, u32::try_from(waiting).unwrap())));
        // What the earlier process sent may be done only now.
        hear(&mut session, frame_kind::HEARTBEAT, 0, taken).unwrap();
        assert_eq!(session.waiting(), waiting);
        hear(&mut session, frame_kind::HEARTBEAT, 0, taken + waiting as u64).unwrap();
        assert!(session.is_done());
    }
}

#[test]
fn a_session_that_was_welcome_keeps_its_numbers() {
    let mut session = begun(2);
    welcome(&mut session, 5, 1).unwrap();
    assert_eq!(sent(&mut session), Some((6, 2)));
    send(&mut session, 2);
    // One of the two that were sent arrived.
    assert_eq!(welcome(&mut session, 6, 1), Ok(true));
    assert_eq!(sent(&mut session), Some((7, 3)));
    assert_eq!(welcome(&mut session, 9, 1), Ok(true));
    assert_eq!((sent(&mut session), session.waiting()), (None, 4));
    hear(&mut session, frame_kind::HEARTBEAT, 0, 9).unwrap();
    assert!(session.is_done());
    // Nothing waits: it goes on behind another process.
    assert_eq!(welcome(&mut session, 12, 1), Ok(true));
    send(&mut session, 1);
    assert_eq!(sent(&mut session), Some((13, 1)));
}

#[test]
fn commands_whose_numbers_others_took_are_not_passed_over_in_silence() {
    for taken in [6, 8, 20] {
        let mut session = begun(0);
        welcome(&mut session, 5, 1).unwrap();
        session.connect();
        send(&mut session, 3);
        // None of the three was sent.
        let refused = welcome(&mut session, taken, 1);
        assert_eq!(refused, Err(Refusal::Overtaken { taken, waiting: 3 }));
    }
}

#[test]
fn a_venue_that_forgot_what_was_done_is_told_from_others() {
    let mut session = begun(0);
    welcome(&mut session, 5, 1).unwrap();
    assert_eq!(welcome(&mut session, 4, 1), Err(Refusal::Forgot { taken: 4, done: 5 }));
}

#[test]
fn numbers_that_nobody_reaches_are_nonsense() {
    for (taken, next) in
        [(u64::MAX, 1), (NUMBER_MAX + 1, 1), (0, 0), (0, u64::MAX), (0, NUMBER_MAX + 1)]
    {
        let mut session = begun(1);
        assert_eq!(welcome(&mut session, taken, next), Err(Refusal::Nonsense), "{taken}, {next}");
        assert!(!session.is_in());
        assert_eq!(welcome(&mut session, 0, 1), Ok(true), "it can begin anew");
    }
    let mut session = begun(0);
    for next in [NUMBER_MAX, 1, NUMBER_MAX, 1, NUMBER_MAX] {
        welcome(&mut session, NUMBER_MAX, next).unwrap();
    }
    assert_eq!(session.missed(), u64::MAX);
    let event = Head { kind: frame_kind::EVENTS, len: 64, number: NUMBER_MAX, ack: 0 }.to_bytes();
    assert_eq!(receive(&mut session, &[&event[..], &[0; EVENT_LEN]].concat()), Ok(true));
    assert_eq!(session.next_event(), NUMBER_MAX + 1);
}

#[test]
fn what_was_not_sent_cannot_be_done() {
    for kind in [frame_kind::HEARTBEAT, frame_kind::EVENTS] {
        for ack in [6, 8, 9, u64::MAX] {
            let mut session = begun(0);
            welcome(&mut session, 5, 1).unwrap();
            send(&mut session, 3);
            // They wait, and have not been written.
            assert_eq!(hear(&mut session, kind, 1, ack), Err(Refusal::Nonsense), "{kind}, {ack}");
            assert_eq!(sent(&mut session), Some((6, 3)));
        }
    }
}

#[test]
fn no_bytes_of_a_peer_panic() {
    let kinds = [16, 16, 17, 17, 17, 3, 3, 18, 0];
    let numbers = [0, 1, 1, 2, 3, 64, NUMBER_MAX, NUMBER_MAX + 1, u64::MAX - 1, u64::MAX];
    let mut welcomes = 0;
    for seed in 0..300 {
        let (mut random, mut session) = (Random::new(seed), begun(0));
        for _ in 0..200 {
            match random.below(8) {
                0 => session.connect(),
                1 => send(&mut session, 3),
                2 => {
                    let len = session.output().len();
                    assert!(len <= LOGIN_LEN + HEAD_LEN + 3 * (200 * COMMAND_LEN + HEAD_LEN));
                    session.wrote(len);
                }
                3 => session.say_hello(),
                _ => {
                    let [number, ack] = [random.one_of(&numbers), random.one_of(&numbers)];
                    let head = Head {
                        kind: random.one_of(&kinds),
                        len: random.one_of(&[0, 0, 64, 128, 65, u32::MAX]),
                        number: random.one_of(&[session.next_event(), number]),
                        ack: random.one_of(&[session.done(), ack]),
                    };
                    _ = receive(&mut session, &head.to_bytes());
                }
            }
            welcomes += u64::from(session.is_in());
        }
    }
    assert!(welcomes > 1_000, "{welcomes}");
}
