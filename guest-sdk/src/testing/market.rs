//! A market, one strategy and everybody else, in a unit test.

mod door;
mod look;
mod pit;
mod swap;

use std::collections::{BTreeMap, VecDeque};
use std::vec::Vec;

use ringfence_core::wire::{COMMAND_LEN, CommandRecord, EVENT_LEN, EventRecord, kind};
use ringfence_core::{
    AccountId, Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, NewOrder, OrderId,
    Qty, Side, Time, What,
};

pub use pit::Pit;
pub use swap::SwapError;

use super::crowd::Crowd;
use super::fake::{COMMANDS_PER_CALL, host};
use crate::abi::{COMMANDS_CAP, EVENTS_CAP};
use crate::params::ParamError;
use crate::position::Position;
use crate::session::Session;
use crate::strategy::{Cancellation, Fill, Rejection, Strategy};

/// The strategy's account in the engine.
pub const STRATEGY: AccountId = AccountId(1000);

/// What the engine adds to the names that the strategy gives its orders.
pub const ORDER_IDS_FROM: u64 = 1 << 48;

/// A market which a strategy takes part in: with one instrument, or with those that are
/// [listed](Self::list) besides, each of which [`at`](Self::at) gives.
///
/// Whatever is done to it, it then lets the strategy answer, and answer the answers, until nothing
/// more is asked. After that it checks that the strategy's own books agree with the engine's.
#[derive(Debug)]
pub struct Market<S> {
    engine: Engine,
    session: Session<S>,
    instrument: InstrumentId,
    now: Time,
    timer_due: Time,
    next_id: u64,
    commands: VecDeque<CommandRecord>,
    sides: BTreeMap<OrderId, Side>,
    holdings: BTreeMap<InstrumentId, Holding>,
    fills: Vec<Fill>,
    rejections: Vec<Rejection>,
    cancellations: Vec<Cancellation>,
    commands_seen: usize,
}

/// What a strategy holds of an instrument, as the engine told it, and the most that it ever held.
#[derive(Clone, Copy, Debug)]
struct Holding {
    position: Position,
    largest: Qty,
}

impl Holding {
    const NONE: Self = Self { position: Position::FLAT, largest: Qty::ZERO };
}

impl<S: Strategy> Market<S> {
    /// A market at 9:30 with tick 1 and lot 1, and a strategy with these parameters: `key=value`,
    /// one a line; what is not given is the default.
    ///
    /// # Panics
    ///
    /// Where the parameters are wrong.
    #[must_use]
    pub fn open(params: &str) -> Self {
        let spec = InstrumentSpec::new(InstrumentId(0), "TEST");
        Self::with(spec, params).unwrap_or_else(|wrong| panic!("{wrong}"))
    }

    /// A market for an instrument, and a strategy with these parameters.
    ///
    /// # Errors
    ///
    /// [`ParamError`] where the parameters are wrong.
    pub fn with(spec: InstrumentSpec, params: &str) -> Result<Self, ParamError> {
        host(|host| *host = Default::default());
        let session = Session::open(params)?;
        let mut market = Self {
            engine: Engine::new(Capacity::SMALL),
            session,
            instrument: spec.instrument,
            now: OPENING,
            timer_due: Time(OPENING.0 + S::TIMER_NS),
            next_id: 1,
            commands: VecDeque::new(),
            sides: BTreeMap::new(),
            holdings: BTreeMap::new(),
            fills: Vec::new(),
            rejections: Vec::new(),
            cancellations: Vec::new(),
            commands_seen: 0,
        };
        market.list(spec);
        Ok(market)
    }

    /// Lists an instrument besides.
    pub fn list(&mut self, spec: InstrumentSpec) {
        self.holdings.insert(spec.instrument, Holding::NONE);
        self.apply(&Command::Instrument(spec.into()));
    }

    /// One of the instruments, to act in and to look at. Without it, all acts and looks are at the
    /// first.
    ///
    /// # Panics
    ///
    /// Where it is not listed.
    pub fn at(&mut self, instrument: InstrumentId) -> Pit<'_, S> {
        assert!(self.holdings.contains_key(&instrument), "instrument {instrument} is not listed");
        Pit::new(self, instrument)
    }

    /// Somebody else bids `qty` lots at `price` ticks, good till cancelled.
    pub fn buy(&mut self, price: i64, qty: u64) -> OrderId {
        self.at(self.instrument).buy(price, qty)
    }

    /// Somebody else offers `qty` lots at `price` ticks, good till cancelled.
    pub fn sell(&mut self, price: i64, qty: u64) -> OrderId {
        self.at(self.instrument).sell(price, qty)
    }

    /// Somebody else buys or sells up to a price, the limit included; what is left is cancelled.
    pub fn take(&mut self, side: Side, price: i64, qty: u64) -> OrderId {
        self.at(self.instrument).take(side, price, qty)
    }

    /// Somebody else places an order; an `id` of 0 gets a name. It enters the first instrument,
    /// whatever it says; see [`at`](Self::at).
    pub fn order(&mut self, order: NewOrder) -> OrderId {
        self.at(self.instrument).order(order)
    }

    /// Somebody else cancels.
    pub fn cancel(&mut self, id: OrderId) {
        self.at(self.instrument).cancel(id);
    }

    /// Time goes by; timers that fall due run, each at its time.
    pub fn advance(&mut self, ns: u64) {
        let until = Time(self.now.0 + ns);
        while S::TIMER_NS > 0 && self.timer_due <= until {
            self.now = self.timer_due;
            self.timer_due.0 += S::TIMER_NS;
            self.apply(&Command::Time);
            let (seq, at_ns) = (self.engine.seq(), self.now.0);
            let due = EventRecord { kind: kind::TIMER, seq, at_ns, ..EventRecord::default() };
            self.deliver(&[due.to_bytes()]);
            self.settle();
        }
        self.now = until;
        self.apply(&Command::Time);
    }

    /// Anything else happens, now.
    pub fn apply(&mut self, command: &Command) {
        self.step(command);
        self.settle();
    }

    /// A crowd trades for so many steps.
    pub fn run(&mut self, crowd: &mut Crowd, steps: usize) {
        for _ in 0..steps {
            crowd.step(self);
        }
    }

    /// Ends the strategy: it hears `on_stop`.
    pub fn stop(&mut self) {
        self.session.stop();
    }

    /// Lets the strategy answer until it asks for nothing more.
    fn settle(&mut self) {
        let mut rounds = 0;
        while let Some(record) = self.commands.pop_front() {
            rounds += 1;
            assert!(rounds < ROUNDS_MAX, "the strategy answers its own events without end");
            let command = self.admit(&record);
            self.step(&command);
        }
        self.check_books();
    }

    /// Applies one command and tells the strategy what it may hear.
    fn step(&mut self, command: &Command) {
        let mut events = Vec::new();
        self.engine.apply(self.now, command, &mut events);
        let heard: Vec<_> = events.iter().filter_map(|event| self.for_strategy(event)).collect();
        let records: Vec<_> =
            heard.iter().map(|event| EventRecord::from_event(event, self.now).to_bytes()).collect();
        for event in &heard {
            self.note(event);
        }
        for batch in records.chunks(EVENTS_CAP) {
            self.deliver(batch);
        }
    }

    fn deliver(&mut self, batch: &[[u8; EVENT_LEN]]) {
        let mut commands = [[0; COMMAND_LEN]; COMMANDS_CAP];
        host(|host| host.takes_commands = true);
        let count = self.session.on_events(batch, &mut commands);
        let mut all = host(|host| {
            host.takes_commands = false;
            core::mem::take(&mut host.submitted)
        });
        all.extend_from_slice(&commands[..count]);
        let (asked, most) = (all.len(), COMMANDS_PER_CALL);
        assert!(
            asked <= most,
            "the strategy asked for {asked} commands in one call: {most} are taken"
        );
        self.commands_seen += all.len();
        self.commands.extend(all.iter().map(CommandRecord::from_bytes));
    }

    /// Keeps the test's own account of the strategy.
    fn note(&mut self, event: &Event) {
        let instrument = event.instrument;
        match event.what {
            What::Filled { id, price, qty, leaves, liquidity, fee, .. } => {
                let side = *self.sides.get(&id).expect("only what was sent is filled");
                let fee = i64::try_from(fee.get()).expect("a test's fees fit");
                let held = self.holdings.entry(instrument).or_insert(Holding::NONE);
                held.position.add(side, price, qty, fee);
                held.largest = held.largest.max(held.position.size());
                self.fills.push(Fill { instrument, id, side, price, qty, leaves, liquidity, fee });
            }
            What::Rejected { op, id, reason, .. } => {
                self.rejections.push(Rejection { instrument, op, id, reason });
            }
            What::Canceled { id, qty, reason, .. } => {
                self.cancellations.push(Cancellation { instrument, id, qty, reason });
            }
            _ => {}
        }
    }

    /// What the strategy believes of itself must be what the engine says.
    fn check_books(&self) {
        let orders = self.session.orders();
        assert!(orders.iter().all(|order| order.live && !order.waiting), "answered: {orders:?}");
        for (&instrument, held) in &self.holdings {
            let position = self.session.position(instrument);
            assert_eq!(position, held.position, "the strategy's position and the engine's");
            let own = orders.iter().filter(|order| order.instrument == instrument);
            let mut believed: Vec<_> = own.map(|o| (o.id, o.side, o.open)).collect();
            let mut open = self.open_in_the_engine(instrument);
            believed.sort_unstable();
            open.sort_unstable();
            assert_eq!(believed, open, "the strategy's open orders and the engine's");
        }
    }
}

/// 9:30, counted from midnight, as market data files do.
const OPENING: Time = Time(34_200_000_000_000);

/// How many commands in a row a strategy may answer with before the test calls it endless.
const ROUNDS_MAX: usize = 10_000;
