//! A trading day as it could be: quotes around a middle that wanders, takers, many cancels.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Choice, Random};
use crate::command::{Cancel, Command, NewOrder, NewQty, Replace, TimeInForce};
use crate::engine::Engine;
use crate::event::Discard;
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::instrument::InstrumentSpec;
use crate::limits::Capacity;
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;

/// How many orders a book holds, about, once the day is under way.
const RESTING: usize = 1_000;

/// Room for what rests, with plenty to spare.
const CAPACITY: Capacity =
    Capacity { orders: 16_384, levels: 8_192, instruments: 1, accounts: 1, positions: 1 };

/// Half past nine in nanoseconds after midnight.
const OPEN_NS: u64 = 34_200_000_000_000;

/// A trading day of one instrument, without end: take as many commands as are wanted.
///
/// The first command defines the instrument. All orders are of accounts 1 to 20, which trade under
/// their account's number as self-trade group.
#[derive(Clone, Debug)]
pub struct TradingDay {
    random: Random,
    instrument: InstrumentId,
    now: u64,
    /// The middle of the market, in 64ths of a tick.
    middle: i64,
    /// What pulls the middle now and then, in 64ths of a tick.
    drift: i64,
    next_id: u64,
    /// What was placed to rest; some of it has traded since.
    resting: Vec<Resting>,
    /// Where the day happens: it knows what has traded.
    engine: Engine,
}

#[derive(Clone, Copy, Debug)]
struct Resting {
    id: OrderId,
    account: AccountId,
    side: Side,
    price: Price,
}

impl TradingDay {
    /// The day of this seed, around `price`.
    #[must_use]
    pub fn new(seed: u64, instrument: InstrumentId, price: Price) -> Self {
        Self {
            random: Random::new(seed),
            instrument,
            now: OPEN_NS,
            middle: price.0.saturating_mul(64),
            drift: 0,
            next_id: 1,
            resting: Vec::new(),
            engine: Engine::new(CAPACITY),
        }
    }

    fn command(&mut self) -> Command {
        self.wander();
        let full = self.resting.len() >= RESTING;
        match self.random.below(100) {
            0..=7 => self.take(),
            8..=14 if full => self.improve(),
            15..=55 if full => self.withdraw(),
            _ => self.quote(),
        }
    }

    fn wander(&mut self) {
        if self.random.below(500) == 0 {
            self.drift = i64::try_from(self.random.below(7)).expect("below 7") - 3;
        }
        let step = i64::try_from(self.random.below(9)).expect("below 9") - 4;
        let pull = if self.random.chance(20) { self.drift } else { 0 };
        self.middle = self.middle.saturating_add(step + pull);
    }

    /// An order that rests at a distance: near is likelier than far.
    fn quote(&mut self) -> Command {
        let side = self.random.pick(&Side::BOTH);
        let far = 1 + self.random.below(64);
        let distance = i64::try_from(1 + self.random.below(far)).expect("at most 65");
        let price = side.behind(Price(self.middle / 64), distance);
        let order = self.order(side, price);
        let NewOrder { id, account, .. } = order;
        self.resting.push(Resting { id, account, side, price });
        Command::New(order)
    }

    /// An order that takes what stands within a few ticks.
    fn take(&mut self) -> Command {
        let side = self.random.pick(&Side::BOTH);
        let reach = i64::try_from(2 + self.random.below(6)).expect("below 8");
        let price = side.opposite().behind(Price(self.middle / 64), reach);
        let order = self.order(side, price);
        let market = self.random.chance(20);
        Command::New(if market {
            let plain = NewOrder::market(order.id, side, order.qty);
            NewOrder { stp_group: order.stp_group, stp: order.stp, ..plain }
                .of(order.instrument, order.account)
        } else {
            NewOrder { tif: TimeInForce::Ioc, ..order }
        })
    }

    /// A resting order is moved to where the market is now.
    fn improve(&mut self) -> Command {
        let Some(at) = self.some_resting() else {
            return self.quote();
        };
        let distance = i64::try_from(1 + self.random.below(10)).expect("below 11");
        let order = &mut self.resting[at];
        order.price = order.side.behind(Price(self.middle / 64), distance);
        Command::Replace(Replace {
            instrument: self.instrument,
            account: order.account,
            id: order.id,
            new_id: None,
            price: Some(order.price),
            qty: NewQty::Keep,
        })
    }

    fn withdraw(&mut self) -> Command {
        let Some(at) = self.some_resting() else {
            return self.quote();
        };
        let Resting { id, account, .. } = self.resting.swap_remove(at);
        Command::Cancel(Cancel { instrument: self.instrument, account, id })
    }

    /// A resting order; those that have traded meanwhile are forgotten on the way.
    fn some_resting(&mut self) -> Option<usize> {
        while !self.resting.is_empty() {
            let at = self.random.below(self.resting.len() as u64);
            let at = usize::try_from(at).expect("below a length");
            let book = self.engine.book(self.instrument)?;
            if book.order(self.resting[at].id).is_some() {
                return Some(at);
            }
            self.resting.swap_remove(at);
        }
        None
    }

    fn order(&mut self, side: Side, price: Price) -> NewOrder {
        let id = OrderId(self.next_id);
        self.next_id += 1;
        let account = u32::try_from(1 + self.random.below(20)).expect("at most 20");
        let hundreds = 1 + self.random.below(5);
        let odd = if self.random.chance(30) { self.random.below(100) } else { 0 };
        NewOrder {
            stp_group: account,
            stp: crate::Stp::CancelMaker,
            ..NewOrder::limit(id, side, price, Qty(100 * hundreds + odd))
        }
        .of(self.instrument, AccountId(account))
    }
}

impl Iterator for TradingDay {
    type Item = (Time, Command);

    fn next(&mut self) -> Option<Self::Item> {
        // Bursts: most commands follow at once, some after a pause.
        self.now += match self.random.below(8) {
            0 => 1 + self.random.below(2_000_000_000),
            _ => 1_000 + self.random.below(50_000),
        };
        let command = if self.engine.book(self.instrument).is_some() {
            self.command()
        } else {
            Command::Instrument(Box::new(InstrumentSpec::new(self.instrument, "DAY")))
        };
        self.engine.apply(Time(self.now), &command, &mut Discard);
        Some((Time(self.now), command))
    }
}

impl NewOrder {
    /// The same order of another account, in another book.
    const fn of(mut self, instrument: InstrumentId, account: AccountId) -> Self {
        self.instrument = instrument;
        self.account = account;
        self
    }
}
