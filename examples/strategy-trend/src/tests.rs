use ringfence_guest::testing::{Crowd, Market};

use super::*;

/// A market between 99 and 101 that has traded there for a while.
fn quiet(params: &str) -> Market<Trend> {
    let mut market = Market::open(params);
    market.buy(90, 1_000);
    market.sell(120, 1_000);
    for _ in 0..TRADES {
        trade(&mut market, 100);
    }
    market.assert_fills(&[]);
    market
}

fn trade(market: &mut Market<Trend>, price: i64) {
    market.sell(price, 1);
    market.take(Side::Buy, price, 1);
}

#[test]
fn it_goes_with_a_breakout_and_has_a_stop_at_once() {
    let mut market = quiet("size=50\ntrail=5\nslip=20");
    market.sell(105, 200);
    trade(&mut market, 101);
    market.assert_fills(&[(Side::Buy, 105, 50)]);
    let stops = market.waiting_orders();
    let stops: Vec<_> = stops.iter().map(|stop| (stop.side, stop.open, stop.stop)).collect();
    assert_eq!(stops, [(Side::Sell, Qty(50), Some(Price(100)))]);
}

#[test]
fn its_stop_follows_the_market_and_takes_it_out() {
    let mut market = quiet("size=50\ntrail=5\nslip=20\npause_ms=1000");
    market.sell(105, 200);
    trade(&mut market, 101);
    market.cancel(OrderId(1));
    market.take(Side::Buy, 120, 200);
    market.buy(114, 80);
    market.assert_position(50);
    assert_eq!(market.waiting_orders()[0].stop, Some(Price(115)), "5 behind 120");
    trade(&mut market, 116);
    market.assert_position(50);
    market.take(Side::Sell, 114, 1);
    market.assert_fills(&[(Side::Buy, 105, 50), (Side::Sell, 114, 50)]);
    assert_eq!(market.position().realised(), Notional(50 * 9));
    assert!(market.waiting_orders().is_empty());
}

#[test]
fn a_new_version_has_the_stop_of_the_old_one() {
    let mut market = quiet("size=50\ntrail=5\nslip=20");
    market.sell(105, 200);
    trade(&mut market, 101);
    let mut market = market.swap::<Trend>("size=50\ntrail=5\nslip=20").unwrap();
    market.advance(1_000_000_000);
    trade(&mut market, 101);
    let stops = market.waiting_orders();
    assert_eq!(stops.iter().map(|stop| stop.open).collect::<Vec<_>>(), [Qty(50)]);
    market.assert_position(50);
}

#[test]
fn it_sells_a_breakout_downward() {
    let mut market = quiet("size=50\ntrail=5\nslip=20");
    trade(&mut market, 99);
    market.assert_fills(&[(Side::Sell, 90, 50)]);
    assert_eq!(market.waiting_orders()[0].side, Side::Buy);
}

#[test]
fn it_never_holds_more_than_its_size_nor_without_a_stop() {
    let mut fills = 0;
    for seed in 0..20 {
        let mut market = Market::<Trend>::open("size=40\ntrail=600\npause_ms=50");
        let mut crowd = Crowd::new(seed, 5_850_000, 100);
        for _ in 0..2_000 {
            crowd.step(&mut market);
            let stops: u64 = market.waiting_orders().iter().map(|stop| stop.open.0).sum();
            assert_eq!(stops, market.position().size().0, "seed {seed}");
        }
        assert!(market.largest_position() <= Qty(40), "seed {seed}");
        fills += market.fills().len();
    }
    assert!(fills > 100, "it trades: {fills}");
}

#[test]
fn wrong_parameters_are_refused() {
    for wrong in ["size=0", "trail=0", "slip=-1", "pause_ms=x", "instrument=-1"] {
        assert!(ringfence_guest::Session::<Trend>::open(wrong).is_err(), "{wrong}");
    }
}
