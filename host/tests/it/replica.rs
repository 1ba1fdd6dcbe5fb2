//! A guest holds the engine's own book: `examples/strategy-imbalance`, fed with the order-level events
//! of a made-up day, weighs the same book as the engine, on every Wasm engine.

use std::fs;

use ringfence_core::testing::generate::TradingDay;
use ringfence_core::wire::EventRecord;
use ringfence_core::{
    Capacity, Engine as Book, Event, EventSink, InstrumentId, Interest, Price, Side,
};
use ringfence_host::sandbox::{Cache, Sandbox, SandboxConfig};

use crate::guests::{engines, guest_file};

#[test]
fn a_guest_holds_the_book_of_the_engine() {
    let file = guest_file("strategy-imbalance");
    let Ok(wasm) = fs::read(&file) else {
        println!("skipped: {} is not there: run .ci/build-guests.sh", file.display());
        return;
    };
    let config = SandboxConfig { params: "instrument=1\n".into(), ..SandboxConfig::default() };
    for engine in engines() {
        let mut sandbox = Sandbox::load(&**engine, &Cache::disabled(), &wasm, &config).unwrap();
        let mut book = Book::new(Capacity { orders: 1 << 13, ..Capacity::SMALL });
        let mut feed = Feed(Vec::new());
        let mut checked = 0;
        let mut asked = Vec::new();
        for (at, command) in TradingDay::new(11, InstrumentId(1), Price(50_000)).take(2_000) {
            feed.0.clear();
            book.apply(at, &command, &mut feed);
            if feed.0.is_empty() {
                continue;
            }
            let records: Vec<_> =
                feed.0.iter().map(|event| EventRecord::from_event(event, at)).collect();
            sandbox.deliver(at, &records, &mut asked).unwrap();
            let weighed = Side::BOTH.map(|side| {
                let levels = book.book(InstrumentId(1)).unwrap().levels(side).take(5);
                i64::try_from(levels.map(|level| level.qty).sum::<u128>()).unwrap()
            });
            assert_eq!(sandbox.metrics()[..2], weighed, "{} at {at}", engine.name());
            checked += 1;
        }
        assert!(checked > 1_000, "the day changes the book: {checked}");
        assert!(!asked.is_empty(), "the guest trades");
    }
}

/// Order-level events alone.
struct Feed(Vec<Event>);

impl EventSink for Feed {
    fn interest(&self) -> Interest {
        Interest::L3
    }

    fn push(&mut self, event: Event) {
        self.0.push(event);
    }
}
