//! Who comes in, with what, and how it is told to go.

use super::{Caller, Goodbye, HEAD_LEN, Hall, Head, SECRETS, Side, frame_kind, login_body, order};
use crate::client::Session;
use crate::gateway::LineId;

impl Hall {
    /// A connection, for which another one goes where there is no room, as its carrier has it.
    fn come(&mut self) -> Option<LineId> {
        if self.gateway.is_full()
            && let Some(stranger) = self.gateway.stranger()
        {
            self.gateway.hang_up(stranger, self.now);
        }
        self.gateway.connect(self.now)
    }

    fn last_words(&mut self, caller: &Caller) -> Head {
        let said = self.gateway.output(caller.line, self.now);
        let head = said.last_chunk::<HEAD_LEN>().and_then(Head::from_bytes);
        head.expect("it is told something")
    }
}

#[test]
fn strangers_keep_nobody_out() {
    let mut hall = Hall::new("connections_max = 4");
    let one = hall.log_in(1);
    let strangers: Vec<_> = (0..3).map(|_| hall.come().unwrap()).collect();
    assert!(hall.gateway.connect(hall.now).is_none(), "there is no room");
    let session = Session::new(2, SECRETS[1]);
    let line = hall.come().expect("a stranger goes");
    assert_eq!(line, strangers[0], "who has been there for longest");
    let mut two = Caller { session, line, heard: Vec::new() };
    two.session.connect();
    hall.talk(&mut two).unwrap();
    assert!(two.session.is_in());
    // Those who were told to go are strangers too, and the others go before them.
    let again = hall.come().expect("a stranger goes");
    assert_eq!(again, strangers[1]);
    two.session.log_out();
    hall.talk(&mut two).unwrap_err();
    for expected in [strangers[2], again, two.line] {
        assert_eq!(hall.gateway.stranger(), Some(expected));
        assert_eq!(hall.come(), Some(expected));
    }
    assert_eq!(hall.gateway.counts().connections, 4);
    assert!(!hall.gateway.is_closing(one.line), "a session stays");
}

#[test]
fn sessions_make_no_room() {
    let mut hall = Hall::new("connections_max = 2");
    let (one, two) = (hall.log_in(1), hall.log_in(2));
    assert_eq!(hall.gateway.stranger(), None);
    assert_eq!(hall.come(), None);
    hall.gateway.hang_up(one.line, hall.now);
    assert!(hall.come().is_some());
    assert!(!hall.gateway.is_closing(two.line));
}

#[test]
fn fields_that_mean_nothing_are_zero() {
    let frame = |kind: u8, body: &[u8], number: u64, ack: u64| {
        let len = u32::try_from(body.len()).unwrap();
        [&Head { kind, len, number, ack }.to_bytes(), body].concat()
    };
    let command = order(1, Side::Buy, 100).to_bytes();
    for bytes in [
        frame(frame_kind::COMMANDS, &command, 1, 1),
        frame(frame_kind::HEARTBEAT, &[], 1, 0),
        frame(frame_kind::HEARTBEAT, &[], 0, 1),
        frame(frame_kind::LOGOUT, &[], 1, 0),
        frame(frame_kind::LOGOUT, &[], 0, 1),
    ] {
        let mut hall = Hall::new("");
        let one = hall.log_in(1);
        assert_eq!(hall.goodbye_to(one.line, &bytes), Some(Goodbye::Malformed), "{bytes:?}");
        assert!(hall.requests.is_empty());
    }
    let mut hall = Hall::new("");
    let line = hall.gateway.connect(hall.now).unwrap();
    let login = frame(frame_kind::LOGIN, &login_body(1, SECRETS[0]), 1, 0);
    assert_eq!(hall.goodbye_to(line, &login), Some(Goodbye::Refused));
}

#[test]
fn where_the_journal_takes_no_more_a_goodbye_says_what_is_done() {
    let said = |why: Goodbye| {
        let mut hall = Hall::new("");
        let mut one = hall.log_in(1);
        one.session.send(&order(1, Side::Buy, 100));
        hall.talk(&mut one).unwrap();
        // These come to the gateway, and never to the journal.
        for id in 2..=4 {
            one.session.send(&order(id, Side::Buy, 100));
        }
        let said = one.session.output().to_vec();
        hall.gateway.receive(one.line, &said, hall.now, &mut hall.requests);
        hall.gateway.close(why, hall.now);
        let head = hall.last_words(&one);
        assert_eq!((head.kind, head.number), (frame_kind::GOODBYE, why as u64));
        head.ack
    };
    assert_eq!((said(Goodbye::Stopped), said(Goodbye::Closes)), (1, 4));
}

#[test]
fn a_login_is_read_in_any_pieces_and_names_the_version() {
    let mut hall = Hall::new("");
    let head = Head { kind: frame_kind::LOGIN, len: 72, number: 0, ack: 0 };
    let login = [head.to_bytes().to_vec(), login_body(1, SECRETS[0]).to_vec()].concat();
    let line = hall.gateway.connect(hall.now).unwrap();
    for byte in &login {
        assert_eq!(hall.goodbye_to(line, &[*byte]), None);
    }
    assert_eq!(hall.gateway.counts().logins, 1);
    let mut other = login;
    other[HEAD_LEN] = 2;
    let line = hall.gateway.connect(hall.now).unwrap();
    assert_eq!(hall.goodbye_to(line, &other), Some(Goodbye::Refused));
}
