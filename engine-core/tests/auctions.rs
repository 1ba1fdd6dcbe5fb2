//! What an auction comes to, against the letter of the rules: in a narrow book every tick is tried.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use ringfence_core::testing::Venue;
use ringfence_core::testing::generate::small_auction;
use ringfence_core::{
    Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, OrderId, Price, Qty, Side,
    Time, What,
};

/// Wider books are left out.
const TICKS_MAX: u64 = 100;

/// An order that gathers; without a price it is a market order.
#[derive(Clone, Copy, Debug)]
struct Gathered {
    id: OrderId,
    side: Side,
    price: Option<Price>,
    open: Qty,
}

/// A book before its auction, and what became of it.
#[derive(Debug)]
struct Auction {
    spec: InstrumentSpec,
    orders: Vec<Gathered>,
    price: Option<Price>,
    qty: u128,
    filled: BTreeMap<OrderId, Qty>,
}

#[test]
fn no_tick_is_better_than_the_price_of_an_auction() {
    let (mut between, mut balanced) = (0, 0);
    for seed in 0..30_000 {
        let auction = Auction::of_seed(seed);
        let said = std::panic::catch_unwind(|| auction.check());
        assert!(said.is_ok(), "seed {seed}: {auction:#?}");
        let Some(price) = auction.price else { continue };
        between += u32::from(auction.limits().all(|limit| limit != price));
        balanced += u32::from(auction.surplus(price) == 0);
    }
    println!("{between} prices at which no order stands, {balanced} with nothing left");
    assert!(between > 500 && balanced > 1_000, "{between} {balanced}");
}

impl Auction {
    /// Plays an auction; orders of groups, of which only one takes part, are left out.
    fn of_seed(seed: u64) -> Self {
        let mut commands = small_auction(seed);
        commands.retain(|command| !matches!(command, Command::New(order) if order.group != 0));
        let uncross = commands.pop().expect("its end");
        let mut engine = Engine::new(Capacity::SMALL);
        for command in &commands {
            engine.apply(Time(0), command, &mut Vec::<Event>::new());
        }
        let instrument = InstrumentId(1);
        let spec = engine.book(instrument).expect("its book").spec().clone();
        let mut orders = Vec::new();
        for side in Side::BOTH {
            for order in Venue::orders(&engine, instrument, side) {
                let (id, price, open) = (order.id, Some(order.price), order.open);
                orders.push(Gathered { id, side, price, open });
            }
        }
        for order in Venue::waiting(&engine, instrument) {
            let (id, side, open) = (order.id, order.side, order.open);
            orders.push(Gathered { id, side, price: None, open });
        }
        let mut events: Vec<Event> = Vec::new();
        engine.apply(Time(0), &uncross, &mut events);
        let (mut price, mut qty, mut filled) = (None, 0, BTreeMap::new());
        for event in events {
            match event.what {
                What::Uncrossed { price: at, qty: total } => (price, qty) = (at, total.get()),
                What::Filled { id, qty, .. } => *filled.entry(id).or_insert(Qty::ZERO) += qty,
                _ => {}
            }
        }
        Self { spec, orders, price, qty, filled }
    }

    fn check(&self) {
        let ticks = self.ticks();
        let Some(price) = self.price else {
            assert!(ticks.iter().all(|&tick| self.volume(tick) == 0), "something could trade");
            return;
        };
        assert_eq!(self.volume(price), self.qty, "all that can trade does");
        let left = self.surplus(price).unsigned_abs();
        for &tick in &ticks {
            let (volume, surplus) = (self.volume(tick), self.surplus(tick).unsigned_abs());
            assert!(volume <= self.qty, "more at {tick}");
            assert!(volume < self.qty || surplus >= left, "less is left at {tick}");
        }
        let is_best = |tick: Price| {
            self.volume(tick) == self.qty && self.surplus(tick).unsigned_abs() == left
        };
        let best: Vec<Price> = ticks.into_iter().filter(|&tick| is_best(tick)).collect();
        self.check_choice(price, &best);
        for order in &self.orders {
            let better = order.price.is_some_and(|limit| order.side.is_better(limit, price));
            let filled = self.filled.get(&order.id).copied().unwrap_or(Qty::ZERO);
            assert!(!better || filled == order.open, "{order:?} is better, and not filled whole");
        }
    }

    /// Which of the ticks with most volume and least surplus it is.
    fn check_choice(&self, price: Price, best: &[Price]) {
        if best.is_empty() {
            return; // Limits add nothing, and the reference price is outside of them.
        }
        if best.iter().all(|&tick| self.surplus(tick) > 0) {
            return assert_eq!(price, best[best.len() - 1], "buyers are left");
        }
        if best.iter().all(|&tick| self.surplus(tick) < 0) {
            return assert_eq!(price, best[0], "sellers are left");
        }
        let Some(reference) = self.spec.reference else { return };
        if self.surplus(price) == 0 && self.limits().count() > 0 && best.contains(&price) {
            let near = |tick: &Price| (tick.distance(reference), Reverse(*tick));
            assert_eq!(Some(price), best.iter().copied().min_by_key(near), "{reference}");
        }
    }

    /// The ticks from the lowest to the highest limit; none where there are too many to look at.
    fn ticks(&self) -> Vec<Price> {
        let (Some(low), Some(high)) = (self.limits().min(), self.limits().max()) else {
            return Vec::new();
        };
        if high.distance(low) > TICKS_MAX {
            return Vec::new();
        }
        let on_tick = |price: &Price| {
            let tick = i64::try_from(self.spec.tick_at(*price)).expect("a small tick");
            price.0.rem_euclid(tick) == 0
        };
        (low.0..=high.0).map(Price).filter(on_tick).collect()
    }

    fn limits(&self) -> impl Iterator<Item = Price> + '_ {
        self.orders.iter().filter_map(|order| order.price)
    }

    fn volume(&self, price: Price) -> u128 {
        self.taking(Side::Buy, price).min(self.taking(Side::Sell, price))
    }

    fn surplus(&self, price: Price) -> i128 {
        let [buying, selling] = Side::BOTH.map(|side| self.taking(side, price));
        i128::try_from(buying).expect("few") - i128::try_from(selling).expect("few")
    }

    /// What a side would trade at a price.
    fn taking(&self, side: Side, price: Price) -> u128 {
        let takes = |order: &&Gathered| {
            order.side == side && order.price.is_none_or(|limit| side.crosses(limit, price))
        };
        self.orders.iter().filter(takes).map(|order| u128::from(order.open.0)).sum()
    }
}
