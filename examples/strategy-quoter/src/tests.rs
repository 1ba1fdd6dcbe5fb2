use ringfence_guest::testing::{Crowd, Market};

use super::*;

/// A market around 100,000 on a grid of 100, with a bid of 300 at 99,500 and an ask of 300 at
/// 100,500.
fn quiet(params: &str) -> Market<Quoter> {
    let mut market = Market::open(params);
    market.buy(99_000, 300);
    market.sell(101_000, 300);
    market.buy(99_500, 300);
    market.sell(100_500, 300);
    market
}

#[test]
fn it_joins_both_best_prices() {
    let market = quiet("");
    market.assert_open(&[(Side::Buy, 99_500, 100), (Side::Sell, 100_500, 100)]);
}

#[test]
fn it_stands_back_where_the_market_is_narrower_than_its_spread() {
    let market = quiet("spread=1600");
    market.assert_open(&[(Side::Buy, 99_200, 100), (Side::Sell, 100_800, 100)]);
}

#[test]
fn it_follows_the_market_by_replacing() {
    let mut market = quiet("");
    market.buy(99_700, 10);
    // The middle is 100,100: half the spread below it is 99,600.
    market.assert_open(&[(Side::Buy, 99_600, 100), (Side::Sell, 100_600, 100)]);
    let ids: Vec<_> = market.open_orders().iter().map(|order| order.id).collect();
    assert_eq!(ids, [OrderId(1), OrderId(2)], "the same orders since the beginning");
}

#[test]
fn alone_at_the_best_price_it_steps_back_behind_the_others() {
    let mut market = quiet("spread=200");
    let joined = market.buy(99_900, 1);
    market.assert_open(&[(Side::Buy, 99_900, 100), (Side::Sell, 100_500, 100)]);
    market.cancel(joined);
    market.assert_open(&[(Side::Buy, 99_500, 100), (Side::Sell, 100_500, 100)]);
    assert_eq!(market.open_orders()[1].id, OrderId(2), "the other side kept its place");
    market.assert_position(0);
}

#[test]
fn what_it_holds_moves_its_prices() {
    let mut market = quiet("skew=1000");
    market.take(Side::Sell, 99_500, 400);
    market.assert_position(100);
    // A fifth of its limit moves the middle of 99,750 down by 200.
    market.assert_open(&[(Side::Buy, 99_000, 100), (Side::Sell, 100_500, 100)]);
}

#[test]
fn a_full_position_is_not_added_to() {
    let mut market = quiet("max_position=150");
    market.take(Side::Sell, 99_500, 400);
    market.assert_position(100);
    let bids = |market: &Market<Quoter>| {
        let orders = market.open_orders();
        orders.iter().filter(|o| o.side == Side::Buy).map(|o| o.open.0).sum::<u64>()
    };
    assert_eq!(bids(&market), 50, "what is left of its limit");
    market.buy(98_000, 300);
    market.take(Side::Sell, 98_500, 400);
    market.assert_position(150);
    assert_eq!(bids(&market), 0);
}

#[test]
fn it_quotes_nothing_without_a_market() {
    let mut market = Market::<Quoter>::open("");
    let only = market.buy(99_500, 300);
    market.assert_open(&[]);
    let other = market.sell(100_500, 300);
    assert_eq!(market.open_orders().len(), 2);
    market.cancel(only);
    market.assert_open(&[]);
    market.cancel(other);
    market.assert_position(0);
}

#[test]
fn it_waits_out_a_halt() {
    let mut market = quiet("");
    let halted = Phase::Halted;
    let instrument = InstrumentId(0);
    market.apply(&ringfence_guest::Command::Phase { instrument, phase: halted });
    market.buy(99_600, 1);
    let sent = market.commands();
    market.apply(&ringfence_guest::Command::Phase { instrument, phase: Phase::Continuous });
    assert!(market.commands() - sent <= 2, "no flood of requests");
}

#[test]
fn it_trades_in_a_lively_market_and_keeps_its_limit() {
    for seed in 0..20 {
        let mut market = Market::<Quoter>::open("max_position=300\nspread=400");
        market.run(&mut Crowd::new(seed, 5_850_000, 100), 2_000);
        assert!(!market.fills().is_empty(), "seed {seed}: it trades");
        assert!(market.largest_position() <= Qty(300), "seed {seed}: within its limit");
        assert!(market.open_orders().len() <= 2, "seed {seed}: two orders at most");
        let unexpected = market.rejections().iter().find(|r| r.reason.name() != "post_only");
        assert_eq!(unexpected, None, "seed {seed}");
    }
}

#[test]
fn wrong_parameters_are_refused() {
    for wrong in ["size=0", "max_position=0", "tick=0", "size=1000000001", "skew=-1", "sice=5"] {
        assert!(ringfence_guest::Session::<Quoter>::open(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_new_version_goes_on_with_its_orders() {
    let mut market = quiet("");
    market.take(Side::Sell, 99_500, 350);
    let before = market.position();
    let mut market = market.swap::<Quoter>("size=40\nskew=0").unwrap();
    market.buy(99_700, 10);
    assert_eq!(market.position(), before);
    assert_eq!(market.open_orders().len(), 2, "no orders but its own two");
    market.assert_open(&[(Side::Buy, 99_600, 40), (Side::Sell, 100_600, 40)]);
    market.take(Side::Buy, 100_600, 340);
    market.assert_position(before.lots - 40);
}

#[test]
fn a_state_that_is_not_its_own_is_refused() {
    let refused = quiet("").swap::<Quoter>("instrument=1").unwrap_err();
    let why = StateError::Unfit("is of quotes in another instrument");
    assert_eq!(refused, ringfence_guest::testing::SwapError::State(why));
}
