//! What must hold between two commands; walked whole, for tests and fuzzing.

use super::pool::NONE;
use super::{Book, Store};
use crate::command::Phase;
use crate::side::Side;

/// Asserts what must hold of all books together.
pub(crate) fn check(store: &Store, books: &[Book]) {
    let live: u32 = books.iter().map(|book| check_book(store, book)).sum();
    assert_eq!(live, store.orders.len(), "every live order is in a book");
    assert_eq!(live as usize, store.index.count(), "every live order is in the index");
}

/// Asserts what must hold of one book; returns how many orders it has.
fn check_book(store: &Store, book: &Book) -> u32 {
    let mut live = 0;
    for side in Side::BOTH {
        let mut before = None;
        for level in book.side(side).levels(store) {
            let price = store.levels[level].price;
            assert!(before.is_none_or(|before| side.is_better(before, price)), "best first");
            assert_eq!(book.side(side).find(store, price), level, "a level is found by its price");
            before = Some(price);
            live += check_level(store, book, side, level);
        }
    }
    assert_eq!(live, book.live, "the count of live orders");
    let (bid, ask) = (book.best_price(store, Side::Buy), book.best_price(store, Side::Sell));
    if let (Phase::Continuous, Some(bid), Some(ask)) = (book.phase, bid, ask) {
        assert!(bid < ask, "a book that matches is not crossed: {bid} and {ask}");
    }
    live
}

fn check_level(store: &Store, book: &Book, side: Side, key: u32) -> u32 {
    let level = &store.levels[key];
    assert!(!level.is_empty(), "an empty level is gone");
    let (mut shown, mut dark, mut live, mut displayed) = (0, 0, 0, 0);
    for (which, queue) in level.queues.iter().enumerate() {
        let (mut at, mut before) = (queue.head, NONE);
        while at != NONE {
            let order = &store.orders[at];
            assert_eq!(order.prev, before, "links agree");
            assert_eq!((order.level, order.side), (key, side), "an order knows where it is");
            assert_eq!(usize::from(order.is_dark()), which, "dark orders stand behind");
            assert!(!order.open.is_zero(), "a live order has something open");
            assert!(order.shown <= order.open, "nothing is shown that is not open");
            assert_eq!(store.find(book.position, order.id).map(|(_, key)| key), Some(at));
            shown += u128::from(order.shown.0);
            dark += u128::from((order.open - order.shown).0);
            displayed += u32::from(which == 0);
            live += 1;
            (before, at) = (at, order.next);
        }
        assert_eq!(queue.tail, before, "the tail is the last");
    }
    assert_eq!((level.shown, level.dark), (shown, dark), "a level's sums");
    assert_eq!(level.orders, displayed, "a level's count");
    live
}
