//! What must hold between two commands; walked whole, for tests and fuzzing.

use super::heed::Heed;
use super::order::Terms;
use super::pool::NONE;
use super::tree::{Key, Tree};
use super::{Book, Extra, Store, Waits};
use crate::command::OrderType;
use crate::limits::PEGS_MAX;
use crate::quantity::Price;
use crate::side::Side;

/// Asserts what must hold of all books together.
pub(crate) fn check(store: &Store, books: &[Book]) {
    let live: u32 = books.iter().map(|book| check_book(store, book)).sum();
    assert_eq!(live, store.orders.len(), "every live order is in a book");
    assert_eq!(live as usize, store.index.count(), "every live order is in the index");
    assert!(store.pending.is_empty() && store.ending.is_empty(), "every command is finished");
    let held: u32 = books.iter().map(|book| held(store, book)).sum();
    let room = held + store.waiting <= store.levels.capacity();
    assert!(room, "whatever waits or moves finds a level in the end");
    let waiting: u32 = books.iter().map(|book| check_pegged(store, book)).sum();
    assert_eq!(waiting, store.waiting, "the count of orders that may need a level");
    let pegged: u32 = books.iter().map(|book| book.pegged).sum();
    assert_eq!(pegged, store.pegged, "the count of pegged orders");
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
    let (bid, ask) = (best_price(store, book, Side::Buy), best_price(store, book, Side::Sell));
    check_wholes(store, book);
    if let (false, Some(bid), Some(ask)) = (book.call.gathers, bid, ask) {
        assert!(bid < ask, "a book that matches is not crossed: {bid} and {ask}");
    }
    live
}

/// How many levels orders rest at that do not move.
fn held(store: &Store, book: &Book) -> u32 {
    let levels = Side::BOTH.into_iter().flat_map(|side| book.side(side).levels(store));
    let held = levels.filter(|&level| book.is_held(store, level, NONE));
    u32::try_from(held.count()).expect("levels have 32 bits")
}

/// Asserts that pegged orders stand where they must; returns how many orders wait or are pegged.
fn check_pegged(store: &Store, book: &Book) -> u32 {
    let (mut pegged, mut resting) = (0, 0);
    let marks = book.marks(store);
    for ((.., entry), key) in elements(store, &book.pegs) {
        let order = store.orders.order(key);
        let extra = store.extra(key).expect("a pegged order has an extra");
        assert_eq!((extra.order_type, extra.entry), (OrderType::Pegged, entry));
        let best = best_price(store, book, order.side.opposite());
        let place = marks.place(&book.spec, order.side, extra, best);
        let price = (order.level != NONE).then(|| store.levels[order.level].price);
        assert_eq!(price, place, "a pegged order stands where it must");
        let waits = if price.is_some() { Waits::No } else { Waits::Price };
        assert_eq!(extra.waits, waits, "it waits while it has no price");
        assert!(order.terms.has(Terms::PEGGED), "it is known as pegged");
        pegged += 1;
        resting += u32::from(price.is_some());
    }
    let mut waiting = 0;
    for (_, key) in elements(store, &book.waiting) {
        let extra = store.extra(key).expect("a waiting order has an extra");
        let is_child = extra.waits == Waits::Parent && extra.order_type == OrderType::Pegged;
        pegged += u32::from(is_child);
        waiting += 1;
    }
    assert_eq!(pegged, book.pegged, "the count of pegged orders");
    assert!(pegged <= PEGS_MAX, "no more pegged orders than one command may move");
    waiting + resting
}

/// The best price at which an order rests that trades in parts.
fn best_price(store: &Store, book: &Book, side: Side) -> Option<Price> {
    let mut orders = resting(store, book, side);
    let plain = orders.find(|&key| !store.orders.detail(key).terms.has(Terms::WHOLE));
    plain.map(|key| store.levels[store.orders[key].level()].price)
}

/// The orders of a side that rest, in the order of service.
fn resting<'a>(store: &'a Store, book: &'a Book, side: Side) -> impl Iterator<Item = u32> + 'a {
    book.side(side).levels(store).flat_map(move |level| {
        let level = &store.levels[level];
        let some = |key: u32| (key != NONE).then_some(key);
        core::iter::successors(some(level.front()), move |&key| {
            some(level.after(&store.orders, key))
        })
    })
}

/// Asserts that the all-or-none orders are known, in the order of service.
fn check_wholes(store: &Store, book: &Book) {
    let is_whole = |key: &u32| store.orders.detail(*key).terms.has(Terms::WHOLE);
    let rest = Side::BOTH.into_iter().flat_map(|side| resting(store, book, side));
    assert!(rest.filter(is_whole).eq(book.wholes.iter().copied()), "all-or-none orders that rest");
    let waiting = elements(store, &book.waiting).filter(|(_, key)| is_whole(key)).count();
    assert_eq!(waiting, book.wholes_waiting as usize, "all-or-none orders that wait");
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
            !matches!(extra.waits, Waits::No | Waits::Turn | Waits::End),
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
    if extra.waits == Waits::Price {
        return assert!(found(&book.pegs, (0, 0, extra.entry)), "a price to follow finds it");
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
    assert_eq!((level.shown.get(), level.dark.get()), (shown, dark), "a level's sums");
    assert_eq!(level.orders, displayed, "a level's count");
    live
}
