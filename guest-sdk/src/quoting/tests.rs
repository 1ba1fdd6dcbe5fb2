use crate::prelude::*;
use crate::testing::Market;

/// Quotes what the last two levels seen beyond 1000 and -1000 say: distance is price, size is size.
#[derive(Debug)]
struct Sock {
    pair: QuotePair,
    wanted: [Option<(Price, Qty)>; 2],
}

impl Strategy for Sock {
    const NAME: &'static str = "sock";
    const VERSION: &'static str = "0.0.0";
    const SUBSCRIPTIONS: Interest = Interest::L2;

    fn new(_: &Params<'_>) -> Result<Self, ParamError> {
        Ok(Self { pair: QuotePair::new(InstrumentId(0)), wanted: [None; 2] })
    }

    fn on_level(&mut self, level: &Level, _: &mut Context<'_>) {
        if level.price.0.abs() >= FAR && !level.qty.is_zero() {
            let price = Price(level.price.0 - level.price.0.signum() * FAR);
            let qty = Qty(level.qty.0 - 1);
            self.wanted[level.side.index()] = Some((price, qty));
        }
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>) {
        self.pair.set(context, self.wanted[0], self.wanted[1]).unwrap();
    }
}

const FAR: i64 = 1000;

/// Tells the sock what to quote on a side.
fn want(market: &mut Market<Sock>, side: Side, price: i64, qty: u64) {
    let id = match side {
        Side::Buy => market.buy(price - FAR, qty + 1),
        Side::Sell => market.sell(price + FAR, qty + 1),
    };
    market.cancel(id);
}

#[test]
fn a_pair_is_placed_moved_and_taken_off() {
    let mut market = Market::<Sock>::open("");
    want(&mut market, Side::Buy, -5, 10);
    market.assert_open(&[(Side::Buy, -5, 10)]);
    want(&mut market, Side::Sell, 5, 20);
    market.assert_open(&[(Side::Buy, -5, 10), (Side::Sell, 5, 20)]);
    want(&mut market, Side::Buy, -3, 10);
    market.assert_open(&[(Side::Buy, -3, 10), (Side::Sell, 5, 20)]);
    want(&mut market, Side::Sell, 5, 0);
    market.assert_open(&[(Side::Buy, -3, 10)]);
    assert_eq!(market.open_orders()[0].id, OrderId(1), "replaced, not sent anew");
    assert_eq!(market.commands(), 4, "place, place, replace, cancel");
}

#[test]
fn what_is_half_filled_keeps_its_place_and_less_is_topped_up() {
    let mut market = Market::<Sock>::open("");
    want(&mut market, Side::Buy, -5, 10);
    market.take(Side::Sell, -5, 5);
    market.assert_open(&[(Side::Buy, -5, 5)]);
    market.take(Side::Sell, -5, 1);
    market.assert_open(&[(Side::Buy, -5, 10)]);
    market.take(Side::Sell, -5, 10);
    market.assert_open(&[(Side::Buy, -5, 10)]);
    assert_eq!(market.open_orders()[0].id, OrderId(2), "the first is done");
    market.assert_position(16);
}

#[test]
fn it_never_takes() {
    let mut market = Market::<Sock>::open("");
    market.sell(-3, 7);
    want(&mut market, Side::Buy, -3, 10);
    market.assert_position(0);
    market.assert_open(&[]);
    let reasons: Vec<_> = market.rejections().iter().map(|r| r.reason.name()).collect();
    assert_eq!(reasons, ["post_only"], "asked once");

    market.take(Side::Buy, -3, 7);
    market.advance(QuotePair::RETRY_NS);
    market.sell(9, 1);
    market.assert_open(&[(Side::Buy, -3, 10)]);
}
