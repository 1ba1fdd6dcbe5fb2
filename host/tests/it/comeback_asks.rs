//! Strategies that come back and ask for what the journal does not have, or have mail that they never
//! read.

use std::path::Path;

use ringfence_core::wire::kind;
use ringfence_core::{
    Capacity, Command, InstrumentId, InstrumentSpec, Interest, NewOrder, OrderId, Price, Qty, Side,
    Time, TimeInForce,
};
use ringfence_host::Host;
use ringfence_host::comeback::{Comeback, Returned, WhyAfresh};
use ringfence_host::host::Request;
use ringfence_host::journal::{Folder as Disk, Policy, Settings};
use ringfence_host::recovery::{self, Witness};
use ringfence_host::sandbox::{Cache, Program, Sandbox, SandboxConfig};
use ringfence_host::seat::{Seat, SeatImage, Subscription};
use ringfence_host::sequencer::Stamped;

use crate::command::Folder;
use crate::guests::{COMMANDS, Guest, engines};
use crate::seat_images::seen;
use crate::venue::record;

/// A guest that takes each offer at 101, and nothing more.
fn taker() -> Program {
    let order = NewOrder {
        instrument: InstrumentId(1),
        tif: TimeInForce::Ioc,
        ..NewOrder::limit(OrderId(0), Side::Buy, Price(101), Qty(1))
    };
    let bytes = record(&Command::New(order)).to_bytes();
    let bytes: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let add = kind::ADD;
    let slot = format!("(i32.add (i32.const {COMMANDS}) (i32.mul (local.get $n) (i32.const 128)))");
    let on_events = format!(
        "(loop $next
            (if (i32.lt_u (local.get $i) (local.get $count)) (then
                (if (i32.and
                        (i32.eq (i32.load8_u (local.get $events)) (i32.const {add}))
                        (i64.eq (i64.load offset=32 (local.get $events)) (i64.const 101))) (then
                    (global.set $id (i64.add (global.get $id) (i64.const 1)))
                    (memory.copy {slot} (i32.const 16384) (i32.const 128))
                    (i64.store offset=24 {slot} (global.get $id))
                    (local.set $n (i32.add (local.get $n) (i32.const 1)))))
                (local.set $events (i32.add (local.get $events) (i32.const 64)))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br $next))))
        (local.get $n)"
    );
    let more = format!("(global $id (mut i64) (i64.const 0)) (data (i32.const 16384) \"{bytes}\")");
    let wasm = Guest { on_events, more, ..Guest::default() }.wasm();
    let config = SandboxConfig::default();
    Program::prepare(&*engines()[0], &Cache::disabled(), &wasm, &config).unwrap()
}

fn seat(guest: Sandbox) -> Seat {
    Seat::new("taker".into(), 0, Box::new(guest), Subscription::public(Interest::L3))
}

/// A journal whose records tell groups, or do not.
fn settings(tells_groups: bool) -> Settings {
    if tells_groups {
        Settings::default()
    } else {
        Settings { policy: Policy::Os, has_thread: true, ..Settings::default() }
    }
}

fn recover(journal: &str, tells_groups: bool, witness: &mut impl Witness) -> Host {
    let disk = Box::new(Disk::open(Path::new(journal)).unwrap());
    let recovered =
        recovery::recover(disk, Capacity::SMALL, settings(tells_groups), witness).unwrap();
    Host::resume(recovered.engine, recovered.sequencer)
}

fn offer_of(id: u64) -> Stamped {
    let order = NewOrder::limit(OrderId(id), Side::Sell, Price(101), Qty(1));
    let command = Command::New(NewOrder { instrument: InstrumentId(1), ..order });
    Stamped { at: Time(1_000 * id), command }
}

/// Offers from `from` on, so many, one in each turn.
fn offer(host: &mut Host, from: u64, count: u64) {
    for id in from..from + count {
        host.turn(offer_of(id), &mut ()).unwrap();
    }
}

/// A host at work with the taker, after 20 offers.
fn begin(journal: &str, tells_groups: bool) -> Host {
    let mut host = recover(journal, tells_groups, &mut ());
    host.seat(seat(Sandbox::start(&taker(), &SandboxConfig::default()).unwrap()));
    let define = Command::Instrument(Box::new(InstrumentSpec::new(InstrumentId(1), "ABC")));
    host.turn(Stamped { at: Time(0), command: define }, &mut ()).unwrap();
    offer(&mut host, 1, 20);
    assert_eq!(host.seats()[0].counts().orders, 20, "it takes each");
    host
}

/// The host again, and what becomes of the taker.
fn come_back(
    journal: &str,
    tells_groups: bool,
    image: &[u8],
) -> (Host, Result<Returned, WhyAfresh>) {
    let image = SeatImage::read(image).unwrap();
    let config = SandboxConfig::default();
    let guest = Sandbox::restore(&taker(), &config, image.guest().unwrap()).unwrap();
    let mut comeback = Comeback::new(tells_groups);
    comeback.add(seat(guest), image);
    let host = recover(journal, tells_groups, &mut comeback);
    (host, comeback.take(0))
}

fn kept(host: &mut Host) -> Vec<u8> {
    host.image(0).unwrap().to_bytes()
}

/// While a strategy was not there, others traded. It would have had something to say to each offer,
/// and none of that is in the journal: it was not lost with the process.
#[test]
fn whoever_missed_a_run_begins_afresh_and_trades_on_nothing_old() {
    for tells_groups in [true, false] {
        let folder = Folder::new(&format!("missed-{tells_groups}"));
        let journal = folder.path("journal");
        let mut host = begin(&journal, tells_groups);
        host.finish(&mut ()).unwrap();
        let image = kept(&mut host);
        let last = host.sequencer().last().place;
        drop(host);
        let mut host = recover(&journal, tells_groups, &mut ());
        offer(&mut host, 100, 200);
        drop(host);
        let (_, taken) = come_back(&journal, tells_groups, &image);
        let why = taken.map(|it| it.commands).unwrap_err();
        assert!(matches!(why, WhyAfresh::Differs { place } if place > last), "{why}");
    }
}

/// Whether groups are told, and told late, makes no difference to whoever was killed.
#[test]
fn whoever_was_killed_goes_on_where_the_journal_runs_behind() {
    for tells_groups in [true, false] {
        let folder = Folder::new(&format!("behind-{tells_groups}"));
        let journal = folder.path("journal");
        let mut host = begin(&journal, tells_groups);
        let image = kept(&mut host);
        offer(&mut host, 100, 200);
        let before = seen(&host);
        drop(host);
        let (mut host, taken) = come_back(&journal, tells_groups, &image);
        let returned = taken.unwrap_or_else(|why| panic!("{why}"));
        assert!(host.seat_again(returned.seat, &returned.image).is_ok());
        assert_eq!(seen(&host), before);
        assert!(!host.is_waiting(), "nothing was lost");
    }
}

/// What a crash left out of a group is sequenced when the venue goes on, whatever of it is there; and who
/// comes back again from before that finds it in the journal.
#[test]
fn what_was_asked_for_and_lost_is_sequenced() {
    for lost in 1..=3 {
        let folder = Folder::new(&format!("lost-{lost}"));
        let journal = folder.path("journal");
        let mut host = begin(&journal, true);
        let image = kept(&mut host);
        let offers = [100, 101, 102].map(|id| Request::from(offer_of(id)));
        host.turn_of(offers, &mut ()).unwrap();
        let before = seen(&host);
        drop(host);
        cut(&journal, lost);
        for (again, asked) in [(1, lost), (2, 0)] {
            let (mut host, taken) = come_back(&journal, true, &image);
            let returned = taken.unwrap_or_else(|why| panic!("{lost} lost, {again}: {why}"));
            host.seat_again(returned.seat, &returned.image).unwrap();
            assert_eq!(host.is_waiting(), asked > 0, "{lost} lost, {again}");
            let last = host.sequencer().last().place;
            host.finish(&mut ()).unwrap();
            assert_eq!(host.sequencer().last().place, last + asked as u64);
            // How often it was called is another matter.
            assert_eq!(host.seats()[0].counts().orders, 23, "{before:?}");
        }
    }
}

/// Takes the last records away.
fn cut(journal: &str, records: usize) {
    let segments = std::fs::read_dir(journal).unwrap().map(|it| it.unwrap().path());
    let mut segments = segments.filter(|path| path.extension().is_some_and(|it| it == "journal"));
    let segment = segments.next().expect("there is one");
    let mut bytes = std::fs::read(&segment).unwrap();
    let ends: Vec<_> = bytes.windows(4).enumerate().filter(|(_, it)| *it == [0xa5; 4]).collect();
    let from = ends[ends.len() - records - 1].0 + 4;
    bytes[from..].fill(0);
    std::fs::write(segment, bytes).unwrap();
}

/// The last turn of a run leaves mail that nobody answers to any more.
#[test]
fn mail_that_nobody_read_is_read_once() {
    let folder = Folder::new("mail-left");
    let journal = folder.path("journal");
    let mut host = begin(&journal, true);
    host.prepare(offer_of(100), &mut ()).unwrap();
    let image = kept(&mut host);
    drop(host);
    let (mut host, taken) = come_back(&journal, true, &image);
    let returned = taken.unwrap_or_else(|why| panic!("{why}"));
    host.seat_again(returned.seat, &returned.image).unwrap();
    assert!(kept(&mut host) == image, "nothing happened since");
    host.finish(&mut ()).unwrap();
    assert_eq!(host.seats()[0].counts().orders, 21, "it takes the last offer once");
    assert_eq!(host.seats()[0].counts().rejected, 0);
}
