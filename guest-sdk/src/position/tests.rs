use super::*;

/// Trades `(lots, price)`, bought where positive, and says: lots, average, cash.
fn after(trades: &[(i64, i64)]) -> (i64, Option<i64>, i128) {
    let mut position = Position::FLAT;
    for &(lots, price) in trades {
        let side = if lots > 0 { Side::Buy } else { Side::Sell };
        position.add(side, Price(price), Qty(lots.unsigned_abs()), 0);
    }
    (position.lots, position.average().map(|price| price.0), position.cash)
}

#[test]
fn buying_more_averages() {
    assert_eq!(after(&[(1, 100), (3, 104)]), (4, Some(103), -412));
}

#[test]
fn selling_a_part_keeps_the_average() {
    assert_eq!(after(&[(1, 100), (3, 104), (-2, 200)]), (2, Some(103), -12));
}

#[test]
fn selling_all_is_flat_and_keeps_what_was_made() {
    assert_eq!(after(&[(2, 100), (-2, 90)]), (0, None, -20));
}

#[test]
fn selling_more_than_all_starts_anew() {
    assert_eq!(after(&[(2, 100), (-5, 90)]), (-3, Some(90), 250));
    assert_eq!(after(&[(-2, 100), (5, 90)]), (3, Some(90), -250));
}

#[test]
fn a_short_position_averages_too() {
    assert_eq!(after(&[(-1, 100), (-1, 103)]), (-2, Some(101), 203));
    assert_eq!(after(&[(-4, -7), (1, -9)]), (-3, Some(-7), -19));
}

#[test]
fn profit_counts_fees_and_the_mark() {
    let mut position = Position::FLAT;
    position.add(Side::Sell, Price(100), Qty(10), 7);
    assert_eq!(position.profit(Price(90)), Notional(93));
    assert_eq!((position.fees, position.side(), position.size()), (7, Some(Side::Sell), Qty(10)));
    assert_eq!((position.bought, position.sold), (0, 10));
}

#[test]
fn the_largest_trade_does_not_overflow() {
    let mut position = Position::FLAT;
    position.add(Side::Buy, Price::MAX, Qty::MAX, i64::MAX);
    position.add(Side::Buy, Price::MAX, Qty::MAX, i64::MAX);
    assert_eq!(position.lots, i64::MAX);
    position.add(Side::Sell, Price::MIN, Qty::MAX, i64::MIN);
    assert_eq!(position.lots, 0);
    assert_eq!(position.average(), None);
}

#[test]
fn what_was_made_is_what_is_realised_and_what_is_not() {
    let mut position = Position::FLAT;
    for (side, price, qty, fee) in
        [(Side::Buy, 100, 3, 1), (Side::Sell, 110, 2, 1), (Side::Sell, 90, 5, -1)]
    {
        position.add(side, Price(price), Qty(qty), fee);
        for mark in [-7, 0, 95, 1_000] {
            let mark = Price(mark);
            let parts = position.realised().0 + position.unrealised(mark).0;
            assert_eq!(position.profit(mark).0, parts, "{position:?}");
        }
    }
    // 2 lots at +10, 1 at -10, and fees of 1.
    assert_eq!((position.lots, position.realised()), (-4, Notional(20 - 10 - 1)));
    assert_eq!(position.unrealised(Price(80)), Notional(40));
}
