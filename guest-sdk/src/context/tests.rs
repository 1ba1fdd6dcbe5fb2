use super::*;
use crate::abi::submit;
use crate::testing::fake::{COMMANDS_PER_CALL, host};

/// Runs `with` on a context with room for four commands, and decodes what it wrote.
fn commands(with: impl FnOnce(&mut Context<'_>)) -> Vec<Command> {
    let mut blotter = Blotter::new();
    let mut buffer = [[0; COMMAND_LEN]; 4];
    let mut context = Context::new(&mut blotter, &mut buffer, Time(9));
    assert_eq!(context.time(), Time(9));
    host(|host| host.takes_commands = true);
    with(&mut context);
    host(|host| host.takes_commands = false);
    let count = context.count();
    let records = buffer[..count].iter().map(CommandRecord::from_bytes);
    records.map(|record| record.to_command().unwrap()).collect()
}

const AT: InstrumentId = InstrumentId(3);

fn order(id: u64) -> NewOrder {
    NewOrder { instrument: AT, ..NewOrder::limit(OrderId(id), Side::Sell, Price(5), Qty(6)) }
}

#[test]
fn each_kind_of_order_is_what_it_says() {
    let written = commands(|context| {
        context.limit(AT, Side::Sell, Price(5), Qty(6)).unwrap();
        context.post_only(AT, Side::Sell, Price(5), Qty(6)).unwrap();
        context.ioc(AT, Side::Sell, Price(5), Qty(6)).unwrap();
        context.market(AT, Side::Sell, Qty(6)).unwrap();
        assert_eq!(context.limit(AT, Side::Sell, Price(5), Qty(6)), Err(Full::Commands));
        assert_eq!(context.orders().len(), 4, "what was not sent is not followed");
        assert_eq!(context.shown_at(AT, Side::Sell, Price(5)), Qty(0), "nothing is live yet");
    });
    assert_eq!(
        written,
        [
            Command::New(order(1)),
            Command::New(NewOrder { post_only: PostOnly::Reject, ..order(2) }),
            Command::New(NewOrder { tif: TimeInForce::Ioc, ..order(3) }),
            Command::New(NewOrder { order_type: OrderType::Market, price: None, ..order(4) }),
        ]
    );
}

#[test]
fn stops_wait_for_their_trigger() {
    let written = commands(|context| {
        context.stop(AT, Side::Sell, Price(4), Qty(6)).unwrap();
        context.trailing_stop(AT, Side::Sell, 7, Qty(6)).unwrap();
    });
    let market = |id| NewOrder { order_type: OrderType::Stop, price: None, ..order(id) };
    assert_eq!(
        written,
        [
            Command::New(NewOrder { stop: Some(Price(4)), ..market(1) }),
            Command::New(NewOrder { order_type: OrderType::TrailingStop, trail: 7, ..market(2) }),
        ]
    );
}

#[test]
fn names_that_the_author_gives_are_not_given_again() {
    commands(|context| {
        assert_eq!(context.place(order(7)), Ok(OrderId(7)));
        assert_eq!(context.place(order(0)), Ok(OrderId(8)));
        let quote = Quote {
            instrument: AT,
            account: NOBODY,
            id: OrderId(0),
            bid: Some((Price(1), Qty(2))),
            ask: Some((Price(3), Qty(4))),
        };
        assert_eq!(context.quote(quote), Ok(OrderId(9)));
        assert_eq!(context.place(order(0)), Ok(OrderId(11)));
        assert_eq!(context.order(OrderId(10)).map(|order| order.side), Some(Side::Sell));
    });
}

#[test]
fn changes_are_what_they_say() {
    let written = commands(|context| {
        context.replace(AT, OrderId(70), Price(1), Qty(2)).unwrap();
        context.reduce(AT, OrderId(70), Qty(1)).unwrap();
        context.cancel(AT, OrderId(70)).unwrap();
        context.mass_cancel(Some(AT), Some(Side::Buy)).unwrap();
    });
    let (instrument, account, id) = (AT, NOBODY, OrderId(70));
    let (price, qty) = (Some(Price(1)), NewQty::Open(Qty(2)));
    let scope = Scope { account: None, instrument: Some(AT), side: Some(Side::Buy) };
    assert_eq!(
        written,
        [
            Command::Replace(Replace { instrument, account, id, new_id: None, price, qty }),
            Command::Reduce(Reduce { instrument, account, id, by: Qty(1) }),
            Command::Cancel(Cancel { instrument, account, id }),
            Command::MassCancel(scope),
        ]
    );
}

#[test]
fn a_seventeenth_instrument_has_no_room() {
    let mut blotter = Blotter::new();
    let mut buffer = [[0; COMMAND_LEN]; 32];
    let mut context = Context::new(&mut blotter, &mut buffer, Time(0));
    for number in 0..16 {
        context.limit(InstrumentId(number), Side::Buy, Price(1), Qty(1)).unwrap();
    }
    let refused = context.limit(InstrumentId(16), Side::Buy, Price(1), Qty(1));
    assert_eq!(refused, Err(Full::Orders));
    assert_eq!(context.commands_left(), 16);
}

#[test]
fn a_submitted_order_leaves_at_once() {
    let written = commands(|context| {
        assert_eq!(context.submit(order(0)), Ok(OrderId(1)));
        assert_eq!(context.orders().len(), 1);
    });
    assert_eq!(written, []);
    let submitted = host(|host| core::mem::take(&mut host.submitted));
    let record = CommandRecord::from_bytes(&submitted[0]);
    assert_eq!(record.to_command(), Ok(Command::New(order(1))));
}

#[test]
fn what_a_host_never_takes_is_refused_and_not_followed() {
    commands(|context| {
        let none = NewOrder { qty: Qty(0), ..order(0) };
        assert_eq!(context.submit(none), Err(SubmitError::NoCommand));
        assert_eq!(context.orders().len(), 0);
    });
    assert_eq!(host(|host| host.submitted.len()), 0);
}

#[test]
fn what_a_host_answers_to_a_submitted_order_has_a_name() {
    commands(|context| {
        host(|host| host.takes_commands = false);
        assert_eq!(context.submit(order(0)), Err(SubmitError::NotNow));
        host(|host| host.takes_commands = true);
        host(|host| host.submitted.resize(COMMANDS_PER_CALL, [0; COMMAND_LEN]));
        assert_eq!(context.submit(order(0)), Err(SubmitError::NoMore));
        assert_eq!(context.orders().len(), 0, "what is not taken is not followed");
    });
    host(|host| host.submitted.clear());
    for answer in [submit::BAD_LEN, -5, 1, 12, i32::MIN] {
        assert_eq!(SubmitError::from_answer(answer), SubmitError::Other(answer));
    }
}

#[test]
fn a_refusal_says_why() {
    assert_eq!(Full::Commands.to_string(), "this batch has no room for another command");
    assert_eq!(SubmitError::Full(Full::Orders).to_string(), Full::Orders.to_string());
}
