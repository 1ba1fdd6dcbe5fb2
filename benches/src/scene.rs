//! A scene: commands that are measured after others that are not, and what they must cause.

use std::time::{Duration, Instant};

use ringfence_core::{
    CancelReason, Capacity, Command, Engine, Event, EventSink, InstrumentId, InstrumentSpec,
    Interest, NewOrder, OrderId, Price, Qty, Reject, Side, Time, What,
};

/// Commands of a scene, where nothing else is said.
pub const COUNT: u64 = 1_000;

/// The lowest price that sellers ask for.
pub const ASK: i64 = 100_000;

/// A buffer of the events of one command: of those classes whose bits are in `WANTED`.
#[derive(Clone, Debug, Default)]
pub struct Buffer<const WANTED: u8>(pub Vec<Event>);

/// What accounts and a trade feed hear.
const USUAL: u8 = Interest::PRIVATE.0 | Interest::TRADES.0;

impl<const WANTED: u8> EventSink for Buffer<WANTED> {
    #[inline]
    fn interest(&self) -> Interest {
        Interest(WANTED)
    }

    #[inline(always)]
    fn push(&mut self, event: Event) {
        self.0.push(event);
    }
}

/// Commands that are measured after others that are not.
#[derive(Clone, Debug)]
pub struct Scene {
    /// What it is called.
    pub name: &'static str,
    before: Vec<Command>,
    commands: Vec<Command>,
    capacity: Capacity,
}

/// What the measured commands of a scene caused.
#[derive(Debug)]
pub struct Seen {
    /// The engine afterwards.
    pub engine: Engine,
    events: Vec<Event>,
}

impl Scene {
    /// Nothing yet, in a plain continuous market.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        let spec = InstrumentSpec::new(InstrumentId(0), "");
        let capacity = Capacity { orders: 1 << 13, levels: 1 << 12, ..Capacity::SMALL };
        Self { name, before: vec![Command::Instrument(spec.into())], commands: vec![], capacity }
    }

    /// With room for so many orders.
    #[must_use]
    pub fn room(mut self, orders: u32) -> Self {
        self.capacity.orders = orders;
        self
    }

    /// With room for so many price levels.
    #[must_use]
    pub fn levels(mut self, levels: u32) -> Self {
        self.capacity.levels = levels;
        self
    }

    /// With commands that are not measured.
    #[must_use]
    pub fn after(mut self, commands: impl IntoIterator<Item = Command>) -> Self {
        self.before.extend(commands);
        self
    }

    /// With commands that are measured.
    #[must_use]
    pub fn measures(mut self, commands: impl IntoIterator<Item = Command>) -> Self {
        self.commands.extend(commands);
        self
    }

    /// Plays it once, and asserts that what is to be measured happens.
    ///
    /// # Panics
    ///
    /// Where it does not.
    #[must_use]
    pub fn shows(self, happens: impl FnOnce(&Seen) -> bool) -> Self {
        let mut engine = self.stage();
        let mut events = Vec::new();
        for command in &self.commands {
            engine.apply(Time(0), command, &mut events);
        }
        engine.check_invariants();
        let seen = Seen { engine, events };
        let last = seen.events.last().map(|event| event.what);
        assert!(
            happens(&seen),
            "{}: {} trades, {} open, in the end {last:?}",
            self.name,
            seen.trades(),
            seen.open()
        );
        self
    }

    /// Plays it so many times; returns the time that the measured commands took.
    #[must_use]
    pub fn play(&self, times: u64) -> Duration {
        let mut heard = Buffer::<USUAL>(Vec::with_capacity(1 << 18));
        let mut took = Duration::ZERO;
        for _ in 0..times {
            let mut engine = self.stage();
            let begun = Instant::now();
            for command in &self.commands {
                heard.0.clear();
                engine.apply(Time(0), command, &mut heard);
            }
            took += begun.elapsed();
        }
        took
    }

    /// How many commands are measured.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.commands.len() as u64
    }

    /// Whether nothing is measured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    fn stage(&self) -> Engine {
        let mut engine = Engine::new(self.capacity);
        let mut heard = Buffer::<{ Interest::PRIVATE.0 }>::default();
        for command in &self.before {
            engine.apply(Time(0), command, &mut heard);
        }
        let refused = |event: &Event| matches!(event.what, What::Rejected { .. });
        assert!(!heard.0.iter().any(refused), "{}: the stage is set", self.name);
        engine
    }
}

impl Seen {
    /// What happened, in order.
    pub fn whats(&self) -> impl Iterator<Item = &What> {
        self.events.iter().map(|event| &event.what)
    }

    /// How many events `are` so.
    pub fn count(&self, are: impl Fn(&What) -> bool) -> u64 {
        self.events.iter().filter(|event| are(&event.what)).count() as u64
    }

    /// Trades.
    #[must_use]
    pub fn trades(&self) -> u64 {
        self.count(|what| matches!(what, What::Trade { .. }))
    }

    /// Orders that ended so.
    #[must_use]
    pub fn canceled(&self, why: CancelReason) -> u64 {
        self.count(|what| matches!(what, What::Canceled { reason, .. } if *reason == why))
    }

    /// Commands that were turned away so.
    #[must_use]
    pub fn rejected(&self, why: Reject) -> u64 {
        self.count(|what| matches!(what, What::Rejected { reason, .. } if *reason == why))
    }

    /// Orders that were changed and kept their place, or did not.
    #[must_use]
    pub fn replaced(&self, kept: bool) -> u64 {
        self.count(
            |what| matches!(what, What::Replaced { kept_priority, .. } if *kept_priority == kept),
        )
    }

    /// Stops that were reached.
    #[must_use]
    pub fn triggered(&self) -> u64 {
        self.count(|what| matches!(what, What::Triggered { .. }))
    }

    /// Orders that live in the end.
    #[must_use]
    pub fn open(&self) -> u64 {
        u64::from(self.engine.orders())
    }

    /// The best price of a side in the end, and how many orders show there.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<(i64, u64)> {
        let level = self.engine.book(InstrumentId(0))?.best(side)?;
        Some((level.price.0, u64::from(level.orders)))
    }
}

/// A limit order to buy.
#[must_use]
pub fn bid(id: u64, price: i64, qty: u64) -> NewOrder {
    NewOrder::limit(OrderId(id), Side::Buy, Price(price), Qty(qty))
}

/// A limit order to sell.
#[must_use]
pub fn ask(id: u64, price: i64, qty: u64) -> NewOrder {
    NewOrder::limit(OrderId(id), Side::Sell, Price(price), Qty(qty))
}

/// `count` sellers of `qty` each, `deep` of them at a price: at [`ASK`] and above, named from 1.
pub fn asks(count: u64, deep: u64, qty: u64) -> impl Iterator<Item = Command> {
    (0..count).map(move |at| Command::New(ask(1 + at, above(at / deep), qty)))
}

/// [`COUNT`] market orders that buy `qty` each.
pub fn market_buys(qty: u64) -> impl Iterator<Item = Command> {
    (0..COUNT).map(move |at| Command::New(NewOrder::market(taker(at), Side::Buy, Qty(qty))))
}

/// The price so many ticks above [`ASK`].
#[must_use]
pub fn above(ticks: u64) -> i64 {
    ASK + ticks.cast_signed()
}

/// The name of a measured order: of none that stood there before.
#[must_use]
pub fn taker(at: u64) -> OrderId {
    OrderId(1_000_000 + at)
}

/// The numbers below `count`, in an order that a seed gives.
#[must_use]
pub fn shuffled(count: u64, seed: u64) -> Vec<u64> {
    let mut numbers: Vec<u64> = (0..count).collect();
    let mut state = seed | 1;
    for at in (1..numbers.len()).rev() {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let other = state % (at as u64 + 1);
        numbers.swap(at, usize::try_from(other).expect("below a length"));
    }
    numbers
}
