use ringfence_guest::Session;
use ringfence_guest::testing::{Crowd, Market};

use super::*;

const S: u64 = NS_PER_S;

/// A market with a bid at 99,900 and an ask at 100,100, each of 1,000.
fn quiet(params: &str) -> Market<Twap> {
    let mut market = Market::open(params);
    market.buy(99_900, 1_000);
    market.sell(100_100, 1_000);
    market
}

/// `ns` go by, and the ask changes size, which the strategy hears of.
fn later(market: &mut Market<Twap>, ns: u64) {
    market.advance(ns);
    let id = market.sell(100_100, 1);
    market.cancel(id);
}

#[test]
fn the_first_slice_rests_at_the_best_price() {
    let market = quiet("qty=300\nslices=3\nduration_s=30");
    market.assert_open(&[(Side::Buy, 99_900, 100)]);
}

#[test]
fn it_follows_the_best_price() {
    let mut market = quiet("qty=300\nslices=3\nduration_s=30\nside=sell");
    market.assert_open(&[(Side::Sell, 100_100, 100)]);
    market.sell(100_000, 5);
    market.assert_open(&[(Side::Sell, 100_000, 100)]);
}

#[test]
fn what_a_slice_lacks_is_taken_at_its_end() {
    let mut market = quiet("qty=300\nslices=3\nduration_s=30");
    market.take(Side::Sell, 99_900, 1_040);
    market.assert_position(40);
    later(&mut market, 10 * S);
    market.assert_fills(&[(Side::Buy, 99_900, 40), (Side::Buy, 100_100, 60)]);
    market.buy(99_900, 1_000);
    market.assert_open(&[(Side::Buy, 99_900, 100)]);
}

#[test]
fn all_is_done_at_the_end_and_no_more() {
    for side in Side::BOTH {
        let name = if side == Side::Buy { "buy" } else { "sell" };
        let mut market = quiet(&format!("qty=301\nslices=7\nduration_s=30\nside={name}"));
        for _ in 0..40 {
            later(&mut market, S);
        }
        assert_eq!(market.position().size(), Qty(301));
        assert_eq!(market.position().side(), Some(side));
        market.assert_open(&[]);
        assert_eq!(market.logs()[0].text, "all 301 lots done");
    }
}

#[test]
fn it_starts_when_it_is_told_to() {
    let mut market = quiet("qty=300\nslices=3\nduration_s=30\nstart_s=60");
    later(&mut market, 59 * S);
    assert_eq!(market.commands(), 0);
    later(&mut market, S);
    market.assert_open(&[(Side::Buy, 99_900, 100)]);
}

#[test]
fn too_thin_a_market_is_tried_again_not_flooded() {
    let mut market = Market::<Twap>::open("qty=50\nslices=1\nduration_s=1\nslip=0");
    let bids_change = |market: &mut Market<Twap>, ns| {
        market.advance(ns);
        let id = market.buy(1, 1);
        market.cancel(id);
    };
    market.sell(100_100, 20);
    market.sell(100_200, 100);
    bids_change(&mut market, S);
    market.assert_position(20);
    let sent = market.commands();
    for _ in 0..9 {
        bids_change(&mut market, RETRY_NS / 10);
    }
    assert_eq!(market.commands(), sent);
    bids_change(&mut market, RETRY_NS / 10);
    market.assert_position(50);
    assert_eq!(market.commands(), sent + 1);
}

#[test]
fn it_comes_to_its_end_in_a_lively_market() {
    for seed in 0..20 {
        let params = "qty=900\nslices=9\nduration_s=15";
        let mut market = Market::<Twap>::open(params);
        market.run(&mut Crowd::new(seed, 5_850_000, 100), 2_500);
        market.assert_position(900);
        market.assert_open(&[]);
        let makers = market.fills().iter().filter(|fill| fill.liquidity.name() == "maker");
        assert!(makers.count() > 0, "seed {seed}: some of it rested");
    }
}

#[test]
fn wrong_parameters_are_refused() {
    for wrong in ["qty=0", "qty=5", "slices=0", "duration_s=0", "side=up"] {
        assert!(Session::<Twap>::open(wrong).is_err(), "{wrong}");
    }
}
