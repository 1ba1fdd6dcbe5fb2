use ringfence_guest::Session;
use ringfence_guest::testing::{Crowd, Market};

use super::*;

const QUICK: &str = "levels=2\nratio=200\nsize=10\nmax_position=25\ncooldown_ms=10";

/// A market with quotes on both sides, of these sizes.
fn market(bid: u64, ask: u64) -> Market<Imbalance> {
    let mut market = Market::open(QUICK);
    market.sell(100_100, ask);
    market.buy(99_900, bid);
    market
}

#[test]
fn an_even_book_is_left_alone() {
    let mut market = market(100, 100);
    market.advance(1_000_000_000);
    market.buy(99_800, 50);
    assert_eq!(market.commands(), 0);
}

#[test]
fn heavy_bids_are_followed_up_to_the_limit() {
    let mut market = market(1_000, 100);
    for _ in 0..10 {
        market.advance(20_000_000);
        market.buy(99_900, 1);
    }
    assert_eq!(market.position().lots, 25);
    let sizes: Vec<_> = market.fills().iter().map(|fill| fill.qty.0).collect();
    assert_eq!(sizes, [10, 10, 5]);
}

#[test]
fn a_position_is_left_when_the_book_is_even_again() {
    let mut market = market(1_000, 400);
    market.advance(20_000_000);
    market.buy(99_900, 1);
    assert!(market.position().lots > 0);
    market.sell(100_200, 700);
    for _ in 0..5 {
        market.advance(20_000_000);
        market.sell(100_300, 1);
    }
    assert_eq!(market.position().lots, 0);
}

#[test]
fn its_book_is_the_displayed_book_of_the_engine() {
    let mut fills = 0;
    for seed in 0..20 {
        let mut market = Market::<Imbalance>::open("ratio=130\ncooldown_ms=50");
        market.run(&mut Crowd::new(seed, 5_850_000, 100), 2_000);
        fills += market.fills().len();
        let held = market.strategy().book();
        assert!(held.view().live() > 0, "seed {seed}: somebody rests");
        let shown = market.engine().book(InstrumentId(0)).unwrap();
        for side in Side::BOTH {
            let shown: Vec<_> = shown.levels(side).collect();
            assert_eq!(held.levels(side).collect::<Vec<_>>(), shown, "seed {seed}");
        }
        market.assert_open(&[]);
        assert_eq!(market.rejections(), [], "seed {seed}");
    }
    assert!(fills > 100, "it trades: {fills}");
}

#[test]
fn wrong_parameters_are_refused() {
    for wrong in ["levels=0", "ratio=99", "size=0", "cooldown_ms=0", "levels=x"] {
        assert!(Session::<Imbalance>::open(wrong).is_err(), "{wrong}");
    }
}
