//! What must hold between two commands; walked whole, for tests and fuzzing.

use super::heed::Heed;
use super::pool::NONE;
use super::tree::{Key, Tree};
use super::{Book, Extra, Store, Waits};
use crate::command::Phase;
use crate::side::Side;

/// Asserts what must hold of all books together.
pub(crate) fn check(store: &Store, books: &[Book]) {
    let live: u32 = books.iter().map(|book| check_book(store, book)).sum();
    assert_eq!(live, store.orders.len(), "every live order is in a book");
    assert_eq!(live as usize, store.index.count(), "every live order is in the index");
    assert!(store.pending.is_empty() && store.ending.is_empty(), "every command is finished");
    let room = store.levels.len() + store.waiting <= store.levels.capacity();
    assert!(room, "whatever waits finds a level in the end");
    let waiting: usize = books.iter().map(|book| elements(store, &book.waiting).count()).sum();
    assert_eq!(waiting, store.waiting as usize, "the count of waiting orders");
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
    live += check_waiting(store, book);
    assert_eq!(book.heed, Heed::of(book), "what is to be heeded");
    for ((group, account, entry), key) in elements(store, &book.groups) {
        let extra = store.extra(key).expect("a member of a group has an extra");
        let held = (extra.group.cast_signed(), store.orders[key].account.0, extra.entry);
        assert_eq!(held, (group, account, entry), "a group's member is alive and in it");
    }
    assert_eq!(live, book.live, "the count of live orders");
    let (bid, ask) = (book.best_price(store, Side::Buy), book.best_price(store, Side::Sell));
    if let (Phase::Continuous, Some(bid), Some(ask)) = (book.phase, bid, ask) {
        assert!(bid < ask, "a book that matches is not crossed: {bid} and {ask}");
    }
    live
}

/// Every element of a set, rising.
fn elements<'a>(store: &'a Store, tree: &'a Tree) -> impl Iterator<Item = (Key, u32)> + 'a {
    core::iter::successors(tree.first(&store.nodes), |&((at, place, entry), _)| {
        tree.at_or_above(&store.nodes, (at, place, entry + 1))
    })
}

/// Asserts what must hold of the orders that wait; returns how many there are.
fn check_waiting(store: &Store, book: &Book) -> u32 {
    let mut count = 0;
    for ((.., entry), key) in elements(store, &book.waiting) {
        let order = &store.orders.order(key);
        let extra = store.extra(key).expect("a waiting order has an extra");
        assert_eq!((order.level, extra.entry), (NONE, entry), "it waits, and is not on a level");
        assert!(
            matches!(extra.waits, Waits::Stop | Waits::Parent),
            "between commands nothing has its turn"
        );
        assert!(!order.open.is_zero(), "a live order has something open");
        assert_eq!(store.find(book.position, order.id).map(|(_, key)| key), Some(key));
        waits_where_it_is_found(store, book, key, extra);
        count += 1;
    }
    count
}

/// Asserts that a waiting order stands in the sets that what it waits for is looked up in.
fn waits_where_it_is_found(store: &Store, book: &Book, key: u32, extra: &Extra) {
    let side = store.orders[key].side().index();
    let found = |tree: &Tree, at| tree.find(&store.nodes, at) == Some(key);
    if extra.waits == Waits::Parent {
        let at = (extra.parent.cast_signed(), 0, extra.entry);
        return assert!(found(&book.children, at), "its parent's end finds it");
    }
    if let Some(stop) = extra.stop {
        assert!(found(&book.stops[side], (stop.0, 0, extra.entry)), "a trade finds its stop");
    }
    let moves = elements(store, &book.trails[side]).any(|(_, at)| at == key);
    assert_eq!(moves, extra.trail != 0, "trades move what trails");
}

fn check_level(store: &Store, book: &Book, side: Side, key: u32) -> u32 {
    let level = &store.levels[key];
    assert!(!level.is_empty(), "an empty level is gone");
    let (mut shown, mut dark, mut live, mut displayed) = (0, 0, 0, 0);
    for (which, queue) in level.queues.iter().enumerate() {
        let (mut at, mut before) = (queue.head, NONE);
        while at != NONE {
            let order = &store.orders.order(at);
            assert_eq!(store.orders[at].prev, before, "links agree");
            assert_eq!((order.level, order.side), (key, side), "an order knows where it is");
            assert_eq!(usize::from(order.is_dark()), which, "dark orders stand behind");
            assert!(!order.open.is_zero(), "a live order has something open");
            assert!(order.shown <= order.open, "nothing is shown that is not open");
            let more = order.is_dark() || order.extra != NONE || order.shown != order.open;
            assert!(!more || store.orders[at].is_special(), "what is more than plain is marked");
            assert_eq!(store.find(book.position, order.id).map(|(_, key)| key), Some(at));
            shown += u128::from(order.shown.0);
            dark += u128::from((order.open - order.shown).0);
            displayed += u32::from(which == 0);
            live += 1;
            (before, at) = (at, store.orders[at].next);
        }
        assert_eq!(queue.tail, before, "the tail is the last");
    }
    assert_eq!((level.shown, level.dark), (shown, dark), "a level's sums");
    assert_eq!(level.orders, displayed, "a level's count");
    live
}
