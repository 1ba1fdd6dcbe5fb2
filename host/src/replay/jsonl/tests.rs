use ringfence_core::event::{Fee, Surplus, Total};
use ringfence_core::{
    AccountId, Algo, CancelReason, Command, Event, InstrumentId, Liquidity, NewQty, Op, OrderId,
    OrderType, Phase, PostOnly, Price, Qty, Reject, Side, Time, TimeInForce, What,
};

use super::{parse_line, write_event};

fn command(line: &str) -> Command {
    parse_line(line).expect(line).command
}

#[track_caller]
fn refused(line: &str, column: usize, key: Option<&str>, problem: &str) {
    let error = parse_line(line).expect_err(line);
    assert_eq!((error.column, error.key.as_deref()), (column, key), "{line}: {error}");
    assert!(error.problem.contains(problem), "{line}: {error}");
}

#[track_caller]
fn written(what: What, rest: &str) {
    let mut out = Vec::new();
    let event = Event { seq: 9, instrument: InstrumentId(1), what };
    write_event(&event, &mut out).expect("memory takes any text");
    let line = String::from_utf8(out).expect("JSON is text");
    assert_eq!(line.replace("\"seq\":9,\"instrument\":1,", "…"), format!("{rest}\n"));
}

#[test]
fn an_order_has_the_defaults_of_the_specification() {
    let line = r#"{"op":"new","instrument":1,"id":7,"side":"sell","qty":5,"price":-3}"#;
    let Command::New(order) = command(line) else { panic!("not an order") };
    assert_eq!((order.id, order.side, order.qty), (OrderId(7), Side::Sell, Qty(5)));
    assert_eq!((order.price, order.account), (Some(Price(-3)), AccountId(0)));
    assert_eq!((order.order_type, order.tif), (OrderType::Limit, TimeInForce::Gtc));
}

#[test]
fn an_order_takes_every_key() {
    let line = r#"{"op":"new","instrument":1,"account":2,"id":7,"side":"buy","qty":50,
        "type":"stop_limit","price":10,"tif":"gtd","expire_at":99,"stop":11,"trail":2,"limit":12,
        "peg":"midpoint","offset":-1,"display":10,"hidden":true,"min_qty":5,"all_or_none":true,
        "post_only":"slide","reduce_only":true,"stp_group":3,"stp":"decrement","group":4,
        "parent":5,"notional":6,"at":8}"#;
    let stamped = parse_line(line).expect("every key is known");
    let Command::New(order) = stamped.command else { panic!("not an order") };
    assert_eq!(stamped.at, Time(8));
    assert_eq!((order.tif, order.expire_at), (TimeInForce::Gtd, Time(99)));
    assert_eq!((order.stop, order.limit), (Some(Price(11)), Some(Price(12))));
    assert_eq!((order.post_only, order.group, order.parent), (PostOnly::Slide, 4, 5));
    assert!(order.hidden && order.all_or_none && order.reduce_only);
}

#[test]
fn what_only_one_type_has_says_the_type_and_hidden_is_a_word_for_one() {
    let order = |more: &str| {
        let line = format!(r#"{{"op":"new","instrument":1,"id":7,"side":"buy","qty":5{more}}}"#);
        let Command::New(order) = command(&line) else { panic!("not an order") };
        (order.order_type, order.hidden)
    };
    assert_eq!(order(r#","price":9,"type":"hidden""#), (OrderType::Limit, true));
    assert_eq!(order(r#","price":9,"display":2"#), (OrderType::Iceberg, false));
    assert_eq!(order(r#","price":9,"display":0"#), (OrderType::Limit, false));
    // Whichever comes first.
    assert_eq!(order(r#","peg":"primary","display":2"#), (OrderType::Pegged, false));
    assert_eq!(order(r#","display":2,"peg":"primary""#), (OrderType::Pegged, false));
    assert_eq!(order(r#","peg":"primary""#), (OrderType::Pegged, false));
    // Who names a type means it.
    assert_eq!(order(r#","price":9,"display":2,"type":"limit""#), (OrderType::Limit, false));
    assert_eq!(order(r#","type":"limit","price":9,"peg":"market""#), (OrderType::Limit, false));
}

#[test]
fn a_peg_of_an_order_that_follows_nothing_is_not_passed_over() {
    let line = r#"{"op":"new","instrument":1,"id":7,"side":"buy","qty":5,"type":"market","peg":"primary"}"#;
    let mut venue = ringfence_core::Engine::new(ringfence_core::Capacity::SMALL);
    let mut events = Vec::<Event>::new();
    for line in [r#"{"op":"instrument","instrument":1,"symbol":"A"}"#, line] {
        venue.apply(Time(0), &command(line), &mut events);
    }
    let last = events.pop().map(|event| event.what);
    assert!(
        matches!(last, Some(What::Rejected { reason: Reject::BadCombination, .. })),
        "{last:?}"
    );
}

#[test]
fn what_is_counted_is_counted_in_a_second_unless_said() {
    let spec = |more: &str| {
        let Command::Account(spec) = command(&format!(r#"{{"op":"account","account":1{more}}}"#))
        else {
            panic!("not an account")
        };
        (spec.per_ns, spec.mmp_ns)
    };
    assert_eq!(spec(""), (0, 0));
    assert_eq!(spec(r#","max_messages":3"#), (1_000_000_000, 0));
    assert_eq!(spec(r#","mmp_fills":3"#), (0, 1_000_000_000));
    assert_eq!(spec(r#","mmp_qty":3,"mmp_ns":0"#), (0, 0));
    assert_eq!(spec(r#","per_ns":7,"max_messages":3,"mmp_qty":1"#), (7, 1_000_000_000));
}

#[test]
fn what_is_written_is_read_back_where_a_type_or_an_interval_would_be_implied() {
    let lines = [
        r#"{"op":"new","instrument":1,"id":7,"side":"buy","type":"limit","qty":5,"price":9,"display":2}"#,
        r#"{"op":"new","instrument":1,"id":7,"side":"buy","type":"limit","qty":5,"peg":"market"}"#,
        r#"{"op":"new","instrument":1,"id":7,"side":"buy","type":"iceberg","qty":5,"price":9,"display":2}"#,
        r#"{"op":"account","account":1,"max_messages":3,"per_ns":0,"mmp_fills":1,"mmp_ns":0}"#,
        r#"{"op":"account","account":1,"per_ns":5,"mmp_ns":6}"#,
    ];
    for line in lines {
        let mut out = Vec::new();
        super::write_command(Time(0), &command(line), &mut out).expect("memory takes any text");
        assert_eq!(String::from_utf8_lossy(&out).trim_end(), line);
    }
}

#[test]
fn a_market_order_by_worth_needs_no_quantity() {
    let line = r#"{"op":"new","instrument":1,"id":7,"side":"buy","type":"market","notional":500}"#;
    let Command::New(order) = command(line) else { panic!("not an order") };
    assert_eq!((order.qty, order.notional, order.price), (Qty::ZERO, 500, None));
}

#[test]
fn the_other_commands_are_read() {
    for line in [
        r#"{"op":"account","account":1,"max_order_qty":5,"cash":-1,"position":-2,"per_ns":7}"#,
        r#"{"op":"reduce","instrument":1,"account":2,"id":7,"by":3}"#,
        r#"{"op":"quote","instrument":1,"account":2,"id":7,"bid":3,"bid_qty":4}"#,
        r#"{"op":"mass_cancel"}"#,
        r#"{"op":"kill","account":3}"#,
        r#"{"op":"unblock","account":3,"instrument":1,"side":"buy"}"#,
        r#"{"op":"phase","instrument":1,"phase":"halted"}"#,
    ] {
        command(line);
    }
    let Command::Instrument(spec) = command(
        r#"{"op":"instrument","instrument":1,"symbol":"ABC","scale":2,"ticks":[[0,1],[1000,5]]}"#,
    ) else {
        panic!("not an instrument")
    };
    assert_eq!((spec.phase, spec.scale, spec.ticks.len()), (Phase::Continuous, 2, 2));
    let Command::Instrument(spec) = command(
        r#"{"op":"instrument","instrument":1,"symbol":"ABC","algo":"cme_k","fifo_percent":30,
        "pro_rata_min":2,"top_min":1,"top_max":50,"leveling":true,"makers":[[7,20],[8,10]]}"#,
    ) else {
        panic!("not an instrument")
    };
    assert_eq!((spec.algo, spec.allocation.fifo_percent), (Algo::CmeK, Some(30)));
    assert_eq!(spec.allocation.pro_rata_min, Some(Qty(2)));
    assert_eq!((spec.allocation.top_min, spec.allocation.top_max), (Some(Qty(1)), Some(Qty(50))));
    assert!(spec.allocation.leveling);
    assert_eq!(spec.allocation.makers[..], [(AccountId(7), 20), (AccountId(8), 10)]);
    let uncross = command(r#"{"op":"uncross","instrument":1}"#);
    assert!(matches!(uncross, Command::Uncross { then: Phase::Continuous, .. }));
    let replace = command(r#"{"op":"replace","instrument":1,"id":7,"open":4,"new_id":8}"#);
    let Command::Replace(replace) = replace else { panic!("not a replace") };
    assert_eq!((replace.qty, replace.new_id), (NewQty::Open(Qty(4)), Some(OrderId(8))));
    let time = parse_line(r#" {"op":"time","now":18446744073709551615} "#).expect("the last time");
    assert_eq!((time.at, time.command), (Time(u64::MAX), Command::Time));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    refused(r#"{"op":"time","now":1.0}"#, 20, Some("now"), "1.0 is not a whole number");
    refused(r#"{"op":"time","now":1e3}"#, 20, Some("now"), "not a whole number");
    refused(r#"{"op":"time","now":-1}"#, 20, Some("now"), "from 0 to 18446744073709551615");
    refused(r#"{"op":"time","now":18446744073709551616}"#, 20, Some("now"), "out of range");
    refused(r#"{"op":"time","now":"1"}"#, 20, Some("now"), "not a whole number");
    refused(r#"{"op":"time","now":null}"#, 20, Some("now"), "not a whole number");
    refused(r#"{"op":"time"}"#, 7, Some("now"), "missing");
    refused(r#"{"op":"time","now":1,"then":2}"#, 22, Some("then"), "no such key");
    refused(r#"{"op":"time","now":1,"now":2}"#, 22, Some("now"), "twice");
    refused(r#"{"op":"tiem","now":1}"#, 7, Some("op"), "tiem");
    refused(r#"{"now":1}"#, 1, Some("op"), "missing");
    refused(r#"{"op":"cancel","instrument":4294967296,"id":1}"#, 29, Some("instrument"), "range");
    refused(r#"{"op":"kill","side":"up"}"#, 21, Some("side"), "buy, sell");
    refused(r#"{"op":"kill","side":"äöü","x":1}"#, 21, Some("side"), "buy, sell");
    refused(r#"{"ä":1,"op":"kill"}"#, 2, Some("ä"), "no such key");
    refused(
        r#"{"op":"quote","instrument":1,"account":2,"id":7,"bid":3}"#,
        7,
        Some("bid_qty"),
        "missing",
    );
    refused(r#"{"op":"quote","instrument":1,"id":7}"#, 7, Some("account"), "missing");
    let both = r#"{"op":"replace","instrument":1,"id":7,"qty":5,"open":4}"#;
    refused(both, 54, Some("open"), "exclude each other");
    refused(r#"{"op":"kill"} x"#, 15, None, "trailing");
    refused(r#"{"op":"kill""#, 12, None, "not a command");
    refused("[1]", 1, None, "one JSON object");
    refused("kill", 1, None, "not a command");
    let symbol = r#"{"op":"instrument","instrument":1,"symbol":"ABCDEFGHIJKLMNOPQRSTUVWXYZ"}"#;
    refused(symbol, 44, Some("symbol"), "24 bytes");
    let falling = r#"{"op":"instrument","instrument":1,"symbol":"A","ticks":[[5,1],[5,2]]}"#;
    refused(falling, 56, Some("ticks"), "rise");
}

#[test]
fn a_line_of_a_hundred_keys_is_refused() {
    let keys: Vec<_> = (0..100).map(|number| format!("\"k{number}\":0")).collect();
    let line = format!("{{\"op\":\"kill\",{}}}", keys.join(","));
    let error = parse_line(&line).expect_err("no command has so many keys");
    assert!(error.problem.contains("more keys than any command has"), "{error}");
}

#[test]
fn private_events_have_the_keys_of_the_specification() {
    let (id, account, price, qty) = (OrderId(7), AccountId(2), Price(-10), Qty(5));
    let side = Side::Buy;
    let accepted = What::Accepted { id, account, side, qty, price: Some(price) };
    written(accepted, r#"{"ev":"accepted",…"id":7,"account":2,"side":"buy","qty":5,"price":-10}"#);
    let accepted = What::Accepted { id, account, side, qty, price: None };
    written(accepted, r#"{"ev":"accepted",…"id":7,"account":2,"side":"buy","qty":5}"#);
    let rejected = What::Rejected { op: Op::New, id, account, reason: Reject::BadTick };
    written(rejected, r#"{"ev":"rejected",…"op":"new","id":7,"account":2,"reason":"bad_tick"}"#);
    let (liquidity, fee) = (Liquidity::Maker, Fee::new(i128::MIN));
    let (leaves, cumulative) = (Qty(1), Qty(4));
    written(
        What::Filled { id, account, price, qty, leaves, cumulative, liquidity, fee },
        r#"{"ev":"filled",…"id":7,"account":2,"price":-10,"qty":5,"leaves":1,"liquidity":"maker","fee":-170141183460469231731687303715884105728}"#,
    );
    let canceled = What::Canceled { id, account, qty, reason: CancelReason::NoLiquidity };
    written(canceled, r#"{"ev":"canceled",…"id":7,"account":2,"qty":5,"reason":"no_liquidity"}"#);
    let (new_id, price, kept_priority) = (OrderId(8), Some(price), true);
    written(
        What::Replaced { id, new_id, account, price, qty, leaves, kept_priority },
        r#"{"ev":"replaced",…"id":7,"new_id":8,"price":-10,"qty":5,"leaves":1,"kept_priority":true}"#,
    );
    let stop = Price(3);
    written(What::Triggered { id, account, stop }, r#"{"ev":"triggered",…"id":7,"stop":3}"#);
}

#[test]
fn public_events_have_the_keys_of_the_specification() {
    let (id, side, price, qty) = (OrderId(7), Side::Sell, Price(10), Qty(5));
    let (trade_id, buy_id, sell_id) = (1, OrderId(2), OrderId(3));
    let (taker, maker_id) = (Some(Side::Buy), Some(sell_id));
    written(
        What::Trade { trade_id, price, qty, taker, buy_id, sell_id, maker_id },
        r#"{"ev":"trade",…"trade_id":1,"price":10,"qty":5,"taker":"buy","buy_id":2,"sell_id":3,"maker_id":3}"#,
    );
    let (taker, maker_id) = (None, None);
    written(
        What::Trade { trade_id, price, qty, taker, buy_id, sell_id, maker_id },
        r#"{"ev":"trade",…"trade_id":1,"price":10,"qty":5,"buy_id":2,"sell_id":3}"#,
    );
    let order = r#"…"id":7,"side":"sell","price":10,"qty":5}"#;
    written(What::Add { id, side, price, qty }, &format!("{{\"ev\":\"add\",{order}"));
    written(What::Execute { id, side, price, qty }, &format!("{{\"ev\":\"execute\",{order}"));
    written(What::Reduce { id, side, price, qty }, &format!("{{\"ev\":\"reduce\",{order}"));
    written(What::Delete { id, side, price, qty }, &format!("{{\"ev\":\"delete\",{order}"));
    let (qty, orders) = (Total::new(u128::MAX), 0);
    written(
        What::Level { side, price, qty, orders },
        r#"{"ev":"level",…"side":"sell","price":10,"qty":340282366920938463463374607431768211455,"orders":0}"#,
    );
    written(
        What::Bbo { bid: None, ask: Some((price, Total::new(5))) },
        r#"{"ev":"bbo",…"bid":null,"bid_qty":null,"ask":10,"ask_qty":5}"#,
    );
    written(What::Phase { phase: Phase::PreOpen }, r#"{"ev":"phase",…"phase":"pre_open"}"#);
    let (price, surplus) = (None, Surplus::new(-4));
    written(
        What::Indicative { price, qty: Total::ZERO, surplus },
        r#"{"ev":"indicative",…"price":null,"qty":0,"surplus":-4}"#,
    );
    let (price, qty) = (Some(Price(10)), Total::new(5));
    written(What::Uncrossed { price, qty }, r#"{"ev":"uncrossed",…"price":10,"qty":5}"#);
}
