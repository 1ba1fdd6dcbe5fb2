use ringfence_guest::InstrumentSpec;
use ringfence_guest::testing::{Crowd, Market};

use super::*;

const SECOND: InstrumentId = InstrumentId(1);
const SECONDS: u64 = 1_000_000_000;

fn open(params: &str) -> Market<Pairs> {
    let mut market = Market::open(params);
    market.list(InstrumentSpec::new(SECOND, "OTHER"));
    market
}

/// Both instruments quoted, the first 1,000 ticks above the second, for as long as it looks back.
fn in_line(params: &str) -> Market<Pairs> {
    let mut market = open(params);
    market.buy(10_990, 500);
    market.sell(11_010, 500);
    market.at(SECOND).buy(9_990, 500);
    market.at(SECOND).sell(10_010, 500);
    market.advance(SAMPLES as u64 * SECONDS);
    market.assert_fills(&[]);
    market
}

#[test]
fn it_sells_the_dear_one_and_buys_the_cheap_one() {
    let mut market = in_line("size=30");
    market.buy(11_008, 500);
    market.advance(SECONDS);
    market.assert_position(-30);
    market.at(SECOND).assert_position(30);
    market.assert_fills(&[(Side::Sell, 11_008, 30), (Side::Buy, 10_010, 30)]);
}

#[test]
fn a_new_version_keeps_both_legs_within_its_own_size() {
    for (params, held) in [("size=30", 30), ("size=20", 20)] {
        let mut market = in_line("size=30");
        market.buy(11_008, 500);
        market.advance(SECONDS);
        let mut market = market.swap::<Pairs>(params).unwrap();
        market.buy(11_009, 1);
        market.at(SECOND).buy(9_991, 1);
        market.advance(3 * SECONDS);
        market.assert_position(-held);
        market.at(SECOND).assert_position(held);
    }
}

#[test]
fn it_is_out_of_both_when_they_are_back_in_line() {
    let mut market = in_line("size=30");
    let dear = market.buy(11_008, 500);
    market.advance(SECONDS);
    market.cancel(dear);
    market.advance(SECONDS);
    market.assert_position(0);
    market.at(SECOND).assert_position(0);
    assert_eq!(market.fills().len(), 4);
}

#[test]
fn a_leg_that_was_not_to_be_had_is_caught_up_with() {
    let mut market = in_line("size=30\nslip=0");
    market.at(SECOND).take(Side::Buy, 10_010, 490);
    market.buy(11_008, 500);
    market.advance(SECONDS);
    market.assert_position(-30);
    market.at(SECOND).assert_position(10);
    market.at(SECOND).sell(10_010, 100);
    market.at(SECOND).assert_position(10);
    market.advance(SECONDS);
    market.at(SECOND).assert_position(30);
}

#[test]
fn it_waits_until_it_knows_what_is_usual() {
    let mut market = open("size=30");
    market.buy(10_990, 500);
    market.sell(11_010, 500);
    market.at(SECOND).buy(9_990, 500);
    market.at(SECOND).sell(10_010, 500);
    market.advance((SAMPLES as u64 - 1) * SECONDS);
    market.buy(11_008, 500);
    market.advance(SECONDS);
    assert_eq!(market.commands(), 0);
}

#[test]
fn it_trades_two_lively_markets_and_keeps_its_limits() {
    let mut fills = 0;
    for seed in 0..10 {
        let mut market = open("size=40\nentry=120");
        let mut crowds =
            [Crowd::new(seed, 5_850_000, 100), Crowd::new(seed + 1_000, 5_800_000, 100).of(SECOND)];
        for step in 0..10_000 {
            crowds[step % 2].step(&mut market);
        }
        assert!(market.largest_position() <= Qty(40), "seed {seed}");
        assert!(market.at(SECOND).largest_position() <= Qty(40), "seed {seed}");
        fills += market.fills().len();
    }
    assert!(fills > 40, "it trades: {fills}");
}

#[test]
fn wrong_parameters_are_refused() {
    for wrong in ["size=0", "entry=0", "second=0", "slip=-1", "least=x"] {
        assert!(ringfence_guest::Session::<Pairs>::open(wrong).is_err(), "{wrong}");
    }
}
