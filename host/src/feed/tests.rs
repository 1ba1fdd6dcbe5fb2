//! Subscribers hold what is displayed, whatever becomes of their connection; and nothing else.

mod auctions;
mod client;
mod scene;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use ringfence_core::testing::generate::RandomCommands;
use ringfence_core::wire::{EVENT_LEN, EventRecord};
use ringfence_core::{InstrumentId, Side};

use super::record::{Depth, Refusal, Request, kind};
use super::subscriber::CutOff;
use super::{Feed, FeedOutlet, Market, Mask, Message, Settings};
use crate::Host;
use crate::journal::Journal;
use crate::sequencer::Stamped;
use client::Client;
use scene::{CAPACITY, EPOCH, Scene, instruments, subscribe};

#[test]
fn subscribers_hold_the_displayed_book() {
    for seed in 0..20 {
        let mut scene = Scene::new(seed, Settings::default());
        scene.trade(100);
        scene.hear();
        for depth in Depth::ALL {
            let number = scene.market.connect(1);
            let mut client = Client::default();
            for instrument in instruments(&scene.engine) {
                scene.ask(number, subscribe(instrument, depth, 0));
            }
            let there = instruments(&scene.engine);
            for _ in 0..40 {
                scene.trade(25);
                scene.hear();
                scene.now_ns += 1_000_000_000;
                let alive = Request { kind: kind::ALIVE, ..subscribe(0, depth, 0) };
                scene.ask(number, alive);
                scene.market.tick(scene.now_ns);
                client.read(&scene.read(number));
                for &instrument in &there {
                    client.check(&scene.engine, instrument, depth);
                }
            }
            assert_eq!(client.snapshots, there.len(), "seed {seed}: one each, at first");
        }
    }
}

#[test]
fn whoever_comes_back_goes_on_where_it_was() {
    let settings = Settings { history_len: 200, ..Settings::default() };
    let mut scene = Scene::new(5, settings);
    scene.trade(200);
    scene.hear();
    let instrument = instruments(&scene.engine)[0];
    let mut client = Client::default();
    let first = scene.market.connect(1);
    scene.ask(first, subscribe(instrument, Depth::Orders, 0));
    client.read(&scene.read(first));
    // A short while away: what it missed is sent again.
    scene.market.disconnect(first);
    scene.trade(30);
    scene.hear();
    let second = scene.market.connect(1);
    scene.ask(second, subscribe(instrument, Depth::Orders, client.number[&instrument] + 1));
    client.read(&scene.read(second));
    client.check(&scene.engine, instrument, Depth::Orders);
    assert_eq!(client.snapshots, 1, "it did not begin anew");
    scene.trade(10);
    scene.hear();
    client.read(&scene.read(second));
    client.check(&scene.engine, instrument, Depth::Orders);
    // Too long: a snapshot. So for a number of other times, and for one that was never given.
    let number = client.number[&instrument];
    for _ in 0..40 {
        scene.trade(500);
        scene.hear();
    }
    for (epoch, from) in [(EPOCH, number + 1), (EPOCH - 1, number + 1), (EPOCH, u64::MAX)] {
        let again = scene.market.connect(1);
        scene.ask(again, Request { epoch, ..subscribe(instrument, Depth::Orders, from) });
        let records = scene.read(again);
        assert_eq!(records[0].kind, kind::SNAPSHOT_BEGIN);
        let mut client = Client::default();
        client.read(&records);
        client.check(&scene.engine, instrument, Depth::Orders);
    }
}

#[test]
fn a_range_is_sent_again() {
    let mut scene = Scene::new(5, Settings::default());
    scene.trade(200);
    scene.hear();
    let instrument = instruments(&scene.engine)[0];
    let number = scene.market.connect(1);
    scene.ask(number, subscribe(instrument, Depth::Levels, 0));
    let begin = scene.read(number)[0].qty;
    scene.trade(200);
    scene.hear();
    let live = scene.read(number);
    let repeat = |from, count| Request {
        kind: kind::REPEAT,
        count,
        ..subscribe(instrument, Depth::Levels, from)
    };
    scene.ask(number, repeat(begin + 3, 5));
    let again = scene.read(number);
    assert_eq!((again[0].kind, again[0].qty, again[0].aux0), (kind::REPEAT_BEGIN, begin + 3, 5));
    assert_eq!(again[1..], live[2..7]);
    scene.ask(number, repeat(0, 5));
    assert_eq!(scene.read(number)[0].kind, kind::SNAPSHOT_BEGIN, "number 0 was never given");
}

#[test]
fn a_subscriber_that_does_not_read_gets_a_snapshot_later_or_is_cut_off() {
    let settings = Settings { output_len: 4_096, ..Settings::default() };
    let mut scene = Scene::new(9, settings);
    scene.trade(200);
    scene.hear();
    let instrument = instruments(&scene.engine)[0];
    let number = scene.market.connect(1);
    scene.ask(number, subscribe(instrument, Depth::Orders, 0));
    let mut client = Client::default();
    client.read(&scene.read(number));
    scene.trade(2_000);
    scene.hear();
    let waiting = scene.market.subscriber(number).expect("it is there").waiting();
    assert!(waiting <= 4_096, "{waiting} bytes wait");
    client.read(&scene.read(number));
    assert_eq!(client.behind, 1, "it is told that it is behind");
    scene.market.tick(scene.now_ns);
    client.read(&scene.read(number));
    assert_eq!(client.snapshots, 2);
    client.check(&scene.engine, instrument, Depth::Orders);
    scene.trade(2_000);
    scene.hear();
    scene.market.tick(40_000_000_000);
    let subscriber = scene.market.subscriber(number).expect("its socket is closed next");
    assert_eq!(subscriber.cut_off(), Some(CutOff::Stuck));
    // One that says nothing, though it reads.
    let silent = scene.market.connect(40_000_000_000);
    scene.market.tick(80_000_000_000);
    let subscriber = scene.market.subscriber(silent).expect("its socket is closed next");
    assert!(subscriber.cut_off().is_some());
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let settings = Settings { lines_max: 1, requests_max: 8, ..Settings::default() };
    let mut scene = Scene::new(5, settings);
    scene.trade(300);
    scene.hear();
    let known = instruments(&scene.engine);
    assert!(known.len() > 1);
    let number = scene.market.connect(1);
    let cases = [
        (subscribe(999, Depth::Orders, 0), Some(Refusal::UnknownInstrument)),
        (
            Request { depth: 1, ..subscribe(known[0], Depth::Orders, 0) },
            Some(Refusal::UnknownDepth),
        ),
        (
            Request { kind: kind::REPEAT, ..subscribe(known[0], Depth::Orders, 1) },
            Some(Refusal::NotSubscribed),
        ),
        (
            Request { kind: kind::UNSUBSCRIBE, ..subscribe(known[0], Depth::Orders, 1) },
            Some(Refusal::NotSubscribed),
        ),
        (subscribe(known[0], Depth::Orders, 0), None),
        (subscribe(known[0], Depth::Levels, 0), Some(Refusal::OtherDepth)),
        (subscribe(known[1], Depth::Levels, 0), Some(Refusal::TooMany)),
    ];
    for (request, refusal) in cases {
        scene.ask(number, request);
        let answer = scene.read(number);
        match refusal {
            Some(reason) => {
                assert_eq!((answer[0].kind, answer[0].flags), (kind::REFUSED, reason as u16));
                assert_eq!(answer[0].aux0, u64::from(request.kind));
            }
            None => assert_eq!(answer[0].kind, kind::SNAPSHOT_BEGIN),
        }
    }
    scene.ask(number, subscribe(known[0], Depth::Orders, 0));
    scene.ask(number, subscribe(known[0], Depth::Orders, 0));
    let cut_off = scene.market.subscriber(number).expect("it is there").cut_off();
    assert_eq!(cut_off, Some(CutOff::TooManyRequests));
    let other = scene.market.connect(1);
    scene.market.hear(other, &[1; EVENT_LEN], 1);
    let cut_off = scene.market.subscriber(other).expect("it is there").cut_off();
    assert_eq!(cut_off, Some(CutOff::NotARequest), "an event is no request");
}

/// The venue never waits: where the ring is full, subscribers get snapshots once there is room.
#[test]
fn a_full_ring_costs_events_and_no_book() {
    let mut scene = Scene::new(3, Settings { ring_len: 8, ..Settings::default() });
    scene.trade(200);
    scene.hear();
    // Those that were lost in the beginning come with the books.
    scene.trade(1);
    scene.hear();
    let instrument = instruments(&scene.engine)[0];
    let number = scene.market.connect(1);
    let mut client = Client::default();
    scene.ask(number, subscribe(instrument, Depth::Orders, 0));
    client.read(&scene.read(number));
    scene.trade(500);
    let lost = scene.counts.lost.load(std::sync::atomic::Ordering::Relaxed);
    assert!(lost > 100, "{lost} events were lost");
    scene.hear();
    scene.trade(1);
    scene.hear();
    client.read(&scene.read(number));
    assert!(client.snapshots >= 2);
    client.check(&scene.engine, instrument, Depth::Orders);
}

/// Private events of anybody stay with the venue's thread, and books hold what is displayed.
#[test]
fn nothing_private_enters_the_ring() {
    let mut scene = Scene::new(11, Settings { ring_len: 4_096, ..Settings::default() });
    let mut told = 0;
    for _ in 0..40 {
        scene.trade(50);
        while let Ok(message) = scene.ring.try_recv() {
            scene.counts.waiting.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
            match message {
                Message::Events(events) => {
                    told += events.len();
                    let private = events.iter().find(|(_, event)| event.what.account().is_some());
                    assert_eq!(private, None);
                }
                Message::Books(books) => {
                    for book in books {
                        let engine = scene.engine.book(book.listing.spec.instrument);
                        let engine = engine.expect("it is the engine's");
                        for (id, _, _, shown) in book.orders {
                            let Some(order) = engine.order(id) else { continue };
                            assert!(!shown.is_zero() && shown <= order.open.max(shown));
                        }
                    }
                }
            }
        }
    }
    assert!(told > 500, "{told} events were told");
}

/// Names that say whose an order is do not get out; the books are the same all the same.
#[test]
fn the_public_does_not_learn_the_names_of_orders() {
    let mut scene = Scene::new(5, Settings::default());
    scene.market = Market::new(Settings::default(), EPOCH, Mask::random());
    scene.trade(200);
    scene.hear();
    let instrument = instruments(&scene.engine)[0];
    let number = scene.market.connect(1);
    scene.ask(number, subscribe(instrument, Depth::Orders, 0));
    let mut client = Client::default();
    let (mut names, mut seen) = (std::collections::BTreeSet::new(), 0);
    for _ in 0..20 {
        scene.trade(50);
        scene.hear();
        let records = scene.read(number);
        client.read(&records);
        seen += records.len();
        let book = scene.engine.book(InstrumentId(instrument)).expect("it is there");
        let live = Side::BOTH.into_iter().flat_map(|side| book.orders(side));
        names.extend(live.map(|order| order.id.0));
        let told = records.iter().filter(|record| record.kind < kind::SNAPSHOT_BEGIN);
        for record in told.filter(|record| !matches!(record.kind, 23..=25)) {
            assert!(!names.contains(&record.order_id), "{record:?}");
        }
        let replica = &client.orders[&instrument];
        for side in Side::BOTH {
            assert!(replica.levels(side).eq(book.levels(side)));
        }
    }
    assert!(seen > 50 && names.len() > 20);
}

/// Through sockets, with threads, while a host trades.
#[test]
fn a_client_follows_a_venue_over_a_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let heartbeat = Duration::from_millis(20);
    let settings = Settings { heartbeat, masks_ids: false, ..Settings::default() };
    let (feed, mut outlet) = Feed::start(settings, Some(listener)).expect("it starts");
    let mut host = Host::new(CAPACITY, Journal::none());
    let mut commands = RandomCommands::new(4);
    let mut trade = |count: usize, host: &mut Host, outlet: &mut FeedOutlet| {
        for (at, command) in commands.by_ref().take(count) {
            host.turn(Stamped { at, command }, outlet).expect("there is no journal to fail");
        }
    };
    trade(200, &mut host, &mut outlet);
    let instrument = instruments(host.engine())[0];
    let books = feed.books();
    let listed = std::iter::repeat_with(|| books.instruments().expect("it answers"))
        .find(|listed| !listed.is_empty())
        .expect("they come in time");
    assert_eq!(listed.len(), host.engine().instruments().count());
    let mut socket = TcpStream::connect(feed.address().expect("it listens")).expect("it accepts");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket has timeouts");
    let request = subscribe(instrument, Depth::Orders, 0).to_bytes();
    // In two pieces, as a network may deliver it.
    socket.write_all(&request[..10]).expect("it reads");
    socket.write_all(&request[10..]).expect("it reads");
    let mut client = Client::default();
    let mut read_to_number = |client: &mut Client, number: u64| {
        let mut bytes = [0; EVENT_LEN];
        loop {
            socket.read_exact(&mut bytes).expect("it goes on");
            let record = EventRecord::from_bytes(&bytes);
            client.read(&[record]);
            let is_end = matches!(record.kind, kind::SNAPSHOT_END | kind::HEARTBEAT);
            if is_end && record.instrument == instrument && record.seq >= number {
                return;
            }
        }
    };
    read_to_number(&mut client, 0);
    trade(1_000, &mut host, &mut outlet);
    // The last event of the instrument: a phase that it is in already tells nothing, a trade does.
    let last = books.book(InstrumentId(instrument), 3).expect("it answers").expect("it is there");
    read_to_number(&mut client, last.seq);
    client.check(host.engine(), instrument, Depth::Orders);
    let counts = feed.counts();
    assert_eq!(counts.subscribers.load(std::sync::atomic::Ordering::Relaxed), 1);
    drop(feed);
    // Nobody listens any more, and the venue does not care.
    trade(100, &mut host, &mut outlet);
}
