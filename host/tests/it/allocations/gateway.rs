//! The same for a venue's turns: sessions at a gateway, what one poll brought as a group, a journal.

use ringfence_core::wire::CommandRecord;
use ringfence_host::client::Session;
use ringfence_host::config::Config;
use ringfence_host::gateway::{Gateway, LineId};
use ringfence_host::host::Request;
use ringfence_host::journal::{Folder as Storage, Policy, Settings};
use ringfence_host::recovery::recover;

use super::*;
use crate::command::Folder;

/// Secrets of the accounts 1 and 2.
const SECRETS: [&str; 2] = ["the secret of account 1", "the secret of account 2"];

/// A venue without sockets, and what it allocated since that was set back.
struct Hall {
    gateway: Gateway,
    host: Host,
    now: u64,
    requests: Vec<Request>,
    allocations: u64,
}

/// A client and its connection.
struct Caller {
    session: Session,
    line: LineId,
    events: u64,
}

impl Hall {
    fn new(mut host: Host) -> Self {
        let accounts: String = (1..)
            .zip(SECRETS)
            .map(|(account, secret)| {
                format!("[[gateway.accounts]]\naccount = {account}\nsecret = \"{secret}\"\n")
            })
            .collect();
        // As many events are kept as come before it is measured.
        let config = format!("[gateway]\nresend_events = 128\n{accounts}");
        let config = Config::parse("a", &config).unwrap();
        let now = 1_000_000_000;
        let define = Command::Instrument(Box::new(InstrumentSpec::new(ABC, "ABC")));
        turn(&mut host, now, define);
        let gateway = Gateway::new(&config.gateway, now);
        Self { gateway, host, now, requests: Vec::new(), allocations: 0 }
    }

    fn log_in(&mut self, account: u32) -> Caller {
        let line = self.gateway.connect(self.now).expect("there is room");
        let session = Session::new(account, SECRETS[account as usize - 1]);
        let mut caller = Caller { session, line, events: 0 };
        caller.session.connect();
        self.hear(&mut caller);
        self.turn();
        self.tell(&mut caller);
        assert!(caller.session.is_in());
        caller
    }

    /// Takes what the caller has to say.
    fn hear(&mut self, caller: &mut Caller) {
        let Self { gateway, requests, now, .. } = self;
        let said = caller.session.output();
        let counted =
            measure(|| assert_eq!(gateway.receive(caller.line, said, *now, requests), said.len()));
        let len = said.len();
        caller.session.wrote(len);
        self.allocations += counted.count_total;
    }

    /// What was heard is one group, as in [`ringfence_host::venue::Venue`].
    fn turn(&mut self) {
        let Self { gateway, host, now, requests, .. } = self;
        let counted = measure(|| {
            gateway.attend(*now, requests);
            host.turn_of(requests.drain(..), gateway).expect("the disk is sound");
            while gateway.next_ready().is_some() {}
        });
        self.allocations += counted.count_total;
    }

    /// Gives the caller what there is for it.
    fn tell(&mut self, caller: &mut Caller) {
        let Self { gateway, now, .. } = self;
        let mut len = 0;
        let counted = measure(|| len = gateway.output(caller.line, *now).len());
        let Caller { session, line, events } = caller;
        session.space()[..len].copy_from_slice(gateway.output(*line, *now));
        session.received(len, &mut |_, _| *events += 1).expect("it is welcome");
        gateway.wrote(*line, len);
        self.allocations += counted.count_total;
    }
}

/// So many groups of four orders that trade with each other, two of each caller.
fn trade(hall: &mut Hall, callers: &mut [Caller; 2], times: u64) {
    for _ in 0..times {
        hall.now += 1_000;
        for (caller, side) in callers.iter_mut().zip([Side::Sell, Side::Buy]) {
            for _ in 0..2 {
                let id = OrderId(1 + caller.session.done() + caller.session.waiting() as u64);
                let order = NewOrder::limit(id, side, Price(100), Qty(1));
                let order = Command::New(NewOrder { instrument: ABC, ..order });
                caller.session.send(&CommandRecord::from_command(&order).expect("it travels"));
            }
            hall.hear(caller);
        }
        hall.turn();
        callers.iter_mut().for_each(|caller| hall.tell(caller));
    }
}

fn check(engine: &dyn Engine, workers: u16, mut host: Host) {
    let beside = Arc::new(AtomicU64::new(0));
    take_seats(&mut host, engine, workers, &beside);
    let mut hall = Hall::new(host);
    let mut callers = [1, 2].map(|account| hall.log_in(account));
    trade(&mut hall, &mut callers, 100);
    (hall.allocations, _) = (0, beside.store(0, Ordering::Relaxed));
    let events = callers[0].events;
    trade(&mut hall, &mut callers, 200);
    expect_few(engine, workers, hall.allocations, &beside);
    let counts = hall.gateway.counts();
    assert_eq!(counts.commands, 1_200);
    // Each order was accepted and filled.
    assert_eq!(callers[0].events - events, 800);
    let seat = &hall.host.seats()[0];
    assert_eq!(seat.fault(), None, "{}", engine.name());
    assert!(seat.counts().orders >= 300, "it answered: {:?}", seat.counts());
}

#[test]
fn a_turn_of_a_venue_with_sessions_and_strategies_allocates_nothing() {
    for engine in engines() {
        for workers in [0, 2] {
            check(&**engine, workers, Host::new(Capacity::SMALL, Journal::none()));
        }
    }
    // Nor does a journal, between the beginnings of segments.
    let folder = Folder::new("allocations");
    let storage = Box::new(Storage::open(folder.path("journal").as_ref()).unwrap());
    let settings = Settings { policy: Policy::Os, ..Settings::default() };
    let recovered = recover(storage, Capacity::SMALL, settings, &mut ()).unwrap();
    check(&*engines()[0], 0, Host::resume(recovered.engine, recovered.sequencer));
}
