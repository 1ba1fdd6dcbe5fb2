//! `ringfence run` as a process: killed under load, attacked, and ended in order.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ringfence_core::wire::{CommandRecord, EventRecord, kind};
use ringfence_core::{
    AccountId, Cancel, Command as Order, InstrumentId, NewOrder, OrderId, Reject, Side, Stp,
};
use ringfence_host::client::Client;
use ringfence_host::gateway::frame::{Goodbye, HEAD_LEN, Head, frame_kind, login_body};
use ringfence_host::testing::Random;
use rustix::thread::sched_getaffinity;

use crate::command::{Folder, ringfence};
use crate::venue::{PATIENCE, SECRETS, Venue, ask, get, limit, record};

fn cancel(id: u64) -> CommandRecord {
    let (instrument, account, id) = (InstrumentId(1), AccountId(0), OrderId(id));
    record(&Order::Cancel(Cancel { instrument, account, id }))
}

/// Killed while orders come in, again and again: every order is there once, and each client was
/// told of each of its events once.
#[test]
fn a_venue_killed_under_load_loses_nothing_and_does_nothing_twice() {
    let kills: u64 = std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(12);
    let folder = Folder::new("run-killed");
    let mut venue = Venue::start(&folder, "os", "");
    let mut traders = [Trader::new(venue.client(1)), Trader::new(venue.client(2))];
    for kill in 0..kills {
        let until = Instant::now() + Duration::from_millis(40 + kill * 37 % 120);
        while Instant::now() < until {
            traders.iter_mut().for_each(Trader::trade);
        }
        venue.kill();
        venue = Venue::start(&folder, "os", "");
        traders.iter_mut().for_each(|trader| trader.client.move_to(venue.address));
    }
    traders.iter_mut().for_each(Trader::settle);
    let said = venue.end();
    assert!(said.contains("ended in order"), "{said}");
    let verified = ringfence(&["journal", "verify", &folder.path("journal")]);
    assert_eq!(verified.status, 0, "{}", verified.err);
    let dumped = ringfence(&["journal", "dump", &folder.path("journal")]);
    assert_eq!(dumped.status, 0, "{}", dumped.err);
    let orders = dumped.out.lines().filter(|line| line.starts_with("{\"op\":\"new\"")).count();
    let sent: u64 = traders.iter().map(|trader| trader.sent).sum();
    println!("{kills} kills, {sent} orders");
    assert_eq!(orders as u64, sent, "each order is in the journal once");
    assert!(sent > 100 * kills, "only {sent} orders");
}

/// Sends orders of which half trade, and counts what it is told of each.
struct Trader {
    client: Client,
    sent: u64,
    accepted: BTreeMap<u64, u32>,
    last_event: u64,
}

impl Trader {
    fn new(client: Client) -> Self {
        Self { client, sent: 0, accepted: BTreeMap::new(), last_event: 0 }
    }

    fn trade(&mut self) {
        for _ in 0..16 {
            if self.client.session().waiting() < 256 {
                self.sent += 1;
                let side = if self.sent.is_multiple_of(2) { Side::Buy } else { Side::Sell };
                self.client.send(&record(&Order::New(limit(self.sent, side, 100))));
            }
        }
        let Self { client, accepted, last_event, .. } = self;
        client.drive(&mut hear(accepted, last_event)).expect("it is welcome");
    }

    fn settle(&mut self) {
        let Self { client, accepted, last_event, sent } = self;
        let settled = client.settle(PATIENCE, &mut hear(accepted, last_event));
        assert!(settled.expect("it is welcome"), "not every order was done");
        assert_eq!(client.session().missed(), 0);
        assert_eq!(accepted.len() as u64, *sent, "not every order was told of");
        assert!(accepted.values().all(|&times| times == 1), "an order was told of twice");
    }
}

fn hear<'a>(
    accepted: &'a mut BTreeMap<u64, u32>,
    last: &'a mut u64,
) -> impl FnMut(u64, &EventRecord) + 'a {
    move |number, event| {
        assert_eq!(number, *last + 1, "an event is missing or told twice");
        *last = number;
        if event.kind == kind::ACCEPTED {
            *accepted.entry(event.order_id).or_default() += 1;
        }
    }
}

#[test]
fn who_has_no_secret_learns_nothing_not_even_which_accounts_there_are() {
    let folder = Folder::new("run-secrets");
    let venue = Venue::start(&folder, "os", "");
    let nearly = "a secret of account 1 alonf";
    let logins = [(1, ""), (1, nearly), (1, SECRETS[1]), (2, SECRETS[0]), (3, SECRETS[0]), (0, "")];
    let refused =
        Head { kind: frame_kind::GOODBYE, len: 0, number: Goodbye::Refused as u64, ack: 0 };
    for (account, secret) in logins {
        let body = login_body(account, secret);
        let len = body.len() as u32;
        let head = Head { kind: frame_kind::LOGIN, len, number: 0, ack: 7 };
        let mut stream = venue.connect();
        stream.write_all(&[&head.to_bytes()[..], &body].concat()).expect("it reads");
        assert_eq!(read_all(&mut stream), refused.to_bytes(), "account {account}");
    }
    venue.end();
}

/// All that comes until the venue ends the connection.
fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut piece = [0; 4_096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return all,
            Ok(len) => all.extend_from_slice(&piece[..len]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("the venue does not end it: {error}"),
        }
    }
}

#[test]
fn a_venue_answers_how_it_is() {
    let folder = Folder::new("run-http");
    let mut venue = Venue::start(&folder, "os", "[http]\naddress = \"127.0.0.1:0\"\n");
    assert!(venue.began.starts_with("recovered 0 commands up to place 0"), "{}", venue.began);
    ask(&mut venue.client(1), &record(&Order::New(limit(7, Side::Sell, 100))));
    let http = venue.http();
    let answer = get(http, "/readyz");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("ready\n"), "{answer}");
    let metrics = get(http, "/metrics");
    for figure in ["ringfence_ready 1\n", "ringfence_strategies 0\n"] {
        assert!(metrics.contains(figure), "{metrics}");
    }
    let said = venue.end();
    assert!(said.contains("ended in order after place ") && said.contains("; state "), "{said}");
}

/// The first processor is the venue's own thread's; all that there is beside it, workers of strategies
/// included, run on the others.
#[test]
fn threads_run_where_they_are_bound() {
    let own = sched_getaffinity(None).expect("it is known");
    let mut there = (0..1_024_usize).filter(|&number| own.is_set(number));
    let (Some(first), Some(second)) = (there.next(), there.next()) else {
        println!("skipped: this process has one processor");
        return;
    };
    let folder = Folder::new("run-bound");
    let more = "[http]\naddress = \"127.0.0.1:0\"\n[feed]\naddress = \"127.0.0.1:0\"\n[workers]\ncount = 2\n";
    let venue = Venue::start_on(&folder, &format!("{first},{second}"), "os", more);
    ask(&mut venue.client(1), &record(&Order::New(limit(7, Side::Sell, 100))));
    let (venues, beside): (Vec<_>, Vec<_>) =
        venue.threads().into_iter().partition(|(name, _)| name == "ringfence");
    assert_eq!(venues, [("ringfence".to_owned(), first.to_string())]);
    for expected in ["worker-0", "worker-1", "watchdog"] {
        assert!(beside.iter().any(|(name, _)| name == expected), "{expected} in {beside:?}");
    }
    for (name, allowed) in beside {
        assert_eq!(allowed, second.to_string(), "{name}");
    }
    venue.end();
}

#[test]
fn a_client_that_begins_anew_sends_all_that_it_is_given() {
    let folder = Folder::new("begins-anew");
    let mut venue = Venue::start(&folder, "every_turn", "");
    let mut id = 0;
    for (run, count) in [3, 2, 7].into_iter().enumerate() {
        let mut client = venue.client(1);
        for _ in 0..count {
            id += 1;
            client.send(&record(&Order::New(limit(id, Side::Buy, 100))));
        }
        let mut accepted = Vec::new();
        // Its own answers come behind those of its account's earlier orders.
        let begun = Instant::now();
        while client.session().next_event() <= id {
            assert!(begun.elapsed() < PATIENCE, "client {run} heard {accepted:?}");
            let mut hear = |_, event: &EventRecord| accepted.push(event.order_id);
            assert_eq!(client.settle(PATIENCE, &mut hear), Ok(true));
            client.drive(&mut hear).expect("it is welcome");
        }
        assert_eq!(client.session().done(), id, "client {run}");
        assert_eq!(accepted, (1..=id).collect::<Vec<_>>());
        if run == 1 {
            venue.kill();
            venue = Venue::start(&folder, "every_turn", "");
        }
    }
    venue.end();
}

#[test]
fn another_accounts_order_is_an_unknown_order() {
    let folder = Folder::new("run-foreign");
    let venue = Venue::start(&folder, "os", "");
    let (mut one, mut two) = (venue.client(1), venue.client(2));
    let events = ask(&mut one, &record(&Order::New(limit(7, Side::Sell, 100))));
    assert_eq!(events[0].kind, kind::ACCEPTED);
    // In the exchange's names, in one's own, with the other's account: all the same answer.
    let foreign = CommandRecord { account: 1, ..cancel(7) };
    let mut answers = [cancel(7), foreign, cancel(8)].map(|command| ask(&mut two, &command));
    for answer in &mut answers {
        assert_eq!(answer.len(), 1);
        assert_eq!(
            (answer[0].kind, answer[0].flags),
            (kind::REJECTED, Reject::UnknownOrder as u16)
        );
    }
    // The same name is free for the other account.
    let events = ask(&mut two, &record(&Order::New(limit(7, Side::Buy, 90))));
    assert_eq!(events[0].kind, kind::ACCEPTED);
    let events = ask(&mut one, &cancel(7));
    assert_eq!((events[0].kind, events[0].qty), (kind::CANCELED, 1));
    venue.end();
}

/// Whoever names another account's self-trade group does not meet its orders there.
#[test]
fn another_accounts_self_trade_group_is_out_of_reach() {
    let folder = Folder::new("run-groups");
    let venue = Venue::start(&folder, "os", "");
    let (mut one, mut two) = (venue.client(1), venue.client(2));
    let grouped = |order| NewOrder { stp_group: 5, stp: Stp::CancelMaker, ..order };
    ask(&mut one, &record(&Order::New(grouped(limit(1, Side::Sell, 100)))));
    let events = ask(&mut two, &record(&Order::New(grouped(limit(1, Side::Buy, 100)))));
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!(
        kinds,
        [kind::ACCEPTED, kind::FILLED],
        "they trade, and nobody's order is cancelled"
    );
    // One's own orders meet all the same.
    ask(&mut one, &record(&Order::New(grouped(limit(2, Side::Sell, 100)))));
    let events = ask(&mut one, &record(&Order::New(grouped(limit(3, Side::Buy, 100)))));
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert!(kinds.contains(&kind::CANCELED) && !kinds.contains(&kind::FILLED), "{kinds:?}");
    venue.end();
}

#[test]
fn whatever_comes_in_at_the_port_the_venue_goes_on() {
    let folder = Folder::new("run-malformed");
    let venue = Venue::start(&folder, "os", "");
    let mut client = venue.client(1);
    ask(&mut client, &record(&Order::New(limit(1, Side::Sell, 100))));
    let mut random = Random::new(1);
    for attempt in 0..200 {
        let mut stream = venue.connect();
        let bytes = nonsense(&mut random, attempt);
        // It may be refused before it is all written.
        _ = stream.write_all(&bytes);
        if random.once_in(2) {
            _ = stream.shutdown(std::net::Shutdown::Write);
            let answer = read_all(&mut stream);
            assert!(answer.len() <= 2 * HEAD_LEN, "{attempt}: {answer:?}");
        }
    }
    let events = ask(&mut client, &cancel(1));
    assert_eq!(events[0].kind, kind::CANCELED);
    venue.end();
}

/// Bytes that are no session, some of them nearly.
fn nonsense(random: &mut Random, attempt: u64) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..random.below(4_096)).map(|_| random.next() as u8).collect();
    if attempt.is_multiple_of(3) {
        let kind = random.next() as u8 % 20;
        let len = random.one_of(&[0, 1, 127, 128, 1 << 20, u32::MAX]);
        let head = Head { kind, len, number: random.next(), ack: random.next() };
        bytes.splice(0..0, head.to_bytes());
    }
    if attempt % 3 == 1 {
        let body = login_body(2, SECRETS[1]);
        let head = Head { kind: frame_kind::LOGIN, len: body.len() as u32, number: 0, ack: 0 };
        bytes.splice(0..0, head.to_bytes().into_iter().chain(body));
    }
    bytes
}

/// What the engine refuses of the file of instruments keeps the doors shut, and is nowhere afterwards.
#[test]
fn a_file_of_instruments_counts_whole_or_not_at_all() {
    let folder = Folder::new("run-definitions");
    let instrument = "{\"op\":\"instrument\",\"instrument\":1,\"symbol\":\"A\"}\n";
    let account = "{\"op\":\"account\",\"account\":2,\"max_order_qty\":5}\n";
    let write = |lines: &str| folder.write("instruments.jsonl", lines);
    for (lines, parts) in [
        (
            "{\"op\":\"instrument\",\"instrument\":1,\"symbol\":\"A\",\"taker_bps\":20000}\n"
                .into(),
            ["instruments.jsonl, line 1", "bad_combination"],
        ),
        (
            format!(
                "{instrument}\n{{\"op\":\"account\",\"account\":2,\"mmp_qty\":1,\"mmp_ns\":0}}\n"
            ),
            ["instruments.jsonl, line 3", "bad_combination"],
        ),
        (format!("{instrument}{instrument}"), ["line 2", "bad_combination"]),
    ] {
        write(&lines);
        let config = folder.write("venue.toml", crate::venue::config("os"));
        let run = ringfence(&["run", "--config", &config]);
        assert_eq!(run.status, 2, "{}", run.err);
        assert!(parts.iter().all(|part| run.err.contains(part)), "{}", run.err);
    }
    write(&format!("{instrument}{account}"));
    let venue = Venue::start(&folder, "os", "");
    assert!(!venue.began.contains("stays as"), "{}", venue.began);
    let mut client = venue.client(2);
    let order = NewOrder { qty: ringfence_core::Qty(6), ..limit(1, Side::Buy, 100) };
    let answers = ask(&mut client, &record(&Order::New(order)));
    assert_eq!(answers[0].kind, kind::REJECTED, "the mended file was taken: {answers:?}");
    drop(client);
    venue.end();
    write(
        "{\"op\":\"instrument\",\"instrument\":1,\"symbol\":\"B\"}\n\
         {\"op\":\"account\",\"account\":2,\"max_order_qty\":7}\n\
         {\"op\":\"account\",\"account\":2,\"max_order_qty\":5}\n",
    );
    let venue = Venue::start(&folder, "os", "");
    for part in ["line 1: instrument 1 stays as the journal", "line 2: account 2 keeps the limits"]
    {
        assert!(venue.began.contains(part), "{}", venue.began);
    }
    assert!(!venue.began.contains("line 3"), "{}", venue.began);
    venue.end();
    let empty = Folder::new("run-no-instrument");
    empty.write("instruments.jsonl", "\n");
    let venue = Venue::start(&empty, "os", "");
    assert!(venue.began.contains("no instrument is known"), "{}", venue.began);
    venue.end();
}
