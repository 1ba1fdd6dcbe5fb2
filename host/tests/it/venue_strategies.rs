//! Strategies of a venue in a process of its own, as its file names them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ringfence_core::wire::{CommandRecord, EventRecord, kind};
use ringfence_core::{Command, InstrumentId, NewOrder, OrderId, Price, Qty, Side, TimeInForce};
use ringfence_host::client::Client;

use crate::command::{Folder, Run, ringfence};
use crate::guests::{COMMANDS, Guest, guest_file};
use crate::venue::{PATIENCE, Venue, ask, get, limit, record};

/// A guest that answers with `order` when somebody offers at 101, and fails every so many times; 0:
/// never.
pub(crate) fn answers_offers(order: NewOrder, fails_every: u64) -> Vec<u8> {
    let bytes = record(&Command::New(order)).to_bytes();
    let bytes: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let add = kind::ADD;
    let fails_every = if fails_every == 0 { u64::MAX } else { fails_every };
    let on_events = format!(
        "(loop $next
            (if (i32.lt_u (local.get $i) (local.get $count)) (then
                (if (i32.eq (i32.load8_u (local.get $events)) (i32.const {add})) (then
                    (if (i64.eq (i64.load offset=32 (local.get $events)) (i64.const 101)) (then
                        (local.set $n (i32.const 1))))))
                (local.set $events (i32.add (local.get $events) (i32.const 64)))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br $next))))
        (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
        (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
        (if (i64.eqz (i64.rem_u (global.get $calls) (i64.const {fails_every})))
            (then (unreachable)))
        (i64.store offset=24 (i32.const {COMMANDS}) (global.get $calls))
        (i32.const 1)"
    );
    let more = format!(
        "(global $calls (mut i64) (i64.const 0)) (data (i32.const {COMMANDS}) \"{bytes}\")"
    );
    Guest { on_events, more, ..Guest::default() }.wasm()
}

/// A bid for two.
pub(crate) fn bid(price: i64, tif: TimeInForce) -> NewOrder {
    let order = NewOrder::limit(OrderId(0), Side::Buy, Price(price), Qty(2));
    NewOrder { instrument: InstrumentId(1), tif, ..order }
}

/// Takes what is offered at 101.
fn buyer() -> Vec<u8> {
    answers_offers(bid(101, TimeInForce::Ioc), 0)
}

fn offer(id: u64) -> CommandRecord {
    record(&Command::New(limit(id, Side::Sell, 101)))
}

/// Offers from `from` on, so many; returns what became of them.
fn offers(client: &mut Client, from: u64, count: u64) -> Vec<EventRecord> {
    (from..from + count).flat_map(|id| ask(client, &offer(id))).collect()
}

fn fills(events: &[EventRecord]) -> usize {
    events.iter().filter(|event| event.kind == kind::FILLED).count()
}

/// The state that a line names.
#[track_caller]
fn state(said: &str) -> &str {
    let (_, state) = said.rsplit_once("state ").unwrap_or_else(|| panic!("no state: {said}"));
    &state[..16]
}

/// The journal's commands of `account` with this beginning.
fn count(dumped: &Run, op: &str, account: u32) -> usize {
    let (op, account) = (format!("{{\"op\":\"{op}\""), format!("\"account\":{account}"));
    let is_one = |line: &&str| {
        line.starts_with(&op) && line.split(['{', ',', '}']).any(|part| part == account)
    };
    dumped.out.lines().filter(is_one).count()
}

/// Asks again until a figure, summed over its labels, is as wanted.
#[track_caller]
fn wait_for(http: SocketAddr, figure: &str, is_wanted: impl Fn(u64) -> bool) -> String {
    let until = Instant::now() + PATIENCE;
    loop {
        let text = get(http, "/metrics");
        let values = text.lines().filter(|line| line.starts_with(figure));
        let sum = values.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum();
        if is_wanted(sum) {
            return text;
        }
        assert!(Instant::now() < until, "{figure} is {sum}: {text}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

const FAULTS: &str = "ringfence_strategy_faults_total";

/// One takes offers on the venue's own thread, two bid below them on workers, of which one fails again
/// and again. All begin afresh at each start.
const CREW: &str = r#"
[images]
enabled = false
[http]
address = "127.0.0.1:0"
[workers]
count = 2
[[strategies]]
file = "buyer.wasm"
subscriptions = ["l3"]
[[strategies]]
file = "bidder.wasm"
subscriptions = ["l3"]
worker = 0
[[strategies]]
file = "fails.wasm"
subscriptions = ["l3"]
worker = 1
orders_at_start = "keep"
on_fault = { orders = "keep", restart = true, back_off_ms = 1, back_off_max_ms = 1, quarantine_after = 9999 }
"#;

fn with_crew(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("buyer.wasm", buyer());
    folder.write("bidder.wasm", answers_offers(bid(90, TimeInForce::Gtc), 0));
    folder.write("fails.wasm", answers_offers(bid(89, TimeInForce::Gtc), 5));
    folder
}

#[test]
fn the_journal_of_a_venue_with_strategies_comes_to_its_state_without_them() {
    let folder = with_crew("venue-crew");
    let mut venue = Venue::start(&folder, "os", CREW);
    for (number, name) in ["1 buyer", "2 bidder", "3 fails"].iter().enumerate() {
        let line = format!("strategy {name} has account {}", 1_000_001 + number);
        assert!(venue.began.contains(&line), "{}", venue.began);
    }
    let mut client = venue.client(1);
    assert_eq!(fills(&offers(&mut client, 1, 60)), 60);
    let http = venue.http();
    wait_for(http, FAULTS, |faults| faults > 0);
    venue.kill();
    let venue = Venue::start(&folder, "os", CREW);
    client.move_to(venue.address);
    assert_eq!(fills(&offers(&mut client, 61, 40)), 40);
    let said = venue.end();
    let journal = folder.path("journal");
    let replayed = ringfence(&["journal", "replay", "--hash", &journal]);
    assert_eq!(replayed.status, 0, "{}", replayed.err);
    assert!(replayed.out.contains(state(&said)), "{} is not {said}", replayed.out);
    let dumped = ringfence(&["journal", "dump", &journal]);
    let [bought, bid, failing] =
        [1_000_001, 1_000_002, 1_000_003].map(|it| count(&dumped, "new", it));
    assert!(bought == 100 && bid == 100, "{bought} {bid}");
    // It failed four times at least and came back, with ids from 1: those of before are still there.
    assert!(failing > 4, "{failing}");
    // Who begins afresh has no orders, unless that is wished.
    let cancelled = [1_000_001, 1_000_002, 1_000_003].map(|it| count(&dumped, "mass_cancel", it));
    assert_eq!(cancelled, [1, 1, 0], "{}", dumped.out);
    // And back once more, without the one that fails: its orders have nobody any more.
    let (others, _) = CREW.rsplit_once("[[strategies]]").unwrap();
    let venue = Venue::start(&folder, "os", others);
    assert_eq!(state(venue.began.lines().next().unwrap()), state(&said));
    venue.end();
    let dumped = ringfence(&["journal", "dump", &journal]);
    assert_eq!(count(&dumped, "mass_cancel", 1_000_003), 1);
}

/// What it attacks with, and whether that is a fault.
const ATTACKS: [(&str, bool); 24] = [
    ("attack = \"loop-event\"", true),
    ("attack = \"loop-timer\"", true),
    ("attack = \"loop-host\"", true),
    ("attack = \"memory\"", false),
    ("attack = \"recursion\"", true),
    ("attack = \"heavy-recursion\"", true),
    ("attack = \"trap\"", true),
    ("attack = \"panic\"", true),
    ("attack = \"wild-read\", ptr = 4294967292", true),
    ("attack = \"wild-write\", ptr = 4294967295, len = 7", true),
    ("attack = \"wild-log\", ptr = 4294967295, len = 1", true),
    ("attack = \"wild-panic\", ptr = 0, len = 4294967295", true),
    ("attack = \"wild-submit\", ptr = 4294967295, len = 1", true),
    ("attack = \"wild-metric\"", false),
    ("attack = \"wild-answer\", len = 65", true),
    ("attack = \"wild-answer\", len = 4294967295", true),
    ("attack = \"overwrite\"", false),
    ("attack = \"order-flood\"", true),
    ("attack = \"order-greed\"", true),
    ("attack = \"nonsense\"", false),
    ("attack = \"log-flood\"", false),
    ("attack = \"nan\"", false),
    ("attack = \"calm\"", false),
    ("attack = \"calm\"", false),
];

/// The buyer among all of them, who may do little, half of them on a worker.
fn besieged(runtime: &str) -> String {
    let mut text = "[http]\naddress = \"127.0.0.1:0\"\n[workers]\ncount = 1\n".to_owned();
    for (number, (attack, _)) in ATTACKS.iter().enumerate() {
        if number == ATTACKS.len() / 2 {
            text += "[[strategies]]\nfile = \"buyer.wasm\"\nsubscriptions = [\"l3\"]\n";
        }
        let worker = if number % 2 == 0 { "worker = 0\n" } else { "" };
        text += &format!(
            "[[strategies]]\nfile = \"hostile.wasm\"\nruntime = \"{runtime}\"\ntimer_ns = 1000000\n{worker}\
             parameters = {{ {attack}, instrument = 1 }}\n\
             limits = {{ gas_per_call = 4000000, gas_init = 4000000, memory_pages = 40, \
             orders_per_second = 50, open_orders = 20 }}\n"
        );
    }
    text
}

#[test]
fn a_venue_survives_strategies_that_attack_it_and_a_good_one_trades() {
    let Ok(hostile) = std::fs::read(guest_file("strategy-hostile")) else {
        println!("skipped: there is no strategy-hostile.wasm; .ci/build-guests.sh builds it");
        return;
    };
    let engines =
        [("wasmtime", cfg!(feature = "wasmtime")), ("wasmedge", cfg!(feature = "wasmedge"))];
    for (runtime, is_there) in engines {
        if !is_there {
            continue;
        }
        let folder = Folder::new(&format!("venue-besieged-{runtime}"));
        folder.write("buyer.wasm", buyer());
        folder.write("hostile.wasm", &hostile);
        let mut venue = Venue::start(&folder, "os", &besieged(runtime));
        let mut client = venue.client(1);
        assert!(fills(&offers(&mut client, 1, 10)) > 0);
        let http = venue.http();
        let expected = ATTACKS.iter().filter(|(_, is_fault)| *is_fault).count() as u64;
        wait_for(http, FAULTS, |faults| faults == expected);
        // Who offers is still served, at once and by the good one.
        let events = offers(&mut client, 11, 20);
        assert_eq!(fills(&events), 20, "{runtime}");
        let text = wait_for(http, FAULTS, |faults| faults == expected);
        let strategies = format!("ringfence_strategies {}\n", ATTACKS.len() + 1);
        assert!(text.contains(&strategies), "{text}");
        let said = venue.end();
        let replayed = ringfence(&["journal", "replay", "--hash", &folder.path("journal")]);
        assert!(replayed.out.contains(state(&said)), "{runtime}: {} is not {said}", replayed.out);
        let dumped = ringfence(&["journal", "dump", &folder.path("journal")]);
        assert!(count(&dumped, "new", 1_000_013) >= 20, "{runtime}");
    }
}

/// Who does not start is no strategy: the venue says so and does not begin.
#[test]
fn a_strategy_that_does_not_start_is_refused_at_the_start() {
    let folder = Folder::new("venue-refused");
    let config = |more: &str| {
        let journal = "[journal]\nfolder = \"journal\"\n[gateway]\naddress = \"127.0.0.1:0\"\n";
        folder.write("venue.toml", format!("{journal}[[strategies]]\nfile = \"it.wasm\"\n{more}"))
    };
    folder.write("it.wasm", Guest { init: "(i32.const -4)".into(), ..Guest::default() }.wasm());
    let refused = |more: &str, parts: &[&str]| {
        let run = ringfence(&["run", "--config", &config(more)]);
        let err = run.err.lines().last().unwrap_or_default().to_owned();
        Run { status: run.status, out: run.out, err }.refused(parts);
    };
    refused("", &["it.wasm", "rf_init", "-4"]);
    refused("instruments = [7]\n", &["it.wasm", "[7]", "this venue does not trade"]);
    refused("limits = { module_bytes = 10 }\n", &["it.wasm", "bytes", "10"]);
    refused("[workers]\ncount = 1\nprocessors = [60000]\n", &["[workers]", "processor 60000"]);
}
