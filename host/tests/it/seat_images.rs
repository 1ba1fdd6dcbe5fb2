//! A whole seat put down as bytes and taken up again, on another engine, in another host.

use ringfence_core::{
    Capacity, Command, Engine as Core, Event, InstrumentId, InstrumentSpec, Interest, NewOrder,
    OrderId, Price, Qty, Side, Time,
};
use ringfence_host::Host;
use ringfence_host::journal::Journal;
use ringfence_host::sandbox::{Cache, Program, Sandbox, SandboxConfig};
use ringfence_host::seat::{
    FaultPolicy, Limits, SUM_MAX, Seat, SeatImage, SeatImageError, Standing, Subscription,
};
use ringfence_host::sequencer::{Sequencer, Stamp, Stamped};
use ringfence_host::testing::Random;

use crate::guests::{Guest, colossus, engines, guest_file};
use crate::told::Tape;

/// A strategy that shows all that it has to go on with: an order at random for each call with events,
/// under the next name, and two where its timer is among them; it fails now and then.
fn restless() -> Vec<u8> {
    let order = "
        (i64.store (i32.const 96) (i64.add (i64.load (i32.const 96)) (i64.const 1)))
        (local.set $x (call $rand))
        (memory.fill (local.get $i) (i32.const 0) (i32.const 128))
        (i32.store8 (local.get $i) (i32.const 3))
        (i32.store16 offset=4 (local.get $i) (i32.const 32))
        (i32.store8 offset=1 (local.get $i) (i32.and (i32.wrap_i64 (local.get $x)) (i32.const 1)))
        (i32.store offset=8 (local.get $i) (i32.const 1))
        (i64.store offset=24 (local.get $i) (i64.load (i32.const 96)))
        (i64.store offset=40 (local.get $i) (i64.add (i64.const 96)
            (i64.and (i64.shr_u (local.get $x) (i64.const 8)) (i64.const 7))))
        (i64.store offset=48 (local.get $i) (i64.add (i64.const 1)
            (i64.and (i64.shr_u (local.get $x) (i64.const 16)) (i64.const 7))))
        (local.set $i (i32.add (local.get $i) (i32.const 128)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))";
    let on_events = format!(
        "(local.set $i (i32.const 4224))
        {order}
        (if (i32.eq (i32.load8_u (local.get $events)) (i32.const 32)) (then {order}))
        (if (i64.eqz (i64.rem_u (i64.load (i32.const 96)) (i64.const 61))) (then unreachable))
        (local.get $n)"
    );
    let imports = r#"(import "ringfence_1" "rand64" (func $rand (result i64)))"#;
    Guest { imports, on_events, ..Guest::default() }.wasm()
}

/// What three strategies are made of: module, parameters of the sandbox, limits, timer.
pub(crate) struct Cast {
    wasms: Vec<(Vec<u8>, Subscription)>,
}

impl Cast {
    pub(crate) fn new() -> Self {
        let quoter =
            std::fs::read(guest_file("strategy-quoter")).expect("run .ci/build-guests.sh first");
        let timed = Subscription { timer_ns: 7_000_000, ..Subscription::public(Interest::TRADES) };
        let l1 = Subscription::public(Interest::L1);
        Self { wasms: vec![(restless(), timed), (quoter, l1.clone()), (restless(), l1)] }
    }

    pub(crate) fn config(number: u16) -> SandboxConfig {
        let params =
            if number == 1 { "instrument=1\nspread=2\ntick=1\n".into() } else { String::new() };
        SandboxConfig { seed: number.into(), params, ..SandboxConfig::default() }
    }

    pub(crate) fn program(&self, number: u16, engine: usize) -> Program {
        let wasm = &self.wasms[usize::from(number)].0;
        let engine = &engines()[engine % engines().len()];
        Program::prepare(&**engine, &Cache::disabled(), wasm, &Self::config(number)).unwrap()
    }

    pub(crate) fn seat(&self, number: u16, guest: Sandbox) -> Seat {
        let subscription = self.wasms[usize::from(number)].1.clone();
        let limits = Limits { orders_per_second: 100, ..Limits::default() };
        let policy =
            FaultPolicy { restart: true, back_off_ns: 200_000_000, ..FaultPolicy::default() };
        Seat::new(format!("strategy {number}"), number, Box::new(guest), subscription)
            .with(Self::config(number).params)
            .within(limits)
            .under(policy)
    }

    pub(crate) fn fresh(&self, host: &mut Host, engine: usize) {
        for number in 0..3 {
            let program = self.program(number, engine);
            let guest = Sandbox::start(&program, &Self::config(number)).unwrap();
            host.seat(self.seat(number, guest));
        }
    }

    fn again(&self, host: &mut Host, engine: usize, images: &[Vec<u8>]) {
        for (number, bytes) in (0..).zip(images) {
            let image = SeatImage::read(bytes).unwrap();
            assert_eq!(&image.to_bytes(), bytes, "the same state has the same bytes");
            let (program, config) = (self.program(number, engine), Self::config(number));
            let guest = match image.guest() {
                Some(guest) => Sandbox::restore(&program, &config, guest).unwrap(),
                None => Sandbox::start(&program, &config).unwrap(),
            };
            host.seat_again(self.seat(number, guest), &image).unwrap();
        }
    }
}

/// What everybody else does: orders that meet, at random.
pub(crate) fn commands() -> Vec<Stamped> {
    let mut random = Random::new(7);
    let define = Command::Instrument(Box::new(InstrumentSpec::new(InstrumentId(1), "ABC")));
    let orders = (1..TURNS).map(|id| {
        let side = if random.once_in(2) { Side::Buy } else { Side::Sell };
        let price = Price(90 + random.below(20).cast_signed());
        let order = NewOrder::limit(OrderId(id), side, price, Qty(1 + random.below(9)));
        Command::New(NewOrder { instrument: InstrumentId(1), ..order })
    });
    let all = std::iter::once(define).chain(orders).enumerate();
    all.map(|(at, command)| Stamped { at: Time(5_000_000 * at as u64), command }).collect()
}

const TURNS: u64 = 400;

fn play(host: &mut Host, commands: &[Stamped]) -> Vec<(Stamp, Event)> {
    let mut tape = Tape::default();
    for command in commands {
        host.turn(command.clone(), &mut tape).unwrap();
    }
    tape.0
}

/// What is known of the seats, beside events.
pub(crate) fn seen(host: &Host) -> Vec<String> {
    let seen = |seat: &Seat| {
        let stats = seat.stats();
        format!(
            "{} {:?} {} {:?} {:?} {:?} {:?}",
            seat.name(),
            seat.standing(),
            seat.faults(),
            seat.failures().map(|failure| failure.fault.to_string()).collect::<Vec<_>>(),
            seat.counts(),
            seat.ledger(),
            (stats.calls, stats.gas, stats.events, stats.commands),
        )
    };
    host.seats().iter().map(seen).collect()
}

#[test]
fn sums_at_their_bound_are_read_back() {
    let cast = Cast { wasms: vec![(colossus(), Subscription::public(Interest::L1))] };
    let start = |number| {
        let program = cast.program(number, 0);
        cast.seat(number, Sandbox::start(&program, &Cast::config(number)).unwrap())
    };
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    host.seat(start(0));
    let mut commands = commands();
    let spec = InstrumentSpec::new(InstrumentId(1), "ABC");
    commands[0].command = Command::Instrument(Box::new(InstrumentSpec { maker_bps: 5, ..spec }));
    play(&mut host, &commands[..9]);
    let ledger = host.seats()[0].ledger().clone();
    let (_, position) = ledger.positions().next().expect("it traded with itself");
    assert!(position.volume > u64::MAX.into() && ledger.worth(host.engine()).abs() <= SUM_MAX);
    let bytes = host.image(0).unwrap().to_bytes();
    let mut later = come_back(&host);
    later.seat_again(start(0), &SeatImage::read(&bytes).unwrap()).unwrap();
    assert_eq!(later.seats()[0].ledger(), &ledger);
}

/// A host whose engine came back, as it was, without any strategy.
fn come_back(host: &Host) -> Host {
    let engine = Core::restore(&host.engine().snapshot(), None).unwrap();
    Host::resume(engine, Sequencer::resume(host.sequencer().last(), Journal::none()))
}

#[test]
fn nobody_can_tell_that_all_strategies_were_put_down_and_taken_up() {
    let (cast, commands) = (Cast::new(), commands());
    let mut whole = Host::new(Capacity::SMALL, Journal::none());
    cast.fresh(&mut whole, 0);
    let expected = play(&mut whole, &commands);
    assert!(whole.seats().iter().all(|seat| seat.counts().orders > 10), "{:?}", seen(&whole));
    assert!(whole.seats()[0].faults() > 1 && whole.seats()[0].counts().limited > 0);
    let mut rested = 0;
    for (engine, cut) in [1, 60, 61, 62, 150, 299, 398].into_iter().enumerate() {
        let mut host = Host::new(Capacity::SMALL, Journal::none());
        cast.fresh(&mut host, engine);
        let mut tape = play(&mut host, &commands[..cut]);
        let images: Vec<_> = (0..3).map(|seat| host.image(seat).unwrap().to_bytes()).collect();
        rested += host.seats().iter().filter(|seat| !seat.is_running()).count();
        let mut again = come_back(&host);
        drop(host);
        cast.again(&mut again, engine + 1, &images);
        tape.extend(play(&mut again, &commands[cut..]));
        assert!(tape == expected, "cut at {cut}");
        assert_eq!(seen(&again), seen(&whole), "cut at {cut}");
        assert_eq!(again.engine().state_hash(), whole.engine().state_hash());
    }
    assert!(rested > 0, "one was put down while it waited to be started again");
}

/// Mail that nobody has read, and commands that wait for their turn, go along.
#[test]
fn what_is_under_way_goes_along() {
    let (cast, commands) = (Cast::new(), commands());
    let run = |cuts: bool| {
        let mut host = Host::new(Capacity::SMALL, Journal::none());
        cast.fresh(&mut host, 0);
        let mut tape = play(&mut host, &commands[..80]);
        let mut told = Tape::default();
        for command in &commands[80..90] {
            host.prepare(command.clone(), &mut told).unwrap();
        }
        if cuts {
            let images: Vec<_> = (0..3).map(|seat| host.image(seat).unwrap().to_bytes()).collect();
            let mail: Vec<_> = images.iter().map(|image| image.len()).collect();
            let mut again = come_back(&host);
            cast.again(&mut again, 1, &images);
            let same: Vec<_> = (0..3).map(|seat| again.image(seat).unwrap().to_bytes()).collect();
            assert!(same == images, "{mail:?}");
            host = again;
        }
        tape.extend(told.0);
        tape.extend(play(&mut host, &commands[90..150]));
        (tape, seen(&host), host.engine().state_hash())
    };
    assert!(run(true) == run(false));
}

#[test]
fn what_is_no_image_of_this_seat_is_refused() {
    let cast = Cast::new();
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    cast.fresh(&mut host, 0);
    play(&mut host, &commands()[..90]);
    let image = host.image(0).unwrap().to_bytes();
    let refused = |bytes: &[u8]| SeatImage::read(bytes).unwrap_err();
    assert_eq!(refused(b""), SeatImageError::Foreign);
    assert_eq!(refused(b"RFSEAT\n\n"), SeatImageError::Damaged);
    let mut other = image.clone();
    other[8] = 9;
    assert_eq!(refused(&other), SeatImageError::Version { version: 9 });
    for at in [12, 40, image.len() / 2, image.len() - 1] {
        let mut damaged = image.clone();
        damaged[at] ^= 4;
        assert_eq!(refused(&damaged), SeatImageError::Damaged, "byte {at}");
    }
    assert_eq!(refused(&image[..image.len() - 1]), SeatImageError::Damaged);
    assert_eq!(host.image(7).unwrap_err(), SeatImageError::NoSeat(7));
    // At another seat its orders would be another account's.
    let image = SeatImage::read(&image).unwrap();
    let mut elsewhere = come_back(&host);
    let guest = Sandbox::start(&cast.program(2, 0), &Cast::config(2)).unwrap();
    let refused = elsewhere.seat_again(cast.seat(2, guest), &image).unwrap_err();
    assert_eq!(refused, SeatImageError::OtherSeat { of: 0, here: 2 });
}

#[test]
fn an_image_that_somebody_signed_anew_does_no_harm() {
    let (cast, commands) = (Cast::new(), commands());
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    cast.fresh(&mut host, 0);
    play(&mut host, &commands[..90]);
    let image = host.image(0).unwrap().to_bytes();
    let body = &image[..image.len() - 32];
    let sign = |mut body: Vec<u8>| {
        let digest = blake3::hash(&body);
        body.extend(digest.as_bytes());
        body
    };
    let (program, config) = (cast.program(0, 0), Cast::config(0));
    let head = body.len().min(1_400);
    let mut taken_up = 0;
    for at in 12..head {
        for byte in [0, 1, 0x7f, 0xff] {
            let mut edited = body.to_vec();
            edited[at] = byte;
            let Ok(image) = SeatImage::read(&sign(edited)) else { continue };
            let guest = match image.guest().map(|it| Sandbox::restore(&program, &config, it)) {
                Some(Ok(guest)) => guest,
                Some(Err(_)) => continue,
                None => Sandbox::start(&program, &config).unwrap(),
            };
            if at % 16 == 0 && image.number() == 0 {
                let mut again = come_back(&host);
                again.seat_again(cast.seat(0, guest), &image).unwrap();
                play(&mut again, &commands[90..95]);
                taken_up += 1;
            }
        }
    }
    assert!(taken_up > 20, "{taken_up}");
    for len in (12..body.len()).step_by(97) {
        assert!(SeatImage::read(&sign(body[..len].to_vec())).is_err(), "{len}");
    }
}

#[test]
fn a_strategy_that_rests_or_is_gone_is_put_down_as_what_it_is() {
    let cast = Cast::new();
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    cast.fresh(&mut host, 0);
    host.unload(2, ringfence_host::seat::OpenOrders::Cancel).unwrap();
    assert_eq!(host.image(2).unwrap_err(), SeatImageError::Left(2));
    for command in commands() {
        host.turn(command, &mut ()).unwrap();
        if let Standing::BacksOff { .. } = host.seats()[0].standing() {
            let image = host.image(0).unwrap();
            assert_eq!(image.guest(), None);
            assert_eq!(image.standing(), host.seats()[0].standing());
            return;
        }
    }
    panic!("it never failed");
}
