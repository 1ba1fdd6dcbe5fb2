use ringfence_core::wire::CommandRecord;
use ringfence_core::{Command, InstrumentId, Reject};

use super::*;
use crate::prelude::*;

/// Does what its last trade says: the price picks the command.
#[derive(Debug)]
struct Puppet {
    seen: Vec<String>,
    orders: Vec<OrderId>,
}

impl Strategy for Puppet {
    const NAME: &'static str = "puppet";
    const VERSION: &'static str = "0.0.0";
    const SUBSCRIPTIONS: Interest = Interest::TRADES.and(Interest::L2).and(Interest::STATUS);
    const TIMER_NS: u64 = 1_000_000_000;
    const SUBMITS: bool = true;

    fn new(_params: &Params<'_>) -> Result<Self, ParamError> {
        Ok(Self { seen: Vec::new(), orders: Vec::new() })
    }

    fn on_start(&mut self, context: &mut Context<'_>) {
        self.seen.push(format!("start {}", context.time().0 / 1_000_000_000));
    }

    fn on_trade(&mut self, trade: &Trade, context: &mut Context<'_>) {
        let at = trade.instrument;
        match trade.price.0 - STRINGS {
            1 => self.orders.push(context.limit(at, Side::Buy, Price(50), Qty(10)).unwrap()),
            2 => context.reduce(at, self.orders[0], Qty(4)).unwrap(),
            3 => context.replace(at, self.orders[0], Price(51), Qty(20)).unwrap(),
            4 => context.cancel(at, self.orders[0]).unwrap(),
            5 => context.mass_cancel(None, Some(Side::Buy)).unwrap(),
            6 => {
                let order = NewOrder::limit(OrderId(0), Side::Buy, Price(49), Qty(1));
                self.orders.push(context.submit(order).unwrap());
            }
            7 => {
                for _ in 0..ORDERS {
                    context.limit(at, Side::Buy, Price(1), Qty(1)).unwrap();
                }
                self.seen.clear();
                self.seen.push(format!("{:?}", context.limit(at, Side::Buy, Price(1), Qty(1))));
                self.seen.push(format!("{:?}", context.cancel(at, OrderId(1))));
            }
            10 => {
                let order = NewOrder::limit(OrderId(9), Side::Buy, Price(1), Qty(1));
                let record = CommandRecord::from_command(&Command::New(order)).unwrap();
                (0..1_024).for_each(|_| assert_eq!(fake::submit(&record.to_bytes()), 0));
                context.limit(at, Side::Buy, Price(1), Qty(1)).unwrap();
            }
            8 => context.cancel(at, OrderId(77)).unwrap(),
            9 => {
                let random = context.rand64();
                context.metric(3, i64::try_from(random >> 1).unwrap());
            }
            _ => {}
        }
    }

    fn on_fill(&mut self, fill: &Fill, _context: &mut Context<'_>) {
        self.seen.push(format!("fill {} {} {}", fill.id, fill.price, fill.qty));
    }

    fn on_update(&mut self, id: OrderId, context: &mut Context<'_>) {
        let open = context.order(id).map_or(0, |order| order.open.0);
        self.seen.push(format!("update {id} {open}"));
    }

    fn on_reject(&mut self, rejection: &Rejection, _context: &mut Context<'_>) {
        self.seen.push(format!("reject {}", rejection.reason.name()));
    }

    fn on_cancel(&mut self, cancellation: &Cancellation, _context: &mut Context<'_>) {
        self.seen.push(format!("cancel {} {}", cancellation.id, cancellation.qty));
    }

    fn on_timer(&mut self, context: &mut Context<'_>) {
        self.seen.push(format!("timer {}", context.time().0 / 1_000_000_000));
    }

    fn on_phase(&mut self, _: InstrumentId, phase: Phase, _: &mut Context<'_>) {
        self.seen.push(phase.name().into());
    }

    fn on_stop(&mut self, context: &mut Context<'_>) {
        let refused = context.limit(InstrumentId(0), Side::Buy, Price(1), Qty(1));
        let order = NewOrder::limit(OrderId(0), Side::Buy, Price(1), Qty(1));
        self.seen.push(format!("stop {refused:?} {:?}", context.submit(order)));
    }
}

/// A trade this far up pulls a string.
const STRINGS: i64 = 100;

const ORDERS: usize = crate::ORDERS_MAX;

/// A trade at this price pulls the puppet's string of this number.
fn pull(market: &mut Market<Puppet>, string: i64) {
    market.sell(STRINGS + string, 1);
    market.take(Side::Buy, STRINGS + string, 1);
}

/// A market in which the puppet bids 10 at 50, and has forgotten how that came about.
fn bid_of_ten() -> Market<Puppet> {
    let mut market = Market::open("");
    pull(&mut market, 1);
    market.assert_open(&[(Side::Buy, 50, 10)]);
    market
}

#[track_caller]
fn check(market: &Market<Puppet>, expected: &[&str]) {
    let seen: Vec<_> = market.strategy().seen.iter().map(String::as_str).collect();
    assert_eq!(seen, [&["start 34200", "continuous", "update 1 10"], expected].concat());
}

#[test]
fn fills_are_heard_with_the_strategys_own_names() {
    let mut market = bid_of_ten();
    market.take(Side::Sell, 50, 1);
    market.take(Side::Sell, 50, 12);
    check(&market, &["fill 1 50 1", "fill 1 50 9"]);
    market.assert_open(&[]);
    market.assert_fills(&[(Side::Buy, 50, 1), (Side::Buy, 50, 9)]);
    market.assert_position(10);
    assert_eq!(market.position().cash, -500);
    assert_eq!(market.largest_position(), Qty(10));
}

#[test]
fn others_orders_are_not_heard_of_privately() {
    let mut market = bid_of_ten();
    let id = market.buy(40, 5);
    market.cancel(id);
    check(&market, &[]);
}

#[test]
fn an_order_is_reduced_replaced_and_cancelled() {
    let mut market = bid_of_ten();
    pull(&mut market, 2);
    market.assert_open(&[(Side::Buy, 50, 6)]);
    pull(&mut market, 3);
    market.assert_open(&[(Side::Buy, 51, 20)]);
    pull(&mut market, 4);
    market.assert_open(&[]);
    check(&market, &["update 1 6", "update 1 20", "cancel 1 20"]);
}

#[test]
fn a_replace_counts_what_was_filled_before() {
    let mut market = bid_of_ten();
    market.take(Side::Sell, 50, 3);
    pull(&mut market, 3);
    market.assert_open(&[(Side::Buy, 51, 20)]);
    market.take(Side::Sell, 50, 20);
    market.assert_position(23);
    market.assert_open(&[]);
}

#[test]
fn a_mass_cancel_means_the_strategys_own_orders() {
    let mut market = bid_of_ten();
    let other = market.buy(50, 5);
    pull(&mut market, 5);
    market.assert_open(&[]);
    assert!(market.engine().book(InstrumentId(0)).unwrap().order(other).is_some());
}

#[test]
fn a_submitted_order_goes_the_same_way() {
    let mut market = bid_of_ten();
    pull(&mut market, 6);
    market.assert_open(&[(Side::Buy, 50, 10), (Side::Buy, 49, 1)]);
}

#[test]
fn what_is_turned_away_is_heard() {
    let mut market = bid_of_ten();
    pull(&mut market, 8);
    check(&market, &["reject unknown_order"]);
    assert_eq!(market.rejections()[0].reason, Reject::UnknownOrder);
}

#[test]
fn a_full_blotter_and_a_full_batch_are_answers() {
    let mut market = Market::<Puppet>::open("");
    pull(&mut market, 7);
    let seen = &market.strategy().seen;
    assert_eq!(seen[0], "Err(Orders)");
    assert_eq!(seen[1], "Err(Commands)");
    assert_eq!(market.open_orders().len(), ORDERS);
}

#[test]
#[should_panic(expected = "the strategy asked for 1025 commands in one call: 1024 are taken")]
fn more_commands_than_a_call_may_ask_for_are_a_failure() {
    pull(&mut bid_of_ten(), 10);
}

#[test]
fn random_numbers_are_the_same_each_time() {
    let drawn = || {
        let mut market = Market::<Puppet>::open("");
        pull(&mut market, 9);
        pull(&mut market, 9);
        market.metrics()
    };
    let first = drawn();
    assert_eq!(first, drawn());
    assert_ne!(first[0], first[1]);
}

#[test]
fn timers_come_at_their_time_and_phases_when_they_change() {
    let mut market = bid_of_ten();
    market.advance(2_500_000_000);
    assert_eq!(market.now(), Time(34_202_500_000_000));
    market.apply(&Command::Phase { instrument: InstrumentId(0), phase: Phase::Halted });
    market.stop();
    check(&market, &["timer 34201", "timer 34202", "halted", "stop Err(Commands) Err(NotNow)"]);
}

#[test]
fn the_same_seed_makes_the_same_market() {
    let hash = |seed| {
        let mut market = Market::<Puppet>::open("");
        market.run(&mut Crowd::new(seed, 1_000_000, 100), 3_000);
        let bbo = market.bbo();
        assert!(bbo.bid.is_some() && bbo.ask.is_some(), "a market with two sides");
        assert!(market.engine().book(InstrumentId(0)).unwrap().last_trade().is_some());
        market.engine().check_invariants();
        market.engine().state_hash()
    };
    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2));
}

#[test]
#[should_panic(expected = "parameter `what` is not one of this strategy's")]
fn a_wrong_parameter_does_not_open() {
    _ = Market::<Puppet>::open("what=1");
}

#[test]
fn instruments_are_apart() {
    let mut market = bid_of_ten();
    let other = InstrumentId(1);
    market.list(ringfence_core::InstrumentSpec::new(other, "OTHER"));
    market.at(other).sell(STRINGS + 1, 1);
    market.at(other).take(Side::Buy, STRINGS + 1, 1);
    market.at(other).assert_open(&[(Side::Buy, 50, 10)]);
    market.at(other).take(Side::Sell, 50, 3);
    market.at(other).assert_position(3);
    market.at(other).assert_open(&[(Side::Buy, 50, 7)]);
    market.assert_position(0);
    market.assert_open(&[(Side::Buy, 50, 10)]);
    let mut crowd = Crowd::new(3, 1_000, 1).of(other);
    market.run(&mut crowd, 200);
    assert!(market.at(other).bbo().mid().is_some());
    assert_eq!(market.bbo().ask, None);
}

#[test]
#[should_panic(expected = "instrument 5 is not listed")]
fn what_is_not_listed_is_not_there() {
    Market::<Puppet>::open("").at(InstrumentId(5)).buy(1, 1);
}
