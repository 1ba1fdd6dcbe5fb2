use super::*;

#[test]
fn both_extremes_and_who_came_in_are_kept() {
    let mut tally = Tally::default();
    for (id, side, qty, taker) in [
        (1, Side::Buy, 30, Some(Side::Buy)),
        (1, Side::Buy, 20, Some(Side::Sell)),
        (2, Side::Sell, 90, Some(Side::Sell)),
        (3, Side::Buy, 10, None),
    ] {
        tally.book(OrderId(id), side, Qty(qty), taker);
    }
    assert_eq!((tally.lots, tally.longest, tally.shortest), (-30, 50, -40));
    assert_eq!((tally.made, tally.taken), (30, 120));
    assert_eq!(tally.orders_traded(), 3);
}
