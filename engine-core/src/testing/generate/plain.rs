//! Plain orders in plain books, which go the short way, with few others among them.

use alloc::boxed::Box;

use super::{Choice, Random};
use crate::command::{
    Cancel, Command, NewOrder, NewQty, OrderType, Reduce, Replace, Scope, TimeInForce,
};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::instrument::InstrumentSpec;
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;

/// The second is beyond those whose books are found without a search.
const INSTRUMENTS: [InstrumentId; 2] = [InstrumentId(1), InstrumentId(70_000)];

/// Commands about plain orders without end, on few names and on prices around the end of a page.
#[derive(Clone, Debug)]
pub struct PlainCommands {
    random: Random,
    defined: usize,
    now: u64,
}

impl PlainCommands {
    /// The commands of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), defined: 0, now: 0 }
    }

    fn command(&mut self) -> Command {
        let random = &mut self.random;
        let instrument = if random.chance(90) { INSTRUMENTS[0] } else { INSTRUMENTS[1] };
        let account = AccountId(u32::from(random.chance(20)));
        let id = OrderId(1 + random.below(50));
        match random.below(100) {
            0..=17 => Command::Cancel(Cancel { instrument, account, id }),
            18..=27 => {
                let by = Qty(random.below(8));
                Command::Reduce(Reduce { instrument, account, id, by })
            }
            28..=42 => {
                let qty = match random.below(3) {
                    0 => NewQty::Keep,
                    1 => NewQty::Total(Qty(1 + random.below(12))),
                    _ => NewQty::Open(Qty(1 + random.below(12))),
                };
                let new_id = random.chance(5).then(|| OrderId(1 + random.below(50)));
                let price = random.chance(80).then(|| price(random));
                Command::Replace(Replace { instrument, account, id, new_id, price, qty })
            }
            43 if random.chance(20) => {
                Command::MassCancel(Scope { instrument: Some(instrument), ..Scope::default() })
            }
            43 => Command::Time,
            _ => {
                let (side, qty) = (random.pick(&Side::BOTH), Qty(1 + random.below(12)));
                let order = NewOrder::limit(id, side, price(random), qty);
                Command::New(self.varied(NewOrder { instrument, account, ..order }))
            }
        }
    }

    /// The same order, or in few cases one that is more than plain, or takes much.
    fn varied(&mut self, mut order: NewOrder) -> NewOrder {
        match self.random.below(100) {
            0..=19 => order.tif = TimeInForce::Ioc,
            20..=24 => order.qty = Qty(40 + order.qty.0),
            25 => order.tif = TimeInForce::Fok,
            26 => order.hidden = true,
            27..=28 => (order.order_type, order.display) = (OrderType::Iceberg, Qty(1)),
            29 => order.group = 1,
            30 => (order.order_type, order.price) = (OrderType::Market, None),
            31 => (order.tif, order.expire_at) = (TimeInForce::Gtd, Time(self.now + 5)),
            32 if self.random.chance(20) => order.all_or_none = true,
            33 if self.random.chance(20) => {
                (order.order_type, order.stop) = (OrderType::StopLimit, order.price);
            }
            _ => {}
        }
        order
    }
}

impl Iterator for PlainCommands {
    type Item = (Time, Command);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(&instrument) = INSTRUMENTS.get(self.defined) {
            self.defined += 1;
            let spec = InstrumentSpec::new(instrument, "PLAIN");
            return Some((Time(0), Command::Instrument(Box::new(spec))));
        }
        self.now += u64::from(self.random.chance(10));
        Some((Time(self.now), self.command()))
    }
}

fn price(random: &mut Random) -> Price {
    Price(i64::try_from(random.below(14)).expect("below 14") + 57)
}
