//! A seeded trading day in LOBSTER's form, made by sending random orders through the engine.

use std::io::{self, Write};

use ringfence_core::{
    AccountId, Cancel, Capacity, Command, Discard, Engine, InstrumentId, InstrumentSpec, NewOrder,
    OrderId, Price, Qty, Reduce, Side, Time, TimeInForce,
};

use super::lobster::SCALE;

/// Which day is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Days of one seed and count are equal.
    pub seed: u64,
    /// Messages.
    pub count: u64,
}

/// Writes a day: a message a line, and the ten best levels after each.
///
/// Every order of the day is added by a message of the day: the book is empty before the first.
///
/// # Errors
///
/// Where one of the two cannot be written to.
pub fn generate(
    recipe: Recipe,
    messages: &mut impl Write,
    orderbook: &mut impl Write,
) -> io::Result<()> {
    let mut day = Day::new(recipe);
    let mut out = Out { messages, orderbook, left: recipe.count };
    while out.left > 0 {
        day.advance(recipe.count - out.left);
        day.step(&mut out)?;
    }
    out.messages.flush()?;
    out.orderbook.flush()
}

/// Dollars times 10,000 between two prices.
const TICK: i64 = 100;

/// How far from what the stock is worth people quote at least, in increments.
const HALF_SPREAD: i64 = 4;

/// Where the day opens.
const OPENING_PRICE: i64 = 5_000_000;

/// Levels per side of a row.
const LEVELS: usize = 10;

/// Orders that rest on a side, about.
const ORDERS_PER_SIDE: u64 = 400;

/// Levels that a side keeps at least.
const LEVELS_LEAST: usize = 12;

/// Nasdaq's day, in seconds after midnight.
const OPENS_S: u64 = 34_200;
const SECOND_NS: u64 = 1_000_000_000;

/// How busy each half hour is: most at the opening and the closing.
const BUSY: [u64; 13] = [18, 12, 9, 8, 7, 6, 6, 6, 6, 7, 8, 10, 17];
const HALF_HOUR_NS: u64 = 1_800 * SECOND_NS;

const INSTRUMENT: InstrumentId = InstrumentId(0);

struct Day {
    engine: Engine,
    random: Random,
    count: u64,
    at: Time,
    /// What the stock is worth, around which people trade.
    worth: i64,
    /// Which way it goes for now: -1, 0 or 1.
    drift: i64,
    /// Orders by side; some of them are gone already.
    orders: [Vec<OrderId>; 2],
    next_id: u64,
}

impl Day {
    fn new(recipe: Recipe) -> Self {
        let capacity = Capacity {
            orders: 1 << 16,
            levels: 1 << 14,
            instruments: 1,
            accounts: 1,
            positions: 1,
        };
        let mut engine = Engine::new(capacity);
        let spec = InstrumentSpec {
            scale: SCALE,
            tick: TICK.unsigned_abs(),
            ..InstrumentSpec::new(INSTRUMENT, "DAY")
        };
        engine.apply(Time(0), &Command::Instrument(Box::new(spec)), &mut Discard);
        Self {
            engine,
            random: Random(recipe.seed),
            count: recipe.count,
            at: Time(OPENS_S * SECOND_NS),
            worth: OPENING_PRICE,
            drift: 0,
            orders: [Vec::new(), Vec::new()],
            next_id: 1,
        }
    }

    /// Lets time pass to about where message `number` belongs: bursts, with pauses between them.
    fn advance(&mut self, number: u64) {
        let within_burst = self.random.below(100) < 70;
        let soon = self.at.0 + 1_000 + self.random.below(400_000);
        let due = OPENS_S * SECOND_NS + self.due(number);
        let at = if within_burst { soon } else { soon.max(due) };
        self.at = Time(at.min(OPENS_S * SECOND_NS + BUSY.len() as u64 * HALF_HOUR_NS));
        if self.random.below(100) == 0 {
            self.drift = [-1, 0, 1][self.random.index(3)];
        }
        if self.random.below(8) == 0 {
            self.worth += TICK * (self.drift + [-3, -2, -1, 0, 1, 2, 3][self.random.index(7)]);
            self.worth = self.worth.clamp(OPENING_PRICE / 2, OPENING_PRICE * 2);
        }
    }

    /// Nanoseconds after the opening by which `number` messages have come.
    fn due(&self, number: u64) -> u64 {
        let all: u64 = BUSY.iter().sum();
        let wanted = u128::from(number) * u128::from(all);
        let mut passed = 0;
        for (half_hour, &busy) in BUSY.iter().enumerate() {
            let (from, here) = (
                u128::from(passed) * u128::from(self.count),
                u128::from(busy) * u128::from(self.count),
            );
            if wanted < from + here {
                let into = (wanted - from) * u128::from(HALF_HOUR_NS) / here.max(1);
                let start = half_hour as u64 * HALF_HOUR_NS;
                return start + u64::try_from(into).unwrap_or(0);
            }
            passed += busy;
        }
        BUSY.len() as u64 * HALF_HOUR_NS
    }

    fn step(&mut self, out: &mut Out<'_, impl Write, impl Write>) -> io::Result<()> {
        let thin = Side::BOTH.into_iter().find(|&side| {
            self.engine.book(INSTRUMENT).is_none_or(|book| book.levels(side).count() < LEVELS_LEAST)
        });
        if let Some(side) = thin {
            return self.add(side, out);
        }
        if let Some(side) = self.mispriced()
            && self.random.below(100) < 40
        {
            // Whoever quotes it is glad to be gone, or somebody else is faster.
            return if self.random.below(2) == 0 {
                self.cancel_best(side, out)
            } else {
                self.take(out)
            };
        }
        let side = Side::BOTH[self.random.index(2)];
        let crowd = self.orders[side.index()].len() as u64;
        let adds = if crowd < ORDERS_PER_SIDE { 500 } else { 440 };
        match self.random.below(1_000) {
            kind if kind < adds => self.add(side, out),
            kind if kind < 925 => self.cancel(side, out),
            kind if kind < 935 => self.shrink(side, out),
            kind if kind < 980 => self.take(out),
            _ => self.hidden(out),
        }
    }

    fn add(&mut self, side: Side, out: &mut Out<'_, impl Write, impl Write>) -> io::Result<()> {
        let price = self.price(side);
        let size = self.size();
        let id = OrderId(self.next_id);
        self.next_id += 1 + self.random.below(30);
        let order = NewOrder { instrument: INSTRUMENT, ..NewOrder::limit(id, side, price, size) };
        self.apply(Command::New(order));
        self.orders[side.index()].push(id);
        out.row(self, 1, id, size, price, side)
    }

    /// A price that rests: some way from what the stock is worth, and behind the other side.
    fn price(&mut self, side: Side) -> Price {
        let price = away(side, Price(self.worth), HALF_SPREAD + self.random.geometric(8) - 1);
        match self.best(side.opposite()) {
            Some(opposite) if side.crosses(price, opposite) => away(side, opposite, 1),
            _ => price,
        }
    }

    /// A side whose best price gives something away.
    fn mispriced(&self) -> Option<Side> {
        let gives_away = |&side: &Side| {
            self.best(side).is_some_and(|best| !side.opposite().is_better(best, Price(self.worth)))
        };
        Side::BOTH.into_iter().find(gives_away)
    }

    fn size(&mut self) -> Qty {
        Qty(match self.random.below(100) {
            0..20 => 1 + self.random.below(99),
            20..85 => 100,
            85..97 => 100 * (2 + self.random.below(4)),
            _ => 100 * (6 + self.random.below(15)),
        })
    }

    fn cancel(&mut self, side: Side, out: &mut Out<'_, impl Write, impl Write>) -> io::Result<()> {
        let Some((id, price, open)) = self.pick(side) else { return self.add(side, out) };
        self.apply(Command::Cancel(Cancel { instrument: INSTRUMENT, account: AccountId(0), id }));
        out.row(self, 3, id, open, price, side)
    }

    fn cancel_best(
        &mut self,
        side: Side,
        out: &mut Out<'_, impl Write, impl Write>,
    ) -> io::Result<()> {
        let book = self.engine.book(INSTRUMENT).expect("it was defined");
        let Some(order) = book.orders(side).next() else { return self.add(side, out) };
        let cancel = Cancel { instrument: INSTRUMENT, account: AccountId(0), id: order.id };
        self.apply(Command::Cancel(cancel));
        out.row(self, 3, order.id, order.open, order.price, side)
    }

    fn shrink(&mut self, side: Side, out: &mut Out<'_, impl Write, impl Write>) -> io::Result<()> {
        let Some((id, price, open)) = self.pick(side) else { return self.add(side, out) };
        if open < Qty(2) {
            return self.add(side, out);
        }
        let by = Qty(1 + self.random.below(open.0 - 1));
        let account = AccountId(0);
        self.apply(Command::Reduce(Reduce { instrument: INSTRUMENT, account, id, by }));
        out.row(self, 2, id, by, price, side)
    }

    /// Somebody takes, an order after the other, and stops after a level or two.
    fn take(&mut self, out: &mut Out<'_, impl Write, impl Write>) -> io::Result<()> {
        let (bid, ask) = (self.best(Side::Buy), self.best(Side::Sell));
        let middle = bid.zip(ask).map_or(self.worth, |(bid, ask)| (bid.0 + ask.0) / 2);
        // People buy what is cheap.
        let buys_percent = (50 + (self.worth - middle) / TICK * 8).clamp(10, 90);
        let buys = i64::try_from(self.random.below(100)).unwrap_or(0) < buys_percent;
        let resting = if buys { Side::Sell } else { Side::Buy };
        let mut left = self.size();
        let limit = self.best(resting).map(|best| away(resting, best, 1));
        while left > Qty::ZERO && out.left > 0 {
            let book = self.engine.book(INSTRUMENT).expect("it was defined");
            let Some(head) = book.orders(resting).next() else { break };
            if limit.is_some_and(|limit| !resting.opposite().crosses(limit, head.price)) {
                break;
            }
            let size = left.min(head.open);
            let taker = NewOrder {
                instrument: INSTRUMENT,
                tif: TimeInForce::Ioc,
                ..NewOrder::limit(OrderId(TAKER_ID), resting.opposite(), head.price, size)
            };
            self.apply(Command::New(taker));
            left -= size;
            out.row(self, 4, head.id, size, head.price, resting)?;
        }
        Ok(())
    }

    fn hidden(&mut self, out: &mut Out<'_, impl Write, impl Write>) -> io::Result<()> {
        let side = Side::BOTH[self.random.index(2)];
        let (bid, ask) = (self.best(Side::Buy), self.best(Side::Sell));
        let middle = bid.zip(ask).map_or(self.worth, |(bid, ask)| (bid.0 + ask.0) / 2);
        let price = Price(middle.div_euclid(TICK) * TICK);
        let size = self.size();
        out.row(self, 5, OrderId(0), size, price, side)
    }

    /// One of two live orders of a side, rather the better: people change their minds at the front.
    fn pick(&mut self, side: Side) -> Option<(OrderId, Price, Qty)> {
        let mut picked = None;
        while self.orders[side.index()].len() > 2 {
            let orders = &mut self.orders[side.index()];
            let place = self.random.index(orders.len());
            let book = self.engine.book(INSTRUMENT).expect("it was defined");
            let Some(order) = book.order(orders[place]) else {
                orders.swap_remove(place);
                continue;
            };
            let found = (order.id, order.price, order.open);
            match picked {
                None => picked = Some(found),
                Some(first) if side.is_better(found.1, first.1) => return Some(found),
                first => return first,
            }
        }
        picked
    }

    fn best(&self, side: Side) -> Option<Price> {
        self.engine.book(INSTRUMENT)?.best(side).map(|level| level.price)
    }

    fn apply(&mut self, command: Command) {
        self.engine.apply(self.at, &command, &mut Discard);
    }
}

/// The price so many increments further from the other side.
fn away(side: Side, price: Price, increments: i64) -> Price {
    match side {
        Side::Buy => Price(price.0 - increments * TICK),
        Side::Sell => Price(price.0 + increments * TICK),
    }
}

/// The one id of all takers: they never rest.
const TAKER_ID: u64 = 1 << 61;

/// Where messages and rows go.
struct Out<'a, M, B> {
    messages: &'a mut M,
    orderbook: &'a mut B,
    left: u64,
}

impl<M: Write, B: Write> Out<'_, M, B> {
    fn row(
        &mut self,
        day: &Day,
        kind: u8,
        id: OrderId,
        size: Qty,
        price: Price,
        side: Side,
    ) -> io::Result<()> {
        let (seconds, rest) = (day.at.0 / SECOND_NS, day.at.0 % SECOND_NS);
        let direction = if side == Side::Buy { 1 } else { -1 };
        writeln!(self.messages, "{seconds}.{rest:09},{kind},{id},{size},{price},{direction}")?;
        let book = day.engine.book(INSTRUMENT).expect("it was defined");
        let (mut asks, mut bids) = (book.levels(Side::Sell), book.levels(Side::Buy));
        for level in 0..LEVELS {
            let (ask, bid) = (asks.next(), bids.next());
            let (ask, ask_size) = ask.map_or((NO_PRICE, 0), |level| (level.price.0, level.qty));
            let (bid, bid_size) = bid.map_or((-NO_PRICE, 0), |level| (level.price.0, level.qty));
            let comma = if level == 0 { "" } else { "," };
            write!(self.orderbook, "{comma}{ask},{ask_size},{bid},{bid_size}")?;
        }
        self.orderbook.write_all(b"\n")?;
        self.left -= 1;
        Ok(())
    }
}

/// What stands in a row for a level that there is not.
const NO_PRICE: i64 = 9_999_999_999;

/// SplitMix64: a well-mixed number for each count.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("below a length")
    }

    /// 0, 1, 2, … each less often than the one before; about `mean` on average.
    fn geometric(&mut self, mean: u64) -> i64 {
        let mut number = 0;
        while self.below(mean + 1) != 0 {
            number += 1;
        }
        number
    }
}
