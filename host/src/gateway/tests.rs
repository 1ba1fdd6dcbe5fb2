use ringfence_core::wire::{CommandRecord, EventRecord, kind};
use ringfence_core::{
    AccountId, Cancel, Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, NewOrder,
    OrderId, Phase, Price, Qty, Reject, Scope, Side, Time,
};

use super::frame::{Goodbye, HEAD_LEN, Head, frame_kind, login_body};
use super::{Gateway, LineId};
use crate::client::{Refusal, Session};
use crate::config::{Config, GatewayConfig};
use crate::host::{Host, Request};
use crate::journal::{Entry, Journal};
use crate::publisher::Outlet;
use crate::recovery::Witness;
use crate::sequencer::{Origin, Stamp, Stamped};

const SECRETS: [&str; 2] = ["the secret of account 1", "the secret of account 2"];

const MS: u64 = 1_000_000;

/// A venue without sockets.
struct Hall {
    config: GatewayConfig,
    gateway: Gateway,
    host: Host,
    now: u64,
    requests: Vec<Request>,
    /// What its journal has.
    entries: Vec<Entry>,
}

/// A client and its connection.
struct Caller {
    session: Session,
    line: LineId,
    heard: Vec<(u64, EventRecord)>,
}

impl Hall {
    fn new(options: &str) -> Self {
        let text = format!(
            "[gateway]\n{options}\n[[gateway.accounts]]\naccount = 1\nsecret = \"{}\"\noperator = true\n\
             [[gateway.accounts]]\naccount = 2\nsecret = \"{}\"\n",
            SECRETS[0], SECRETS[1]
        );
        let config = Config::parse("a", &text).unwrap();
        let now = 1_000 * MS;
        let gateway = Gateway::new(&config.gateway, now);
        let mut host = Host::new(Capacity::SMALL, Journal::in_memory(10_000));
        let spec = InstrumentSpec::new(InstrumentId(1), "A");
        let command = Command::Instrument(Box::new(spec));
        host.turn(Stamped { at: Time(now), command: command.clone() }, &mut ()).unwrap();
        let stamp = Stamp { place: 1, at: Time(now) };
        let entries = vec![Entry { stamp, origin: Origin::default(), command }];
        let config = config.gateway;
        Self { config, gateway, host, now, requests: Vec::new(), entries }
    }

    fn call(&mut self, session: Session) -> Caller {
        let line = self.gateway.connect(self.now).expect("there is room");
        let mut caller = Caller { session, line, heard: Vec::new() };
        caller.session.connect();
        caller
    }

    fn log_in(&mut self, account: u32) -> Caller {
        let mut caller = self.call(Session::new(account, SECRETS[account as usize - 1]));
        self.talk(&mut caller).unwrap();
        assert!(caller.session.is_in());
        caller
    }

    /// Takes what the caller has to say, and gives it the answers.
    fn talk(&mut self, caller: &mut Caller) -> Result<bool, Refusal> {
        let said = caller.session.output().to_vec();
        caller.session.wrote(said.len());
        self.gateway.receive(caller.line, &said, self.now, &mut self.requests);
        self.turn();
        self.listen(caller)
    }

    fn turn(&mut self) {
        self.gateway.attend(self.now, &mut self.requests);
        let last = self.host.sequencer().last();
        for (place, Request { origin, stamped }) in (last.place + 1..).zip(&self.requests) {
            let stamp = Stamp { place, at: last.at.max(stamped.at) };
            let (origin, command) = (*origin, stamped.command.clone());
            self.entries.push(Entry { stamp, origin, command });
        }
        self.host.turn_of(self.requests.drain(..), &mut self.gateway).unwrap();
        while self.gateway.next_ready().is_some() {}
    }

    fn listen(&mut self, caller: &mut Caller) -> Result<bool, Refusal> {
        loop {
            let bytes = self.gateway.output(caller.line, self.now).to_vec();
            if bytes.is_empty() {
                return Ok(true);
            }
            self.gateway.wrote(caller.line, bytes.len());
            for part in bytes.chunks(1_000) {
                caller.session.space()[..part.len()].copy_from_slice(part);
                let heard = &mut caller.heard;
                caller.session.received(part.len(), &mut |n, event| heard.push((n, *event)))?;
            }
        }
    }

    /// Has the caller come again, over another connection.
    fn come_again(&mut self, caller: &mut Caller) {
        caller.line = self.gateway.connect(self.now).expect("there is room");
        caller.session.connect();
        self.talk(caller).unwrap();
    }

    /// What a snapshot keeps of all sessions, and what it would after a crash now.
    fn notes(&self) -> [Vec<u8>; 2] {
        let mut again = Gateway::new(&self.config, self.now);
        let mut engine = Engine::new(Capacity::SMALL);
        for entry in &self.entries {
            let mut events: Vec<Event> = Vec::new();
            engine.apply(entry.stamp.at, &entry.command, &mut events);
            again.see(entry, &events);
        }
        [&self.gateway, &again].map(|gateway| {
            let mut notes = Vec::new();
            gateway.note(&mut notes);
            notes
        })
    }

    /// Gives the gateway bytes, and tells how it said goodbye, if it did.
    fn goodbye_to(&mut self, line: LineId, bytes: &[u8]) -> Option<Goodbye> {
        self.gateway.receive(line, bytes, self.now, &mut self.requests);
        let output = self.gateway.output(line, self.now);
        let last = output.last_chunk::<HEAD_LEN>().and_then(Head::from_bytes)?;
        (last.kind == frame_kind::GOODBYE).then(|| Goodbye::from_wire(last.number).unwrap())
    }
}

fn order(id: u64, side: Side, price: i64) -> CommandRecord {
    record(&Command::New(NewOrder {
        instrument: InstrumentId(1),
        ..NewOrder::limit(OrderId(id), side, Price(price), Qty(5))
    }))
}

fn record(command: &Command) -> CommandRecord {
    CommandRecord::from_command(command).expect("it travels")
}

fn cancel(id: u64) -> CommandRecord {
    let (instrument, account) = (InstrumentId(1), AccountId(1));
    record(&Command::Cancel(Cancel { instrument, account, id: OrderId(id) }))
}

fn kinds(caller: &Caller) -> Vec<u8> {
    caller.heard.iter().map(|(_, event)| event.kind).collect()
}

#[test]
fn commands_and_events_are_numbered_and_acknowledged() {
    let mut hall = Hall::new("");
    let (mut one, mut two) = (hall.log_in(1), hall.log_in(2));
    assert_eq!(one.session.send(&order(7, Side::Buy, 100)), 1);
    hall.talk(&mut one).unwrap();
    // The same name is another order of another account.
    two.session.send(&order(7, Side::Sell, 100));
    hall.talk(&mut two).unwrap();
    hall.listen(&mut one).unwrap();
    assert_eq!(kinds(&one), [kind::ACCEPTED, kind::FILLED]);
    assert_eq!(kinds(&two), [kind::ACCEPTED, kind::FILLED]);
    for caller in [&one, &two] {
        assert!(caller.session.is_done());
        assert!(caller.heard.iter().map(|(n, _)| *n).eq(1..=2));
        assert!(caller.heard.iter().all(|(_, event)| event.order_id == 7));
    }
}

#[test]
fn what_tells_nothing_is_acknowledged_all_the_same() {
    let mut hall = Hall::new("");
    let mut one = hall.log_in(1);
    one.session.send(&record(&Command::MassCancel(Scope::default())));
    hall.talk(&mut one).unwrap();
    assert!(one.session.is_done() && one.heard.is_empty());
}

#[test]
fn who_has_not_the_secret_learns_nothing() {
    let mut hall = Hall::new("");
    let mut answers = Vec::new();
    for (account, secret) in [(1, SECRETS[1]), (9, SECRETS[0]), (1, ""), (9, ""), (0, "")] {
        let mut caller = hall.call(Session::new(account, secret));
        let said = caller.session.output().to_vec();
        hall.gateway.receive(caller.line, &said, hall.now, &mut hall.requests);
        answers.push(hall.gateway.output(caller.line, hall.now).to_vec());
        assert!(hall.gateway.is_closing(caller.line));
    }
    let refused = Head { kind: frame_kind::GOODBYE, len: 0, number: 1, ack: 0 };
    assert!(answers.iter().all(|answer| *answer == refused.to_bytes()), "{answers:?}");
    // Commands before a login are refused the same way.
    let line = hall.gateway.connect(hall.now).unwrap();
    let head = Head { kind: frame_kind::COMMANDS, len: 128, number: 1, ack: 0 };
    assert_eq!(hall.goodbye_to(line, &head.to_bytes()), Some(Goodbye::Refused));
    assert!(hall.requests.is_empty());
}

#[test]
fn an_account_acts_for_itself_only() {
    let mut hall = Hall::new("");
    let (mut one, mut two) = (hall.log_in(1), hall.log_in(2));
    one.session.send(&order(7, Side::Buy, 100));
    hall.talk(&mut one).unwrap();
    // Another account's order is as unknown as one that is not there, whatever account is named.
    for id in [7, 8] {
        two.session.send(&cancel(id));
    }
    hall.talk(&mut two).unwrap();
    let events: Vec<_> = two.heard.iter().map(|(_, event)| (event.kind, event.flags)).collect();
    assert_eq!(events, [(kind::REJECTED, Reject::UnknownOrder as u16); 2]);
    // Nor does a mass cancel reach it.
    let all = Scope { account: Some(AccountId(1)), ..Scope::default() };
    two.session.send(&record(&Command::MassCancel(all)));
    two.session.send(&record(&Command::Kill(Scope { account: None, ..all })));
    hall.talk(&mut two).unwrap();
    hall.listen(&mut one).unwrap();
    assert_eq!(kinds(&one), [kind::ACCEPTED]);
    // What names lie beyond its own is no name.
    let head = Head { kind: frame_kind::COMMANDS, len: 128, number: 5, ack: 0 };
    let mut bytes = head.to_bytes().to_vec();
    bytes.extend(cancel(1 << 40 | 7).to_bytes());
    assert_eq!(hall.goodbye_to(two.line, &bytes), Some(Goodbye::Malformed));
}

#[test]
fn only_an_operator_administers() {
    let halt = Command::Phase { instrument: InstrumentId(1), phase: Phase::Halted };
    let unblock = Command::Unblock(Scope { account: Some(AccountId(2)), ..Scope::default() });
    for command in [halt.clone(), unblock, Command::Time] {
        let mut hall = Hall::new("");
        let mut two = hall.log_in(2);
        two.session.send(&record(&command));
        assert_eq!(hall.talk(&mut two), Err(Refusal::Goodbye(Goodbye::NotPermitted)));
        let mut one = hall.log_in(1);
        one.session.send(&record(&command));
        hall.talk(&mut one).unwrap();
        assert!(one.session.is_done());
    }
}

#[test]
fn a_session_goes_on_after_a_break_without_loss_and_without_duplicate() {
    let mut hall = Hall::new("");
    let mut one = hall.log_in(1);
    for id in 1..=10 {
        one.session.send(&order(id, Side::Buy, 100));
    }
    // All of it arrives, in the middle of a record, and no answer comes back.
    let said = one.session.output().to_vec();
    one.session.wrote(said.len());
    let cut = HEAD_LEN + 4 * 128 + 50;
    hall.gateway.receive(one.line, &said[..cut], hall.now, &mut hall.requests);
    hall.turn();
    hall.gateway.hang_up(one.line, hall.now);
    one.line = hall.gateway.connect(hall.now).unwrap();
    one.session.connect();
    hall.talk(&mut one).unwrap();
    assert_eq!(one.session.done(), 4);
    hall.talk(&mut one).unwrap();
    assert!(one.session.is_done());
    let heard: Vec<_> = one.heard.iter().map(|(n, event)| (*n, event.order_id)).collect();
    assert_eq!(heard, (1..=10).map(|n| (n, n)).collect::<Vec<_>>());
    assert_eq!(one.session.missed(), 0);
}

#[test]
fn commands_of_another_process_are_not_taken_for_those_of_an_earlier_one() {
    let mut hall = Hall::new("");
    let mut id = 0;
    // Each has more or fewer commands that wait before it is welcome than the venue has already.
    for waiting in [3, 2, 5, 40] {
        let before = id;
        let mut one = hall.call(Session::new(1, SECRETS[0]));
        for _ in 0..waiting {
            id += 1;
            one.session.send(&order(id, Side::Buy, 100));
        }
        hall.talk(&mut one).unwrap();
        hall.talk(&mut one).unwrap();
        assert!(one.session.is_done());
        assert_eq!(one.session.done(), id);
        let heard: Vec<_> = one.heard.iter().map(|(_, event)| event.order_id).collect();
        assert_eq!(heard, (1..=id).collect::<Vec<_>>(), "{waiting} behind {before}");
        hall.gateway.hang_up(one.line, hall.now);
    }
}

#[test]
fn numbers_have_no_gap_and_are_not_taken_twice() {
    let mut hall = Hall::new("");
    let mut one = hall.log_in(1);
    one.session.send(&order(1, Side::Buy, 100));
    hall.talk(&mut one).unwrap();
    let frame = |number: u64, id: u64| {
        let head = Head { kind: frame_kind::COMMANDS, len: 128, number, ack: 0 };
        [head.to_bytes().to_vec(), order(id, Side::Buy, 100).to_bytes().to_vec()].concat()
    };
    assert_eq!(hall.goodbye_to(one.line, &frame(1, 2)), None);
    assert!(hall.requests.is_empty(), "number 1 was taken before");
    assert_eq!(hall.goodbye_to(one.line, &frame(3, 2)), Some(Goodbye::Gap));
    assert!(hall.requests.is_empty());
}

#[test]
fn what_is_no_frame_ends_the_connection() {
    let head = |kind: u8, len: u32, number: u64| Head { kind, len, number, ack: 0 }.to_bytes();
    for bytes in [
        head(0, 0, 0),
        head(frame_kind::LOGIN, 72, 0),
        head(frame_kind::COMMANDS, 0, 1),
        head(frame_kind::COMMANDS, 100, 1),
        head(frame_kind::COMMANDS, 128, 0),
        head(frame_kind::COMMANDS, 256, u64::MAX),
        head(frame_kind::HEARTBEAT, 1, 0),
        [255; HEAD_LEN],
    ] {
        let mut hall = Hall::new("");
        let one = hall.log_in(1);
        assert_eq!(hall.goodbye_to(one.line, &bytes), Some(Goodbye::Malformed), "{bytes:?}");
        assert_eq!(hall.goodbye_to(one.line, &bytes), Some(Goodbye::Malformed), "no more is read");
    }
}

#[test]
fn a_second_login_takes_the_session_over() {
    let mut hall = Hall::new("");
    let mut one = hall.log_in(1);
    let other = hall.log_in(1);
    assert_eq!(hall.listen(&mut one), Err(Refusal::Goodbye(Goodbye::TakenOver)));
    hall.gateway.hang_up(one.line, hall.now);
    assert!(!hall.gateway.is_closing(other.line));
}

#[test]
fn an_accounts_rate_is_held_and_nothing_is_lost() {
    let mut hall = Hall::new("rate_limit = 1000\nburst = 3");
    let mut one = hall.log_in(1);
    for id in 1..=10 {
        one.session.send(&order(id, Side::Buy, 100));
    }
    hall.talk(&mut one).unwrap();
    assert_eq!(one.session.done(), 3);
    assert!(hall.gateway.due(hall.now) < hall.now + MS);
    for done in 4..=10 {
        hall.now += MS;
        hall.turn();
        hall.listen(&mut one).unwrap();
        assert_eq!(one.session.done(), done);
    }
    assert_eq!(kinds(&one), [kind::ACCEPTED; 10]);
}

#[test]
fn orders_of_who_does_not_come_back_are_cancelled_once() {
    let mut hall = Hall::new("cancel_on_disconnect = true\ncancel_grace_ms = 100");
    let mut one = hall.log_in(1);
    one.session.send(&order(1, Side::Buy, 100));
    hall.talk(&mut one).unwrap();
    let orders = |hall: &Hall| hall.host.engine().book(InstrumentId(1)).unwrap().live();
    // Back in time: nothing happens.
    hall.gateway.hang_up(one.line, hall.now);
    hall.now += 99 * MS;
    one.line = hall.gateway.connect(hall.now).unwrap();
    one.session.connect();
    hall.talk(&mut one).unwrap();
    hall.now += 50 * MS;
    hall.turn();
    assert_eq!(orders(&hall), 1);
    // Not back in time.
    hall.gateway.hang_up(one.line, hall.now);
    assert_eq!(hall.gateway.due(hall.now).min(hall.now + 100 * MS), hall.gateway.due(hall.now));
    hall.now += 100 * MS;
    hall.turn();
    assert_eq!(orders(&hall), 0);
    let place = hall.host.sequencer().last().place;
    hall.now += 100 * MS;
    hall.turn();
    assert_eq!(hall.host.sequencer().last().place, place, "once is enough");
    // It learns of that when it comes back.
    one.line = hall.gateway.connect(hall.now).unwrap();
    one.session.connect();
    hall.talk(&mut one).unwrap();
    assert_eq!(kinds(&one), [kind::ACCEPTED, kind::CANCELED]);
}

#[test]
fn the_silent_are_ended_and_the_idle_hear_heartbeats() {
    let mut hall = Hall::new("heartbeat_ms = 100\ntimeout_ms = 300");
    let mut one = hall.log_in(1);
    let stranger = hall.gateway.connect(hall.now).unwrap();
    for _ in 0..12 {
        hall.now += 25 * MS;
        hall.gateway.receive(stranger, &[frame_kind::LOGIN], hall.now, &mut hall.requests);
        if hall.now < 1_200 * MS {
            one.session.say_hello();
        }
        hall.talk(&mut one).unwrap();
    }
    assert!(hall.gateway.is_closing(stranger), "who dawdles at the door is ended");
    assert!(!hall.gateway.is_closing(one.line));
    hall.now += 200 * MS;
    hall.gateway.attend(hall.now, &mut hall.requests);
    assert!(hall.gateway.is_closing(one.line));
    assert_eq!(hall.gateway.counts().goodbyes[Goodbye::Silent as usize - 1], 2);
}

mod door;
mod held;
mod operators;
mod sockets;
