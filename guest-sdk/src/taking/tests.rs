use super::*;
use crate::testing::Market;
use crate::{ParamError, Params, Strategy};
use ringfence_core::Interest;

/// Wants as many lots as its parameter says, from the first bid and ask on.
#[derive(Debug)]
struct Wants {
    target: i64,
    taker: Taker,
    bbo: Option<Bbo>,
}

impl Strategy for Wants {
    const NAME: &'static str = "wants";
    const VERSION: &'static str = "1.0.0";
    const PARAMS: &'static [crate::Param] = &[crate::Param::i64("target", "10", "Lots.")];
    const SUBSCRIPTIONS: Interest = Interest::L1;
    const TIMER_NS: u64 = 50_000_000;

    fn new(params: &Params<'_>) -> Result<Self, ParamError> {
        let target = params.i64_in("target", -100, 100)?;
        Ok(Self { target, taker: Taker::new(InstrumentId(0), 2), bbo: None })
    }

    fn on_bbo(&mut self, bbo: &Bbo, _context: &mut Context<'_>) {
        self.bbo = Some(*bbo);
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>) {
        if let Some(bbo) = self.bbo {
            self.taker.bring_to(context, &bbo, self.target).unwrap();
        }
    }
}

#[test]
fn it_takes_what_is_lacking_within_its_slip() {
    let mut market = Market::<Wants>::open("target=10");
    market.buy(90, 100);
    market.assert_position(0);
    market.sell(105, 50);
    market.assert_fills(&[(Side::Buy, 105, 10)]);
    market.advance(1_000_000_000);
    assert_eq!(market.commands(), 1, "once there, it asks for nothing more");
}

#[test]
fn a_target_below_zero_is_a_short_position() {
    let mut market = Market::<Wants>::open("target=-10");
    market.buy(90, 4);
    market.assert_fills(&[(Side::Sell, 90, 4)]);
    market.buy(89, 100);
    market.assert_position(-4);
    market.advance(Taker::RETRY_NS);
    market.assert_fills(&[(Side::Sell, 90, 4), (Side::Sell, 89, 6)]);
}

#[test]
fn what_is_not_to_be_had_is_asked_for_again_but_seldom() {
    let mut market = Market::<Wants>::open("target=10");
    // Three ticks behind the best one is too far.
    market.sell(101, 3);
    market.assert_position(3);
    market.sell(104, 3);
    let asked = market.commands();
    market.advance(Taker::RETRY_NS / 2);
    assert_eq!(market.commands(), asked);
    market.advance(Taker::RETRY_NS);
    market.assert_position(6);
}
