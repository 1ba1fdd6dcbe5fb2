//! Whatever a subscriber sends, or a visitor of the HTTP server: nobody is harmed by it.

use std::sync::Arc;

use ringfence_core::testing::generate::RandomCommands;
use ringfence_core::wire::EVENT_LEN;
use ringfence_core::{Capacity, Engine, Interest};

use crate::feed::{Market, Mask, Message, Settings};
use crate::http::{Routes, Settings as HttpSettings, Visitor};

const CAPACITY: Capacity =
    Capacity { orders: 256, levels: 128, instruments: 4, accounts: 16, positions: 64 };

/// Any bytes to a market that goes on meanwhile: whole records come back, within bounds, or the
/// connection ends. The first byte says how the others are cut and when they are read.
///
/// # Panics
///
/// Where other bytes come back, or too many wait.
pub fn check_feed_bytes(bytes: &[u8]) {
    let Some((&first, bytes)) = bytes.split_first() else { return };
    let settings = Settings { output_len: 8_192, history_len: 32, ..Settings::default() };
    let mut market = Market::new(settings, 1, Mask::none());
    let mut engine = Engine::new(CAPACITY);
    let mut commands = RandomCommands::new(u64::from(first % 8));
    let number = market.connect(0);
    let other = market.connect(0);
    let mut now_ns = 0;
    for piece in bytes.chunks(usize::from(first) + 1) {
        let mut public = Vec::new();
        for (at, command) in commands.by_ref().take(8) {
            let mut events = Vec::new();
            engine.apply(at, &command, &mut events);
            events.retain(|event| event.what.class() != Interest::PRIVATE);
            public.extend(events.into_iter().map(|event| (at, event)));
        }
        market.take(&Message::Events(public));
        market.take(&Message::Books(crate::feed::public_books(&engine)));
        market.hear(number, piece, now_ns);
        now_ns += 100_000_000;
        market.tick(now_ns);
        let subscriber = market.subscriber(number).expect("it is connected");
        let waiting = subscriber.output().len();
        // Of four small books.
        assert!(waiting < 8_192 + 4 * 64 * 300, "{waiting} bytes wait");
        if first % 3 != 0 {
            assert_eq!(waiting % EVENT_LEN, 0, "records are whole");
            subscriber.sent(waiting, now_ns);
        } else {
            subscriber.sent(waiting / 3, now_ns);
        }
        if subscriber.cut_off().is_some() {
            market.disconnect(number);
            assert_eq!(market.subscribers(), 1);
            break;
        }
    }
    let other = market.subscriber(other).expect("it has done nothing");
    assert!(other.output().len() <= 8_192, "heartbeats are bounded as well");
}

/// Any bytes to the HTTP server, in pieces as the first byte says: answers come back whole or not at all,
/// and no answer is longer than any.
///
/// # Panics
///
/// Where something else comes back.
pub fn check_http_bytes(bytes: &[u8]) {
    let Some((&first, bytes)) = bytes.split_first() else { return };
    let (health, figures) = (Arc::default(), Arc::default());
    let (settings, routes) = (HttpSettings::default(), Routes { health, figures, feed: None });
    let mut visitor = Visitor::new(0);
    for piece in bytes.chunks(usize::from(first) + 1) {
        visitor.hear(piece, &settings, &routes, 1);
        while !visitor.output().is_empty() {
            let output = visitor.output();
            assert!(output.starts_with(b"HTTP/1.1 ") && output.len() < 65_536);
            let len = output.len();
            visitor.sent(len, 1);
            visitor.take_turn(&settings, &routes, 1);
        }
        if visitor.is_over() {
            return;
        }
    }
}
