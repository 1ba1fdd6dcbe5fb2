use ringfence_core::{
    Capacity, Command, Engine, InstrumentId, InstrumentSpec, NewOrder, OrderId, Price, Qty, Side,
    Time,
};

use super::Row;

fn row(line: &str) -> Row {
    let mut row = Row::default();
    row.parse(line).expect(line);
    row
}

#[test]
fn a_level_that_is_not_there_is_none() {
    let row = row("101,5,100,3,9999999999,0,99,4,9999999999,0,-9999999999,0");
    assert_eq!(row.levels.len(), 3);
    assert_eq!(row.side(Side::Sell).collect::<Vec<_>>(), [(Price(101), 5)]);
    assert_eq!(row.side(Side::Buy).collect::<Vec<_>>(), [(Price(100), 3), (Price(99), 4)]);
}

#[test]
fn a_row_that_is_not_numbers_by_the_four_is_refused() {
    let error = Row::default().parse("101,5,100").expect_err("three columns");
    assert_eq!(
        (error.column, &*error.problem),
        (11, "the row ends before its bid size; is it whole?")
    );
    let error = Row::default().parse("101,five,100,3").expect_err("letters");
    assert_eq!(error.column, 5);
}

#[test]
fn the_best_level_that_differs_is_found() {
    let mut engine = Engine::new(Capacity::SMALL);
    let mut apply = |command| engine.apply(Time(0), &command, &mut ringfence_core::Discard);
    apply(Command::Instrument(Box::new(InstrumentSpec::new(InstrumentId(0), "ABC"))));
    for (id, side, price, qty) in
        [(1, Side::Sell, 101, 5), (2, Side::Buy, 100, 3), (3, Side::Buy, 99, 4)]
    {
        apply(Command::New(NewOrder::limit(OrderId(id), side, Price(price), Qty(qty))));
    }
    let book = engine.book(InstrumentId(0)).expect("it was defined");
    let difference = |line| row(line).first_difference(book, usize::MAX);
    assert_eq!(difference("101,5,100,3,9999999999,0,99,4"), None);
    assert_eq!(difference("101,5,100,3"), None, "deeper levels are not in the row");
    assert_eq!(difference("101,5,100,3,102,1,99,4"), Some(2));
    assert_eq!(difference("101,5,100,2,9999999999,0,99,4"), Some(1));
    let line = "101,5,100,3,102,1,99,4";
    assert_eq!(row(line).first_difference(book, 1), None, "only so deep");
}
