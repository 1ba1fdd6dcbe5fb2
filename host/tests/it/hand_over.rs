//! A strategy's new version takes its place while the market runs: the kit hands over its books.

use std::fs;

use ringfence_core::{Capacity, Event, Interest, OrderId, Side, What};
use ringfence_host::Host;
use ringfence_host::journal::Journal;
use ringfence_host::publisher::Outlet;
use ringfence_host::replay::jsonl::parse_line;
use ringfence_host::runtime::Engine;
use ringfence_host::sandbox::{Cache, Program, Sandbox, SandboxConfig};
use ringfence_host::seat::{
    HandOver, OpenOrders, Seat, Subscription, Successor, SwapError, seat_of,
};
use ringfence_host::sequencer::Stamp;

use crate::guests::{engines, guest_file};

/// Everybody else: a market of 99,500 to 100,500 on a grid of 100, and a seller who takes.
const BEFORE: &str = r#"{"op":"instrument","instrument":0,"symbol":"ABC"}
{"op":"new","instrument":0,"id":1,"side":"buy","qty":300,"price":99000,"at":1}
{"op":"new","instrument":0,"id":2,"side":"sell","qty":300,"price":101000,"at":2}
{"op":"new","instrument":0,"id":3,"side":"buy","qty":300,"price":99500,"at":3}
{"op":"new","instrument":0,"id":4,"side":"sell","qty":300,"price":100500,"at":4}
{"op":"new","instrument":0,"id":5,"side":"sell","qty":350,"price":99500,"tif":"ioc","at":5}
"#;

/// The market moves up, and somebody takes there.
const AFTER: &str = r#"{"op":"new","instrument":0,"id":6,"side":"buy","qty":10,"price":99700,"at":200000000}
{"op":"new","instrument":0,"id":7,"side":"buy","qty":320,"price":100600,"tif":"ioc","at":200000001}
"#;

/// Rejections of strategies' commands.
#[derive(Default)]
struct Rejections(usize);

impl Outlet for Rejections {
    fn interest(&self) -> Interest {
        Interest::PRIVATE
    }

    fn tell(&mut self, _stamp: Stamp, events: &[Event]) {
        let of_strategies = |event: &&Event| match event.what {
            What::Rejected { id, .. } => seat_of(id).is_some(),
            _ => false,
        };
        self.0 += events.iter().filter(of_strategies).count();
    }
}

fn play(host: &mut Host, tape: &str) {
    let mut rejections = Rejections::default();
    for line in tape.lines() {
        host.turn(parse_line(line).unwrap(), &mut rejections).unwrap();
    }
    assert_eq!(rejections.0, 0, "no command of the strategy is turned away");
}

/// The strategy's open orders: side, price, open quantity, its own name of the order.
fn open(host: &Host) -> Vec<(Side, i64, u64, u64)> {
    let engine = host.engine();
    let book = engine.book(engine.instruments().next().unwrap()).unwrap();
    let orders = Side::BOTH.into_iter().flat_map(|side| book.orders(side));
    let own = orders.filter(|order| seat_of(order.id).is_some());
    let named = |id: OrderId| id.0 & 0xFF_FFFF_FFFF;
    own.map(|o| (o.side, o.price.0, o.open.0, named(o.id))).collect()
}

fn quoter(engine: &dyn Engine, params: &str) -> Option<Sandbox> {
    let file = guest_file("strategy-quoter");
    let Ok(wasm) = fs::read(&file) else {
        println!("skipped: there is no {}; .ci/build-guests.sh builds it", file.display());
        return None;
    };
    let config = SandboxConfig { params: params.to_owned(), ..SandboxConfig::default() };
    let program = Program::prepare(engine, &Cache::disabled(), &wasm, &config).unwrap();
    Some(Sandbox::start(&program, &config).unwrap())
}

#[test]
fn a_new_version_goes_on_with_the_orders_of_the_old_one() {
    let mut outcomes = Vec::new();
    for engine in engines() {
        let Some(old) = quoter(&**engine, "") else { return };
        let mut host = Host::new(Capacity::SMALL, Journal::none());
        let subscription = Subscription::of(&old);
        host.seat(Seat::new("quoter".to_owned(), 0, Box::new(old), subscription));
        play(&mut host, BEFORE);
        assert_eq!(host.seats()[0].ledger().lots(), 50);

        let successor = |params| {
            let guest = quoter(&**engine, params).unwrap();
            let subscription = Subscription::of(&guest);
            Successor { guest: Box::new(guest), subscription, orders: OpenOrders::Keep }
        };
        let refused = host.replace(0, successor("instrument=1"));
        assert!(matches!(refused, Err(SwapError::Refused(_))), "{refused:?}");
        let handed = host.replace(0, successor("size=40\nskew=0")).unwrap();
        let HandOver::Taken { bytes } = handed.state else {
            panic!("{}: {handed:?}", engine.name())
        };
        assert!((100..1_000).contains(&bytes), "{bytes} bytes");
        let before = open(&host);
        play(&mut host, AFTER.lines().next().unwrap());
        let after = open(&host);
        assert_eq!(after.len(), 2, "{}: {after:?}", engine.name());
        assert_eq!((after[0].1, after[0].2), (99_600, 40));
        assert_eq!((after[1].1, after[1].2), (100_600, 40));
        let names =
            |orders: &[(Side, i64, u64, u64)]| orders.iter().map(|o| o.3).collect::<Vec<_>>();
        assert_eq!(names(&before), names(&after), "the same orders, replaced in place");
        play(&mut host, AFTER.lines().nth(1).unwrap());
        assert_eq!(host.seats()[0].ledger().lots(), 50 - 20);
        assert!(host.seats()[0].fault().is_none());
        outcomes.push((host.engine().state_hash(), bytes));
    }
    assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]), "{outcomes:?}");
}
