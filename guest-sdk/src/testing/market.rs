//! One instrument, one strategy and everybody else, in a unit test.

mod swap;

use std::collections::{BTreeMap, VecDeque};
use std::vec::Vec;

use ringfence_core::wire::{COMMAND_LEN, CommandRecord, EVENT_LEN, EventRecord, kind};
use ringfence_core::{
    AccountId, Cancel, Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, Interest,
    NewOrder, OrderId, OrderView, Price, Qty, Side, Time, TimeInForce, What,
};

pub use swap::SwapError;

use super::crowd::Crowd;
use super::fake::{LogLine, host};
use crate::abi::{COMMANDS_CAP, EVENTS_CAP};
use crate::params::ParamError;
use crate::position::Position;
use crate::session::Session;
use crate::strategy::{Bbo, Cancellation, Fill, Rejection, Strategy};

/// The strategy's account in the engine.
pub const STRATEGY: AccountId = AccountId(1000);

/// What the engine adds to the names that the strategy gives its orders.
pub const ORDER_IDS_FROM: u64 = 1 << 48;

/// A market with one instrument, which a strategy takes part in.
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
    position: Position,
    largest: Qty,
    fills: Vec<Fill>,
    rejections: Vec<Rejection>,
    cancellations: Vec<Cancellation>,
    commands_seen: usize,
}

impl<S: Strategy> Market<S> {
    /// A market at 9:30 with tick 1 and lot 1, and a strategy with these parameters.
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
            position: Position::FLAT,
            largest: Qty::ZERO,
            fills: Vec::new(),
            rejections: Vec::new(),
            cancellations: Vec::new(),
            commands_seen: 0,
        };
        market.apply(&Command::Instrument(spec.into()));
        Ok(market)
    }

    /// Somebody else bids, good till cancelled.
    pub fn buy(&mut self, price: i64, qty: u64) -> OrderId {
        self.order(NewOrder::limit(OrderId(0), Side::Buy, Price(price), Qty(qty)))
    }

    /// Somebody else offers, good till cancelled.
    pub fn sell(&mut self, price: i64, qty: u64) -> OrderId {
        self.order(NewOrder::limit(OrderId(0), Side::Sell, Price(price), Qty(qty)))
    }

    /// Somebody else takes up to a price; what is left is cancelled.
    pub fn take(&mut self, side: Side, price: i64, qty: u64) -> OrderId {
        let order = NewOrder::limit(OrderId(0), side, Price(price), Qty(qty));
        self.order(NewOrder { tif: TimeInForce::Ioc, ..order })
    }

    /// Somebody else places an order; an `id` of 0 gets a name.
    pub fn order(&mut self, order: NewOrder) -> OrderId {
        let id = if order.id.0 == 0 { OrderId(self.next_id) } else { order.id };
        assert!(id.0 < ORDER_IDS_FROM, "names from here on are the strategy's");
        self.next_id = self.next_id.max(id.0 + 1);
        self.apply(&Command::New(NewOrder { id, instrument: self.instrument, ..order }));
        id
    }

    /// Somebody else cancels.
    pub fn cancel(&mut self, id: OrderId) {
        let (instrument, account) = (self.instrument, AccountId(0));
        self.apply(&Command::Cancel(Cancel { instrument, account, id }));
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

    /// The strategy.
    pub const fn strategy(&self) -> &S {
        self.session.strategy()
    }

    /// The engine.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The time.
    pub const fn now(&self) -> Time {
        self.now
    }

    /// What the strategy holds and made, as the engine saw it.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The largest position that the strategy ever held, on whichever side.
    pub const fn largest_position(&self) -> Qty {
        self.largest
    }

    /// The strategy's trades so far.
    pub fn fills(&self) -> &[Fill] {
        &self.fills
    }

    /// What was turned away of the strategy's commands so far.
    pub fn rejections(&self) -> &[Rejection] {
        &self.rejections
    }

    /// What was taken off of the strategy's orders so far.
    pub fn cancellations(&self) -> &[Cancellation] {
        &self.cancellations
    }

    /// How many commands the strategy has sent so far.
    pub const fn commands(&self) -> usize {
        self.commands_seen
    }

    /// What the strategy has logged so far.
    pub fn logs(&self) -> Vec<LogLine> {
        host(|host| host.logs.clone())
    }

    /// The gauges that the strategy has set so far, in order.
    pub fn metrics(&self) -> Vec<(i32, i64)> {
        host(|host| host.metrics.clone())
    }

    /// The strategy's open orders, bids first, each side in the order in which it would trade.
    pub fn open_orders(&self) -> Vec<OrderView> {
        let Some(book) = self.engine.book(self.instrument) else {
            return Vec::new();
        };
        let mut own: Vec<_> = Vec::new();
        for side in Side::BOTH {
            own.extend(book.orders(side).filter(|order| order.account == STRATEGY));
        }
        for order in &mut own {
            order.id.0 -= ORDER_IDS_FROM;
        }
        own
    }

    /// The best prices, the strategy's own orders included.
    pub fn bbo(&self) -> Bbo {
        let best = |side| {
            let level = self.engine.book(self.instrument)?.best(side)?;
            Some((level.price, Qty(u64::try_from(level.qty).unwrap_or(u64::MAX))))
        };
        Bbo { instrument: self.instrument, bid: best(Side::Buy), ask: best(Side::Sell) }
    }

    /// Asserts how many lots the strategy holds.
    ///
    /// # Panics
    ///
    /// Where it holds another number.
    #[track_caller]
    pub fn assert_position(&self, lots: i64) {
        assert_eq!(self.position.lots, lots, "lots held; fills: {:#?}", self.fills);
    }

    /// Asserts the strategy's open orders: side, price, open quantity; bids first, best first.
    ///
    /// # Panics
    ///
    /// Where it has others.
    #[track_caller]
    pub fn assert_open(&self, expected: &[(Side, i64, u64)]) {
        let open = self.open_orders();
        let open: Vec<_> = open.iter().map(|o| (o.side, o.price.0, o.open.0)).collect();
        assert_eq!(open, expected, "the strategy's open orders");
    }

    /// Asserts all of the strategy's trades so far: side, price, quantity.
    ///
    /// # Panics
    ///
    /// Where it had others.
    #[track_caller]
    pub fn assert_fills(&self, expected: &[(Side, i64, u64)]) {
        let fills: Vec<_> = self.fills.iter().map(|f| (f.side, f.price.0, f.qty.0)).collect();
        assert_eq!(fills, expected, "the strategy's trades");
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
        let count = self.session.on_events(batch, &mut commands);
        let mut all = host(|host| core::mem::take(&mut host.submitted));
        all.extend_from_slice(&commands[..count]);
        self.commands_seen += all.len();
        self.commands.extend(all.iter().map(CommandRecord::from_bytes));
    }

    /// The event as the strategy hears it, if it does.
    fn for_strategy(&self, event: &Event) -> Option<Event> {
        let class = event.what.class();
        if class != Interest::PRIVATE {
            return S::SUBSCRIPTIONS.wants(class).then_some(*event);
        }
        if event.what.account() != Some(STRATEGY) {
            return None;
        }
        let mut event = *event;
        match &mut event.what {
            What::Accepted { id, .. }
            | What::Rejected { id, .. }
            | What::Filled { id, .. }
            | What::Canceled { id, .. }
            | What::Triggered { id, .. } => id.0 = id.0.saturating_sub(ORDER_IDS_FROM),
            What::Replaced { id, new_id, .. } => {
                id.0 -= ORDER_IDS_FROM;
                new_id.0 -= ORDER_IDS_FROM;
            }
            _ => {}
        }
        Some(event)
    }

    /// What a record of the strategy's becomes at the door of a venue.
    fn admit(&mut self, record: &CommandRecord) -> Command {
        let mut command = match record.to_command() {
            Ok(command) => command,
            Err(wrong) => panic!("the strategy sent what is not a command: {wrong}: {record:?}"),
        };
        let venue = |id: &mut OrderId| {
            assert!(id.0 < ORDER_IDS_FROM, "a strategy's names of orders end there: {id}");
            id.0 += ORDER_IDS_FROM;
        };
        match &mut command {
            Command::New(order) => {
                self.sides.insert(order.id, order.side);
                order.account = STRATEGY;
                venue(&mut order.id);
                if order.parent != 0 {
                    order.parent += ORDER_IDS_FROM;
                }
            }
            Command::Cancel(cancel) => {
                cancel.account = STRATEGY;
                venue(&mut cancel.id);
            }
            Command::Reduce(reduce) => {
                reduce.account = STRATEGY;
                venue(&mut reduce.id);
            }
            Command::Replace(replace) => {
                let side = self.sides.get(&replace.id).copied();
                if let (Some(id), Some(side)) = (replace.new_id, side) {
                    self.sides.insert(id, side);
                }
                replace.account = STRATEGY;
                venue(&mut replace.id);
                replace.new_id.iter_mut().for_each(venue);
            }
            Command::Quote(quote) => {
                self.sides.insert(quote.id, Side::Buy);
                self.sides.insert(OrderId(quote.id.0 + 1), Side::Sell);
                quote.account = STRATEGY;
                venue(&mut quote.id);
            }
            Command::MassCancel(scope) | Command::Kill(scope) => scope.account = Some(STRATEGY),
            other => panic!("a strategy may not send this: {other:?}"),
        }
        command
    }

    /// Keeps the test's own account of the strategy.
    fn note(&mut self, event: &Event) {
        let instrument = event.instrument;
        match event.what {
            What::Filled { id, price, qty, leaves, liquidity, fee, .. } => {
                let side = *self.sides.get(&id).expect("only what was sent is filled");
                let fee = i64::try_from(fee.get()).expect("a test's fees fit");
                self.position.add(side, price, qty, fee);
                self.largest = self.largest.max(self.position.size());
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
        let (orders, position) = self.session.books(self.instrument);
        assert_eq!(position, self.position, "the strategy's position and the engine's");
        assert!(orders.iter().all(|order| order.live && !order.waiting), "answered: {orders:?}");
        let mut believed: Vec<_> = orders.iter().map(|o| (o.id, o.side, o.open)).collect();
        let mut open: Vec<_> = self.open_orders().iter().map(|o| (o.id, o.side, o.open)).collect();
        believed.sort_unstable();
        open.sort_unstable();
        assert_eq!(believed, open, "the strategy's open orders and the engine's");
    }
}

/// 9:30, counted from midnight, as market data files do.
const OPENING: Time = Time(34_200_000_000_000);

/// How many commands in a row a strategy may answer with before the test calls it endless.
const ROUNDS_MAX: usize = 10_000;
