//! Nothing hidden is told to the public: two venues, of which one also holds orders that nobody may
//! see, tell the same trades, books, best prices and phases, command by command.

use ringfence_core::testing::generate::RandomCommands;
use ringfence_core::{
    AccountId, Capacity, Command, Engine, Event, InstrumentId, Interest, NewOrder, OrderId,
    OrderType, Peg, Price, Qty, Side, Time, What,
};

/// The instruments of the random commands, and around which price they trade.
const MARKETS: [(InstrumentId, i64); 3] =
    [(InstrumentId(70), 100), (InstrumentId(3), 0), (InstrumentId(41), i64::MAX - 7)];

/// How far from there anything trades; what is kept secret stands further away.
const CORRIDOR: i64 = 100;
const BEYOND: i64 = 200;

/// Names and account of what is kept secret; the random commands have others.
const SECRET_IDS: u64 = 10_000;
const SECRET_ACCOUNT: AccountId = AccountId(9);

#[test]
fn what_is_hidden_or_waits_changes_nothing_in_public() {
    for seed in 0..30 {
        let secrets = |market, id| secret(market, id, id % 7);
        let told = public_difference(seed, secrets).unwrap_or_else(|difference| {
            panic!("seed {seed}: {difference}");
        });
        assert!(told > 2_500, "seed {seed}: only {told} public events");
    }
}

#[test]
fn one_shown_order_is_noticed() {
    let shown = |market, id| NewOrder { hidden: false, ..secret(market, id, 0) };
    assert!(public_difference(1, shown).is_err());
    let reached = |(instrument, centre): (InstrumentId, i64), id| NewOrder {
        price: Some(Price(centre)),
        ..secret((instrument, centre), id, 0)
    };
    assert!(public_difference(1, reached).is_err(), "it trades");
}

#[test]
fn reserves_of_icebergs_are_told_tip_by_tip() {
    let iceberg = |reserve: u64| {
        let mut venue = Engine::new(Capacity::SMALL);
        let spec = ringfence_core::InstrumentSpec::new(InstrumentId(0), "ICE");
        let limit =
            |id, side, price, qty| NewOrder::limit(OrderId(id), side, Price(price), Qty(qty));
        let order = NewOrder {
            order_type: OrderType::Iceberg,
            display: Qty(5),
            ..limit(1, Side::Sell, 100, 5 + reserve)
        };
        let mut told = Vec::new();
        told.extend(public(&mut venue, Time(0), &Command::Instrument(spec.into())));
        told.extend(public(&mut venue, Time(0), &Command::New(order)));
        told.extend(public(&mut venue, Time(0), &Command::New(limit(2, Side::Buy, 100, 17))));
        told.extend(public(&mut venue, Time(0), &Command::New(limit(3, Side::Sell, 101, 1))));
        told
    };
    assert_eq!(iceberg(20), iceberg(4_000), "whoever took 17 has seen four tips of either");
    assert_ne!(iceberg(11), iceberg(4_000), "and the last tip of this one");
}

/// Plays random commands to a venue with secrets and to one without; the number of public events,
/// or where they part.
fn public_difference(
    seed: u64,
    secret: impl Fn((InstrumentId, i64), u64) -> NewOrder,
) -> Result<usize, String> {
    let capacity =
        Capacity { orders: 1 << 13, levels: 1 << 13, instruments: 4, accounts: 6, positions: 8 };
    let (mut open, mut keeper) = (Engine::new(capacity), Engine::new(capacity));
    let (mut told, mut guarded) = (0, 0);
    for (step, (at, command)) in RandomCommands::new(seed).take(6_000).enumerate() {
        let Some(command) = near_the_market(command) else { continue };
        let (expected, kept) = (public(&mut open, at, &command), public(&mut keeper, at, &command));
        if expected != kept {
            return Err(format!("step {step}: {command:?}\n tells {kept:?}\n  not  {expected:?}"));
        }
        told += expected.len();
        guarded += u32::from(keeper.orders() > open.orders() + 3);
        if step > 10 && step % 3 == 0 {
            let id = SECRET_IDS + step as u64;
            let order = secret(MARKETS[step % MARKETS.len()], id);
            let kept = public(&mut keeper, at, &Command::New(order));
            if !kept.is_empty() {
                return Err(format!("step {step}: {order:?}\n is told: {kept:?}"));
            }
        }
    }
    assert!(guarded > 1_000, "seed {seed}: secrets lived through {guarded} commands only");
    Ok(told)
}

/// What the public hears of a command, without the numbers: private events have numbers too.
fn public(venue: &mut Engine, at: Time, command: &Command) -> Vec<(InstrumentId, What)> {
    let mut events: Vec<Event> = Vec::new();
    venue.apply(at, command, &mut events);
    let told = events.iter().filter(|event| !Interest::PRIVATE.wants(event.what.class()));
    told.map(|event| (event.instrument, event.what)).collect()
}

/// One of the kinds of orders that nobody may see, which never trades.
fn secret((instrument, centre): (InstrumentId, i64), id: u64, kind: u64) -> NewOrder {
    let at_the_ceiling = centre > i64::MAX - BEYOND;
    let far_bid = Price(centre - BEYOND);
    let hidden = NewOrder {
        instrument,
        account: SECRET_ACCOUNT,
        hidden: true,
        ..NewOrder::limit(OrderId(id), Side::Buy, far_bid, Qty(4))
    };
    let waits = NewOrder { hidden: false, price: None, side: Side::Sell, ..hidden };
    let pegged = NewOrder { order_type: OrderType::Pegged, price: None, ..hidden };
    match kind {
        1 if !at_the_ceiling => {
            NewOrder { side: Side::Sell, price: Some(Price(centre + BEYOND)), ..hidden }
        }
        2 => NewOrder { order_type: OrderType::Stop, stop: Some(far_bid), ..waits },
        3 => NewOrder { order_type: OrderType::TrailingStop, trail: 10 * 200, ..waits },
        4 => NewOrder { limit: Some(far_bid), peg: Peg::Midpoint, ..pegged },
        // It has nowhere to stand: beyond the ceiling there is no price.
        5 if at_the_ceiling => {
            NewOrder { side: Side::Sell, hidden: false, offset: 1_000, ..pegged }
        }
        // A child of the first secret, or refused where that one is gone.
        6 => NewOrder { parent: SECRET_IDS + 12, hidden: false, ..hidden },
        _ => hidden,
    }
}

/// The command, held within the corridor; none where it names a price beyond.
fn near_the_market(command: Command) -> Option<Command> {
    match command {
        Command::Instrument(mut spec) => {
            // A venue with secrets is full sooner.
            spec.max_orders = 0;
            Some(Command::Instrument(spec))
        }
        Command::New(order) => {
            let (_, centre) = MARKETS.into_iter().find(|(name, _)| *name == order.instrument)?;
            let near = |price: Price| price.distance(Price(centre)) <= CORRIDOR.unsigned_abs();
            let prices = [order.price, order.limit, order.stop];
            let far = order.offset.unsigned_abs() > 50 || order.trail > 50;
            if far || !prices.into_iter().flatten().all(near) {
                return None;
            }
            let sweeps = order.price.is_none();
            let limit = order.limit.or(sweeps.then_some(Price(centre)));
            Some(Command::New(NewOrder { limit, ..order }))
        }
        Command::Replace(replace) => {
            let (_, centre) = MARKETS.into_iter().find(|(name, _)| *name == replace.instrument)?;
            let far = |price: Price| price.distance(Price(centre)) > CORRIDOR.unsigned_abs();
            (!replace.price.is_some_and(far)).then_some(command)
        }
        Command::Quote(quote) => {
            let (_, centre) = MARKETS.into_iter().find(|(name, _)| *name == quote.instrument)?;
            let far = |&(price, _): &(Price, Qty)| {
                price.distance(Price(centre)) > CORRIDOR.unsigned_abs()
            };
            (!quote.bid.iter().chain(&quote.ask).any(far)).then_some(command)
        }
        other => Some(other),
    }
}
