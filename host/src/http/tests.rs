use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use ringfence_core::wire::CommandRecord;
use ringfence_core::{
    Capacity, Command, InstrumentId, InstrumentSpec, NewOrder, OrderId, Price, Qty, Side, Time,
};
use serde_json::Value;

use super::{FigureOutlet, Figures, Health, Http, Routes, Settings, State, Visitor};
use crate::Host;
use crate::feed::{self, Feed};
use crate::floor::Mail;
use crate::journal::Journal;
use crate::sandbox::{Fault, Stats};
use crate::seat::{Guest, OpenOrders, Seat, Subscription};
use crate::sequencer::Stamped;

fn routes() -> Routes {
    Routes { health: Arc::default(), figures: Arc::default(), feed: None }
}

/// What is answered to these bytes at once, and whether the connection stays.
fn answer(bytes: &[u8]) -> (String, bool) {
    let (settings, routes) = (Settings::default(), routes());
    let mut visitor = Visitor::new(0);
    visitor.hear(bytes, &settings, &routes, 0);
    let answer = String::from_utf8(visitor.output().to_vec()).expect("it is text");
    visitor.sent(answer.len(), 0);
    (answer, !visitor.is_over())
}

#[test]
fn requests_are_answered_or_refused() {
    for (request, status, stays) in [
        ("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n", 200, true),
        ("GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n", 200, false),
        ("GET /healthz HTTP/1.0\r\n\r\n", 200, false),
        ("HEAD /healthz HTTP/1.1\r\n\r\n", 200, true),
        ("GET /readyz HTTP/1.1\r\n\r\n", 503, true),
        ("GET /metrics HTTP/1.1\r\n\r\n", 200, true),
        ("GET / HTTP/1.1\r\n\r\n", 404, true),
        ("GET /v1/books/1 HTTP/1.1\r\n\r\n", 503, true),
        ("GET /v1/books/x HTTP/1.1\r\n\r\n", 404, true),
        ("GET /v1/books/1?depth=0 HTTP/1.1\r\n\r\n", 400, true),
        ("GET /v1/books/1?deep=1 HTTP/1.1\r\n\r\n", 400, true),
        ("GET /v1/books/4294967296 HTTP/1.1\r\n\r\n", 404, true),
        ("POST /healthz HTTP/1.1\r\n\r\n", 405, true),
        ("POST /healthz HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello", 405, false),
        ("GET /healthz HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello", 413, false),
        ("nonsense\r\n\r\n", 400, false),
        ("\u{0}\u{1}\u{2}", 400, false),
    ] {
        let (answer, stayed) = answer(request.as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {answer}");
        assert_eq!(stayed, stays, "{request:?}: {answer}");
    }
    let (head, _) = answer(b"HEAD /healthz HTTP/1.1\r\n\r\n");
    assert!(head.ends_with("\r\n\r\n") && head.contains("content-length: 6"), "{head}");
}

#[test]
fn requests_are_bounded_and_wait_for_one_another() {
    let long = format!("GET /healthz HTTP/1.1\r\nx: {}", "y".repeat(10_000));
    assert!(answer(long.as_bytes()).0.starts_with("HTTP/1.1 431 "));
    let many = format!("GET /healthz HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(100));
    assert!(answer(many.as_bytes()).0.starts_with("HTTP/1.1 431 "));
    // Two at once: the second is answered when the first was sent and others have had their turns.
    let (settings, routes) = (Settings::default(), routes());
    let mut visitor = Visitor::new(0);
    let two = b"GET /healthz HTTP/1.1\r\n\r\nGET /nothing HTTP/1.1\r\n\r\n";
    visitor.hear(two, &settings, &routes, 0);
    let first = visitor.output().len();
    assert!(!visitor.listens() && visitor.output().starts_with(b"HTTP/1.1 200"));
    visitor.take_turn(&settings, &routes, 0);
    visitor.sent(first, 0);
    assert!(!visitor.listens() && visitor.output().is_empty());
    visitor.take_turn(&settings, &routes, 0);
    assert!(visitor.output().starts_with(b"HTTP/1.1 404"));
    visitor.sent(visitor.output().len(), 0);
    assert!(visitor.listens());
    // One that comes byte by byte is answered once.
    let mut slow = Visitor::new(0);
    for byte in b"GET /healthz HTTP/1.1\r\n\r\n" {
        assert!(slow.output().is_empty());
        slow.hear(&[*byte], &settings, &routes, 0);
    }
    assert!(slow.output().starts_with(b"HTTP/1.1 200"));
}

#[test]
fn patience_has_an_end() {
    let (settings, routes) = (Settings::default(), routes());
    let mut asking = Visitor::new(0);
    asking.hear(b"GET /heal", &settings, &routes, 5);
    asking.check_patience(10, 10);
    assert!(asking.output().is_empty() && !asking.is_over());
    asking.check_patience(10, 100);
    assert!(asking.output().starts_with(b"HTTP/1.1 408"));
    let mut idle = Visitor::new(0);
    idle.check_patience(10, 100);
    assert!(idle.is_over());
    let mut deaf = Visitor::new(0);
    deaf.hear(b"GET /metrics HTTP/1.1\r\n\r\n", &settings, &routes, 1);
    deaf.sent(10, 2);
    deaf.check_patience(10, 100);
    assert!(deaf.is_over(), "an answer that nobody reads is given up");
    let mut full = Visitor::new(0);
    full.hear(&b"GET /healthz HTTP/1.1\r\n\r\n".repeat(2), &settings, &routes, 1);
    full.sent(full.output().len(), 2);
    full.check_patience(10, 100);
    assert!(full.is_over(), "whose next request waits for room to send is not told to hurry");
}

#[test]
fn a_venue_is_ready_between_recovery_and_its_end() {
    let routes = routes();
    assert_eq!(routes.get("/readyz").body, "recovering\n");
    routes.health.set(State::Ready);
    assert_eq!(routes.get("/readyz").status, 200);
    routes.health.set(State::Failed("the disk is full".into()));
    let failed = routes.get("/readyz");
    assert_eq!((failed.status, failed.body.as_str()), (503, "failed: the disk is full\n"));
    routes.health.set(State::ShuttingDown);
    assert_eq!(routes.get("/readyz").status, 503);
    assert_eq!(routes.get("/healthz").status, 200, "it lives all the same");
}

/// Through sockets: a venue trades, and its books and figures say so.
/// As many slow visitors as there is room for, and more, do not keep a probe out.
#[test]
fn a_probe_gets_in_past_any_number_of_slow_visitors() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let settings = Settings { connections_max: 4, ..Settings::default() };
    let (health, figures) = Default::default();
    let _http = Http::start(listener, settings, Routes { health, figures, feed: None });
    let slow: Vec<_> = (0..9)
        .map(|_| {
            let mut socket = TcpStream::connect(address).expect("it listens");
            socket.write_all(b"GET /hea").expect("it is there");
            socket
        })
        .collect();
    let mut probe = TcpStream::connect(address).expect("it listens");
    probe.set_read_timeout(Some(Duration::from_secs(20))).expect("a time");
    probe.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").expect("it is there");
    let mut answer = String::new();
    probe.read_to_string(&mut answer).expect("it is answered");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(slow);
}

#[test]
fn books_and_figures_are_those_of_the_venue() {
    let (feed, feed_outlet) = Feed::start(feed::Settings::default(), None).expect("it starts");
    let figures: Arc<Figures> = Arc::default();
    let mut outlet = (feed_outlet, FigureOutlet::new(Arc::clone(&figures)));
    let health: Arc<Health> = Arc::default();
    health.set(State::Ready);
    let capacity = Capacity::SMALL;
    let mut host = Host::new(capacity, Journal::none());
    let mut turn = |command: Command| {
        host.turn(Stamped { at: Time(7), command }, &mut outlet).expect("no journal fails");
    };
    let spec = InstrumentSpec::new(InstrumentId(3), "A\"B");
    turn(Command::Instrument(Box::new(spec)));
    let order = |id, side, price, qty| {
        let order = NewOrder::limit(OrderId(id), side, Price(price), Qty(qty));
        Command::New(NewOrder { instrument: InstrumentId(3), ..order })
    };
    turn(order(1, Side::Buy, 99, 5));
    turn(order(2, Side::Buy, 98, 7));
    turn(order(3, Side::Sell, 101, 4));
    turn(Command::New(NewOrder {
        hidden: true,
        instrument: InstrumentId(3),
        ..NewOrder::limit(OrderId(4), Side::Sell, Price(100), Qty(1_234))
    }));
    turn(order(5, Side::Sell, 99, 2));
    turn(order(5, Side::Sell, 99, 0));
    figures.look_at(&host);
    figures.sessions.store(2, Relaxed);

    let feed_part = Some((feed.books(), Arc::clone(feed.counts())));
    let routes = Routes { health, figures, feed: feed_part };
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let http = Http::start(listener, Settings::default(), routes).expect("it starts");
    let get = |target: &str| {
        let mut socket = TcpStream::connect(http.address()).expect("it accepts");
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("sockets have timeouts");
        let request = format!("GET {target} HTTP/1.1\r\nconnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("it answers");
        answer.split_once("\r\n\r\n").expect("there is a body").1.to_owned()
    };
    // The feed's thread hears of the venue a moment later.
    let book: Value = std::iter::repeat_with(|| get("/v1/books/3?depth=1"))
        .filter_map(|body| serde_json::from_str(&body).ok())
        .find(|book: &Value| book["last_trade"] == 99)
        .expect("it comes in time");
    let expected = serde_json::json!({
        "instrument": 3, "symbol": "A\"B", "scale": 0, "phase": "continuous", "last_trade": 99,
        "indicative": null,
        "seq": book["seq"], "at": 7,
        "bids": [{ "price": 99, "qty": 3, "orders": 1 }],
        "asks": [{ "price": 101, "qty": 4, "orders": 1 }],
    });
    assert_eq!(book, expected, "what is hidden is not there");
    let listed: Value = serde_json::from_str(&get("/v1/instruments")).expect("it is JSON");
    assert_eq!(listed["instruments"][0]["symbol"], "A\"B");
    assert!(get("/v1/books/4").contains("no such instrument"));
    let metrics = get("/metrics");
    for line in [
        "ringfence_ready 1",
        "ringfence_commands_total 7",
        "ringfence_place_total 7",
        "ringfence_trades_total 1",
        "ringfence_rejects_total 1",
        "ringfence_sessions 2",
        "ringfence_live_orders 4",
        "ringfence_feed_subscribers 0",
        "ringfence_journal_seconds_bucket{le=\"+Inf\"} 0",
    ] {
        assert!(metrics.lines().any(|there| there == line), "{line} is not in\n{metrics}");
    }
}

/// A strategy that does nothing.
#[derive(Debug)]
struct Idle;

impl Guest for Idle {
    fn deliver(
        &mut self,
        _at: Time,
        _mail: Mail<'_>,
        _out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        Err(Fault::GuestError { code: -7 })
    }

    fn stats(&self) -> Stats {
        let mut stats = Stats::of_sums([3, 11, 2, 0, 0, 0, 0, 0]);
        stats.pages = 1;
        stats
    }

    fn log_tail(&self) -> Vec<String> {
        vec!["last \"words\"\n".to_owned()]
    }
}

/// Names that would end a label, a line or a figure, were they taken as they are.
const NAMES: [&str; 4] =
    ["quoter", "a\"} 1\nringfence_ready{b=\"", "back\\slash\\", "\u{0}\r\u{7f}é"];

fn strategies() -> Figures {
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    for (number, name) in (0..).zip(NAMES) {
        let subscription = Subscription::EVERYTHING;
        host.seat(Seat::new(name.to_owned(), number, Box::new(Idle), subscription));
    }
    host.unload(3, OpenOrders::Cancel).expect("it is there");
    let figures = Figures::default();
    figures.look_at(&host);
    let spec = InstrumentSpec::new(InstrumentId(1), "ABC");
    let command = Command::Instrument(Box::new(spec));
    host.turn(Stamped { at: Time(9), command }, &mut ()).expect("nothing is kept");
    figures.look_at(&host);
    figures
}

/// The labels of a line of figures, as Prometheus reads them, and its value.
fn read_line(line: &str) -> (String, Vec<(String, String)>, String) {
    let Some((name, mut rest)) = line.split_once('{') else {
        let (name, value) = line.split_once(' ').expect("a value");
        return (name.to_owned(), Vec::new(), value.to_owned());
    };
    let mut labels = Vec::new();
    loop {
        let (label, begun) = rest.split_once("=\"").expect("a label");
        let (mut value, mut letters) = (String::new(), begun.char_indices());
        let end = loop {
            match letters.next().expect("the value ends") {
                (at, '"') => break at,
                (_, '\\') => match letters.next().expect("something is escaped").1 {
                    'n' => value.push('\n'),
                    letter => value.push(letter),
                },
                (_, letter) => value.push(letter),
            }
        };
        labels.push((label.to_owned(), value));
        rest = &begun[end + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => break,
        }
    }
    let value = rest.strip_prefix("} ").expect("the labels end, and a value follows");
    (name.to_owned(), labels, value.to_owned())
}

#[test]
fn whatever_a_strategy_is_called_its_figures_can_be_read() {
    let text = strategies().text(None, true);
    let mut named = std::collections::BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        let (name, labels, value) = read_line(line);
        assert!(value == "+Inf" || value.parse::<f64>().is_ok(), "{line}");
        assert_ne!((name.as_str(), labels.len()), ("ringfence_ready", 1), "{line}");
        if name == "ringfence_strategy_gas_total" {
            named.insert(labels[0].1.clone(), labels[1].1.clone());
        }
    }
    let plain = |name: &str| -> String {
        let letters =
            name.chars().map(|it| if it.is_control() && it != '\n' { '\u{fffd}' } else { it });
        letters.collect()
    };
    let names: Vec<_> = named.into_values().collect();
    assert_eq!(names, NAMES.map(plain));
    for line in [
        r#"ringfence_strategy_state{seat="0",name="quoter",state="stopped"} 1"#,
        r#"ringfence_strategy_faults_total{seat="0",name="quoter",cause="guest_error"} 1"#,
        r#"ringfence_strategy_commands_total{seat="0",name="quoter",result="accepted"} 0"#,
        r#"ringfence_strategy_memory_bytes{seat="0",name="quoter"} 65536"#,
        r#"ringfence_strategy_cold_start_seconds{seat="0",name="quoter"} 0.000000000"#,
        "ringfence_strategies 3",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} in {text}");
    }
}

#[test]
fn strategies_are_listed_with_their_last_fault() {
    let figures = Arc::new(strategies());
    let routes = Routes { health: Arc::default(), figures, feed: None };
    let reply = routes.get("/v1/strategies");
    assert_eq!(reply.status, 200);
    let listed: Value = serde_json::from_str(&reply.body).expect("it is JSON");
    let (first, last) = (&listed["strategies"][0], &listed["strategies"][3]);
    assert_eq!(first["state"], "stopped");
    assert_eq!(first["faults"]["guest_error"], 1);
    assert_eq!(first["last_fault"]["at"], 9);
    assert_eq!(first["last_fault"]["log"][0], "last \"words\"\n");
    assert!(first["last_fault"]["what"].as_str().is_some_and(|what| what.contains("-7")));
    assert_eq!((&last["state"], &last["last_fault"]), (&Value::from("unloaded"), &Value::Null));
    assert_eq!(listed["strategies"][1]["name"], NAMES[1]);
}
