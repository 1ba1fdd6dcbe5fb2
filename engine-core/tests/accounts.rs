//! What a look at an account shows, figure by figure.

use ringfence_core::{
    AccountId, AccountSpec, Capacity, Command, Discard, Engine, HoldingView, InstrumentId,
    InstrumentSpec, NewOrder, OrderId, Price, Qty, Quote, Scope, Side, Time,
};

const MAKER: AccountId = AccountId(7);
const TAKER: AccountId = AccountId(8);
const INSTRUMENT: InstrumentId = InstrumentId(0);

fn apply(engine: &mut Engine, command: Command) {
    engine.apply(Time(1), &command, &mut Discard);
}

fn engine() -> Engine {
    let mut engine = Engine::new(Capacity::SMALL);
    apply(&mut engine, Command::Instrument(InstrumentSpec::new(INSTRUMENT, "ABC").into()));
    let spec = AccountSpec {
        account: MAKER,
        cash: Some(10_000),
        position: 100,
        mmp_fills: Some(1),
        mmp_ns: 1_000,
        ..AccountSpec::default()
    };
    apply(&mut engine, Command::Account(spec.into()));
    engine
}

fn order(id: u64, account: AccountId, side: Side, price: i64, qty: u64) -> Command {
    let order = NewOrder::limit(OrderId(id), side, Price(price), Qty(qty));
    Command::New(NewOrder { account, ..order })
}

#[test]
fn what_orders_hold_and_trades_move() {
    let mut engine = engine();
    apply(&mut engine, order(1, MAKER, Side::Buy, 50, 10));
    apply(&mut engine, order(2, MAKER, Side::Sell, 60, 30));
    let view = engine.account(MAKER).expect("it has limits");
    assert_eq!((view.cash(), view.held(), view.open_orders()), (Some(10_000), 500, 2));
    let holding = HoldingView {
        instrument: INSTRUMENT,
        position: 100,
        held: 30,
        open_buy: 10,
        open_sell: 30,
    };
    assert_eq!(view.holdings().collect::<Vec<_>>(), [holding]);
    let last = |engine: &Engine| engine.book(INSTRUMENT).and_then(|book| book.last_trade());
    assert_eq!(last(&engine), None);
    apply(&mut engine, order(3, TAKER, Side::Buy, 60, 20));
    assert_eq!(last(&engine), Some(Price(60)));
    let view = engine.account(MAKER).expect("it has limits");
    assert_eq!((view.cash(), view.position(INSTRUMENT)), (Some(10_000 + 20 * 60), 80));
    assert_eq!(view.holdings().next().map(|it| (it.held, it.open_sell)), Some((10, 10)));
    assert_eq!((view.open_orders(), engine.fees()), (2, 0));
    assert!(engine.account(TAKER).is_none(), "nobody named it");
    assert_eq!(engine.accounts().map(|it| it.spec().account).collect::<Vec<_>>(), [MAKER]);
}

#[test]
fn protection_trips_and_is_lifted() {
    let mut engine = engine();
    let quote = Quote {
        account: MAKER,
        id: OrderId(10),
        bid: Some((Price(50), Qty(10))),
        ask: Some((Price(60), Qty(10))),
        instrument: INSTRUMENT,
    };
    apply(&mut engine, Command::Quote(quote));
    let is_tripped = |engine: &Engine| engine.account(MAKER).expect("it has limits").is_tripped();
    assert!(!is_tripped(&engine));
    apply(&mut engine, order(3, TAKER, Side::Buy, 60, 1));
    assert!(is_tripped(&engine));
    apply(&mut engine, Command::Unblock(Scope { account: Some(MAKER), ..Scope::default() }));
    assert!(!is_tripped(&engine));
}
