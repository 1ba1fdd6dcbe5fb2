use ringfence_guest::Session;
use ringfence_guest::testing::{Crowd, Market};

use super::*;

const QUICK: &str = "fast=2\nslow=6\nthreshold=100\nsize=10\nmax_position=25\ncooldown_ms=10";

/// A market with deep quotes at `mid` ± 100 in which trades print at `mid`.
struct Tape {
    market: Market<Momentum>,
    quotes: [OrderId; 2],
}

impl Tape {
    fn new(params: &str) -> Self {
        let mut market = Market::open(params);
        let quotes = [market.buy(99_900, 1_000), market.sell(100_100, 1_000)];
        Self { market, quotes }
    }

    /// 20 ms later somebody trades at a price, and the quotes follow.
    fn print(&mut self, price: i64) {
        self.market.advance(20_000_000);
        for id in self.quotes {
            self.market.cancel(id);
        }
        self.market.sell(price, 1);
        self.market.take(Side::Buy, price, 1);
        self.quotes = [self.market.buy(price - 100, 1_000), self.market.sell(price + 100, 1_000)];
    }

    fn lots(&self) -> i64 {
        self.market.position().lots
    }
}

#[test]
fn a_flat_market_is_left_alone() {
    let mut tape = Tape::new(QUICK);
    for _ in 0..50 {
        tape.print(100_000);
    }
    assert_eq!(tape.market.commands(), 0);
}

#[test]
fn a_rise_is_bought_up_to_the_limit() {
    let mut tape = Tape::new(QUICK);
    for step in 0..20 {
        tape.print(100_000 + 200 * step);
    }
    assert_eq!(tape.lots(), 25);
    let sizes: Vec<_> = tape.market.fills().iter().map(|fill| fill.qty.0).collect();
    assert_eq!(sizes, [10, 10, 5]);
}

#[test]
fn a_fall_is_sold() {
    let mut tape = Tape::new(QUICK);
    for step in 0..20 {
        tape.print(100_000 - 200 * step);
    }
    assert_eq!(tape.lots(), -25);
}

#[test]
fn a_position_is_left_when_the_averages_cross() {
    let mut tape = Tape::new(&QUICK.replace("threshold=100", "threshold=400"));
    for step in 0..10 {
        tape.print(100_000 + 500 * step);
    }
    assert_eq!(tape.lots(), 25);
    // Too slow a fall to be a trend the other way.
    for step in 0..60 {
        tape.print(104_500 - 20 * step);
    }
    assert_eq!(tape.lots(), 0);
    tape.market.assert_open(&[]);
}

#[test]
fn nothing_is_done_before_the_slow_average_has_seen_enough() {
    let mut tape = Tape::new(QUICK);
    for step in 0..5 {
        tape.print(100_000 + 1_000 * step);
    }
    assert_eq!(tape.market.commands(), 0);
}

#[test]
fn orders_keep_their_distance() {
    let mut tape = Tape::new(&QUICK.replace("cooldown_ms=10", "cooldown_ms=200"));
    for step in 0..12 {
        tape.print(100_000 + 200 * step);
    }
    assert_eq!(tape.market.commands(), 1, "within 200 ms");
}

#[test]
fn it_trades_in_a_lively_market_and_keeps_its_limit() {
    let mut fills = 0;
    for seed in 0..20 {
        let params = "fast=5\nslow=25\nthreshold=100\nmax_position=150\nsize=60\ncooldown_ms=100";
        let mut market = Market::<Momentum>::open(params);
        market.run(&mut Crowd::new(seed, 5_850_000, 100), 3_000);
        fills += market.fills().len();
        assert!(market.largest_position() <= Qty(150), "seed {seed}: within its limit");
        market.assert_open(&[]);
        assert_eq!(market.rejections(), [], "seed {seed}");
    }
    assert!(fills > 100, "it trades: {fills}");
}

#[test]
fn wrong_parameters_are_refused() {
    for wrong in ["fast=100", "fast=0", "slow=1000001", "size=0", "cooldown_ms=0", "slip=x"] {
        assert!(Session::<Momentum>::open(wrong).is_err(), "{wrong}");
    }
}
