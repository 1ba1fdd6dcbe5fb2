//! What there is to be had of a venue as soon as it says that it is ready.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};

use ringfence_core::wire::{EVENT_LEN, EventRecord};
use ringfence_host::config::Config;
use ringfence_host::feed::record::{Depth, Request, kind};
use ringfence_host::venue::{Services, Venue};

use crate::command::Folder;
use crate::venue::{PATIENCE, get};

/// An auction in which two orders of five lots have met, and two lots are left over.
const TAPE: &str = "\
{\"op\":\"instrument\",\"instrument\":1,\"symbol\":\"A\",\"phase\":\"auction\"}
{\"op\":\"new\",\"instrument\":1,\"id\":1,\"account\":1,\"side\":\"buy\",\"qty\":7,\"price\":101}
{\"op\":\"new\",\"instrument\":1,\"id\":2,\"account\":2,\"side\":\"sell\",\"qty\":5,\"price\":101}
";

/// Nobody sends a command, and no time passes.
fn config(folder: &Folder) -> Config {
    let text = format!(
        "[venue]\ntick_ms = 0\ninstruments = \"{}\"\n\
         [venue.capacity]\norders = 1024\nlevels = 256\ninstruments = 4\n\
         [journal]\nfolder = \"{}\"\npolicy = \"os\"\n\
         [gateway]\naddress = \"127.0.0.1:0\"\n\
         [feed]\naddress = \"127.0.0.1:0\"\n[http]\naddress = \"127.0.0.1:0\"\n",
        folder.write("instruments.jsonl", TAPE),
        folder.path("journal"),
    );
    Config::parse("venue.toml", &text).expect("it is right")
}

/// Ends the venue when nobody asks any more, whatever the reason.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The first records that somebody gets who subscribes.
fn snapshot(feed: SocketAddr) -> Vec<EventRecord> {
    let mut socket = TcpStream::connect(feed).expect("it listens");
    socket.set_read_timeout(Some(PATIENCE)).expect("a span");
    let (kind, depth) = (kind::SUBSCRIBE, Depth::Levels as u8);
    let request = Request { kind, depth, instrument: 1, epoch: 0, from: 0, count: 0 };
    socket.write_all(&request.to_bytes()).expect("it reads");
    let mut records = Vec::new();
    while records.last().is_none_or(|last: &EventRecord| last.kind != kind::SNAPSHOT_END) {
        let mut bytes = [0; EVENT_LEN];
        socket.read_exact(&mut bytes).expect("it answers");
        records.push(EventRecord::from_bytes(&bytes));
        assert_ne!(records[0].kind, kind::REFUSED, "{records:?}");
    }
    records
}

/// Before the first command of a new venue, and of one that was started again.
#[test]
fn a_venue_that_is_ready_has_its_books() {
    let folder = Folder::new("ready");
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let config = config(&folder);
        let (services, mut beside) = Services::start(&config).expect("ports are free");
        let mut venue = Venue::open(&config, &services).expect("it opens");
        let address = |address: Option<SocketAddr>| address.expect("it is configured");
        let (http, feed) = (address(services.http_address()), address(services.feed_address()));
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let asks = scope.spawn(|| {
                let _ends = Ends(&stop);
                while !get(http, "/readyz").starts_with("HTTP/1.1 200") {
                    assert!(!stop.load(Ordering::Relaxed), "it has ended");
                }
                (get(http, "/v1/instruments"), get(http, "/v1/books/1"), snapshot(feed))
            });
            let ended = venue.run(&stop, &mut beside);
            stop.store(true, Ordering::Relaxed);
            ended.expect("it ends in order");
            let (listed, book, records) = asks.join().expect("all is there");
            assert!(listed.contains("\"symbol\":\"A\""), "{listed}");
            let (_, body) = book.split_once("\r\n\r\n").expect("it has a body");
            let book: serde_json::Value = serde_json::from_str(body).expect("it is JSON");
            let expected = serde_json::json!({ "price": 101, "qty": 5, "surplus": 2 });
            assert_eq!(book["indicative"], expected, "{book}");
            assert_eq!(book["bids"][0]["qty"], 7);
            assert_eq!(records[0].seq, book["seq"].as_u64().expect("a number"));
            assert_eq!(records[0].at_ns, book["at"].as_u64().expect("a number"));
            numbers.push((records[0].seq, records[0].at_ns));
        });
    }
    assert!(numbers[0].0 > 3 && numbers[0].1 > 0, "{numbers:?}");
    assert_eq!(numbers[0], numbers[1], "nothing happened since");
}
