//! Limits that reach over calls: gas and log in a second, and the watchdog behind them.

use std::time::Duration;

use ringfence_core::{
    Capacity, Command, InstrumentId, InstrumentSpec, Interest, NewOrder, OrderId, Price, Qty, Side,
    Time,
};
use ringfence_host::Host;
use ringfence_host::journal::Journal;
use ringfence_host::sandbox::{Cache, Fault, Sandbox, SandboxConfig};
use ringfence_host::seat::{Seat, Subscription};
use ringfence_host::sequencer::Stamped;
use ringfence_host::watchdog::Watchdog;

use crate::guests::{Guest, engines, events, run, tight};

/// So many turns of a loop of eight instructions.
fn busy(turns: u64) -> Vec<u8> {
    Guest::doing(&loops(turns))
}

fn loops(turns: u64) -> String {
    format!(
        "(local.set $x (i64.const {turns}))
         (loop $l
            (local.set $x (i64.sub (local.get $x) (i64.const 1)))
            (br_if $l (i64.gt_s (local.get $x) (i64.const 0))))
         (i32.const 0)"
    )
}

#[test]
fn gas_of_a_second_is_bounded_to_the_instruction() {
    let per_call = run(&busy(1_000), &tight(), &[events(1)]).gas;
    let per_call = per_call - run(&busy(1_000), &tight(), &[]).gas;
    // Deliveries are a millisecond apart, so that a second's worth is hardly refilled.
    let config = SandboxConfig { gas_per_second: 3 * per_call, ..tight() };
    let delivered = run(&busy(1_000), &config, &vec![events(1); 5]).delivered.unwrap();
    let fault = Fault::OutOfGasForSecond { limit: 3 * per_call };
    assert!(delivered[..3].iter().all(Result::is_ok));
    assert_eq!(delivered[3..], [Err(fault.clone()), Err(fault)]);
    // One that keeps to what a second earns runs for ever.
    let config = SandboxConfig { gas_per_second: 1_000 * per_call, ..tight() };
    let outcome = run(&busy(1_000), &config, &vec![events(1); 3_000]);
    assert!(outcome.delivered.unwrap().iter().all(Result::is_ok));
}

#[test]
fn what_one_call_may_use_is_named_where_that_is_the_bound() {
    let config = SandboxConfig { gas_per_second: u64::MAX, ..tight() };
    let outcome = run(&busy(u64::from(u32::MAX)), &config, &[events(1)]);
    assert_eq!(*outcome.fault(), Fault::OutOfGas { limit: 200_000 });
}

#[test]
fn a_log_flood_is_cut_to_what_a_second_allows() {
    let floods = Guest::importing(
        r#"(import "ringfence_1" "log" (func $log (param i32 i32 i32)))"#,
        "(loop $l
            (call $log (i32.const 3) (i32.const 0) (i32.const 489))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                (i32.const 100))))
         (i32.const 0)",
    );
    // 500 bytes a line with its header.
    let config = SandboxConfig { log_bytes_per_second: 5_000, ..tight() };
    let outcome = run(&floods, &config, &[events(1), events(1)]);
    // A millisecond after the flood it has earned 5 bytes.
    assert_eq!((outcome.log.len(), outcome.log_dropped), (10, 190));
}

fn host_with(wasm: &[u8], config: &SandboxConfig, at: usize) -> Host {
    let mut host = Host::new(Capacity::SMALL, Journal::in_memory(100));
    let cache = Cache::disabled();
    let sandbox = Sandbox::load(&*engines()[at], &cache, wasm, config).unwrap();
    let subscription = Subscription::public(Interest::STATUS);
    host.seat(Seat::new("it".into(), 0, Box::new(sandbox), subscription));
    host
}

fn define(host: &mut Host) {
    let spec = InstrumentSpec::new(InstrumentId(1), "ABC");
    turn(host, Command::Instrument(Box::new(spec)));
}

fn turn(host: &mut Host, command: Command) {
    host.turn(Stamped { at: Time(1), command }, &mut ()).expect("the journal has room");
}

#[test]
fn the_watchdog_stops_what_gas_should_have() {
    // The limit on gas is a mistake: a hundred million turns take much longer than 20 ms.
    let config = SandboxConfig {
        gas_per_call: u64::MAX >> 1,
        gas_per_second: u64::MAX,
        ..SandboxConfig::default()
    };
    let mut host = host_with(&busy(300_000_000), &config, 0);
    host.watch(Watchdog::new(Duration::from_millis(20), false));
    define(&mut host);
    assert_eq!(host.seats()[0].fault(), Some(&Fault::Overtime { limit_ms: 20 }));
    // What follows from it is in the journal.
    let journal = host.sequencer().journal().entries();
    assert!(matches!(journal[1].command, Command::MassCancel(scope) if scope.account.is_some()));
    let mut calm = host_with(&busy(10), &config, 0);
    calm.watch(Watchdog::new(Duration::from_secs(20), true));
    define(&mut calm);
    assert_eq!(calm.seats()[0].fault(), None);
}

/// Each call is short and within its gas; together, in one answer, they take seconds.
#[test]
fn the_watchdog_stops_an_answer_between_two_of_its_calls() {
    let usual = Guest::default();
    let [magic, version, events, _, rest @ ..] = usual.io;
    let io = [magic, version, events, 1, rest[0], rest[1], rest[2], rest[3]];
    let wasm = Guest { io, on_events: loops(500_000), ..usual }.wasm();
    let config = SandboxConfig { gas_per_second: u64::MAX, ..SandboxConfig::default() };
    for at in 0..engines().len() {
        let mut host = Host::new(Capacity::default(), Journal::none());
        let sandbox = Sandbox::load(&*engines()[at], &Cache::disabled(), &wasm, &config).unwrap();
        let subscription = Subscription::public(Interest::TRADES);
        host.seat(Seat::new("slow".into(), 0, Box::new(sandbox), subscription));
        host.watch(Watchdog::new(Duration::from_millis(40), false));
        define(&mut host);
        let order = |id, side, qty| {
            let order = NewOrder::limit(OrderId(id), side, Price(100), Qty(qty));
            Command::New(NewOrder { instrument: InstrumentId(1), ..order })
        };
        (1..=20_000).for_each(|id| turn(&mut host, order(id, Side::Sell, 1)));
        turn(&mut host, order(20_001, Side::Buy, 20_000));
        assert_eq!(host.seats()[0].fault(), Some(&Fault::Overtime { limit_ms: 40 }));
        let calls = host.seats()[0].stats().calls;
        assert!(calls < 10_000, "{}: it was stopped after {calls} calls", engines()[at].name());
    }
}

#[test]
fn a_venue_is_as_if_a_strategy_that_fails_had_never_been_there() {
    let calm = |failing: Option<&[u8]>, engine: usize| {
        let mut host = host_with(&Guest::default().wasm(), &tight(), engine);
        if let Some(wasm) = failing {
            let cache = Cache::disabled();
            let sandbox = Sandbox::load(&*engines()[engine], &cache, wasm, &tight()).unwrap();
            let subscription = Subscription::EVERYTHING;
            host.seat(Seat::new("fails".into(), 1, Box::new(sandbox), subscription));
        }
        define(&mut host);
        for id in 1..20 {
            let side = [Side::Buy, Side::Sell][id % 2];
            let order = NewOrder::limit(OrderId(id as u64), side, Price(100), Qty(id as u64));
            turn(&mut host, Command::New(NewOrder { instrument: InstrumentId(1), ..order }));
        }
        assert_eq!(host.seats()[0].fault(), None);
        assert!(failing.is_none() || host.seats()[1].fault().is_some());
        (host.engine().state_hash(), host.engine().seq(), host.seats()[0].stats().gas)
    };
    for engine in 0..engines().len() {
        let alone = calm(None, engine);
        for failing in [
            busy(1 << 40),
            Guest::doing("(unreachable)"),
            Guest::doing("(i32.const -7)"),
            Guest::doing("(i32.const 65)"),
            Guest::doing("(i32.div_s (i32.const 1) (i32.const 0))"),
            Guest::doing("(i32.load (i32.const -4))"),
        ] {
            assert_eq!(calm(Some(&failing), engine), alone, "{}", engines()[engine].name());
        }
    }
}

#[test]
fn a_guests_state_goes_to_the_next_version_through_its_buffer() {
    let state = r#"
        (func (export "rf_export") (param $ptr i32) (param $cap i32) (result i32)
            (i64.store (local.get $ptr) (i64.const 0x1122334455667788)) {answer})
        (func (export "rf_import") (param $ptr i32) (param $len i32) (param $from i32) (result i32)
            (if (i64.ne (i64.load (local.get $ptr)) (i64.const 0x1122334455667788))
                (then (return (i32.const -6))))
            (if (result i32) (i32.eq (local.get $from) (i32.const 3))
                (then (i32.const 0)) (else (i32.sub (local.get $len) (i32.const 13)))))"#;
    let guest =
        |answer: &str| Guest { more: state.replace("{answer}", answer), ..Guest::default() }.wasm();
    for engine in engines() {
        let load =
            |wasm: &[u8]| Sandbox::load(&**engine, &Cache::disabled(), wasm, &tight()).unwrap();
        let exported = load(&guest("(i32.const 8)")).export_state();
        let state = 0x1122_3344_5566_7788_u64.to_le_bytes().to_vec();
        assert_eq!(exported, Ok(Some(state.clone())), "{}", engine.name());
        let whole = load(&guest("(local.get $cap)")).export_state().unwrap().unwrap();
        assert_eq!(whole.len(), 64 * 128);
        for (answer, fault) in [
            (
                "(i32.add (local.get $cap) (i32.const 1))",
                Fault::BadState { returned: 8_193, cap: 8_192 },
            ),
            ("(i32.const -1)", Fault::GuestError { code: -1 }),
            ("(loop $l (br $l)) (i32.const 0)", Fault::OutOfGas { limit: 200_000 }),
        ] {
            let mut hostile = load(&guest(answer));
            assert_eq!(hostile.export_state(), Err(fault.clone()), "{}", engine.name());
            assert_eq!(hostile.import_state(&state, 3), Err(fault), "it is spent");
        }
        let next = || load(&guest("(i32.const 0)"));
        assert_eq!(next().import_state(&state, 3), Ok(true));
        // Whatever is not 0 is a no.
        assert_eq!(next().import_state(&state, 4), Err(Fault::GuestError { code: -5 }));
        let longer = [&state[..], &[0; 12]].concat();
        assert_eq!(next().import_state(&longer, 4), Err(Fault::GuestError { code: 7 }));
        assert_eq!(next().import_state(&[0; 8], 3), Err(Fault::GuestError { code: -6 }));
        let fault = Fault::BadState { returned: 8_193, cap: 8_192 };
        assert_eq!(next().import_state(&[0; 8_193], 3), Err(fault));
        let mut plain = load(&Guest::default().wasm());
        assert_eq!((plain.export_state(), plain.import_state(&state, 3)), (Ok(None), Ok(false)));
    }
}
