//! The limit of what a book can be: prices in a flat array with a bitmap, orders in a slab with
//! 32-bit links, ids in a hash table, fills the only event, nothing validated. Every bound is
//! checked, since the crate is safe code.

use super::{Books, Fills};
use crate::workload::{Kind, Order};

const NONE: u32 = u32::MAX;

/// The limit.
#[derive(Debug)]
pub struct Limit {
    books: Vec<Book>,
    nodes: Vec<Node>,
    free: u32,
    ids: Vec<(u64, u32)>,
    low: i64,
}

#[derive(Debug)]
struct Book {
    /// First and last order of each price.
    levels: Vec<(u32, u32)>,
    /// Which prices have orders, by side.
    used: [Vec<u64>; 2],
    /// Best price of each side, as a position.
    best: [usize; 2],
}

#[derive(Clone, Copy, Debug)]
struct Node {
    id: u64,
    next: u32,
    prev: u32,
    open: u32,
    at: u32,
    side: u32,
}

impl Books for Limit {
    const NAME: &'static str = "the limit";

    fn new(books: u16, (low, high): (i64, i64)) -> Self {
        let len = usize::try_from(high - low + 1).expect("a range of prices");
        let book = || Book {
            levels: vec![(NONE, NONE); len],
            used: [vec![0; len / 64 + 1], vec![0; len / 64 + 1]],
            best: [usize::MAX; 2],
        };
        Self {
            books: (0..books).map(|_| book()).collect(),
            nodes: Vec::with_capacity(1 << 20),
            free: NONE,
            ids: vec![(0, NONE); 1 << if books == 1 { 19 } else { 18 }],
            low,
        }
    }

    #[inline]
    fn apply(&mut self, order: &Order, fills: &mut Fills) {
        match order.kind {
            Kind::Add => self.add(order, fills),
            Kind::Aggress => {
                self.take(order, fills);
            }
            Kind::Cancel => {
                if let Some((slot, node)) = self.find(order.id) {
                    self.remove(order.book, slot, node);
                }
            }
            Kind::Reduce => {
                if let Some((_, node)) = self.find(order.id) {
                    self.nodes[node as usize].open -= order.qty;
                }
            }
            Kind::Replace => {
                if let Some((slot, node)) = self.find(order.id) {
                    self.remove(order.book, slot, node);
                    self.add(order, fills);
                }
            }
        }
    }
}

impl Limit {
    fn home(&self, id: u64) -> usize {
        let mixed =
            id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - self.ids.len().trailing_zeros());
        usize::try_from(mixed).expect("a position in the table")
    }

    #[inline]
    fn find(&self, id: u64) -> Option<(usize, u32)> {
        let mask = self.ids.len() - 1;
        let mut slot = self.home(id);
        loop {
            let (there, node) = self.ids[slot];
            if node == NONE {
                return None;
            }
            if there == id {
                return Some((slot, node));
            }
            slot = (slot + 1) & mask;
        }
    }

    #[inline]
    fn forget(&mut self, mut gap: usize) {
        let mask = self.ids.len() - 1;
        let mut slot = gap;
        loop {
            slot = (slot + 1) & mask;
            let (id, node) = self.ids[slot];
            if node == NONE {
                break;
            }
            if (slot.wrapping_sub(self.home(id)) & mask) >= (slot.wrapping_sub(gap) & mask) {
                self.ids[gap] = (id, node);
                gap = slot;
            }
        }
        self.ids[gap] = (0, NONE);
    }

    #[inline]
    fn add(&mut self, order: &Order, fills: &mut Fills) {
        let open = self.take(order, fills);
        if open == 0 {
            return;
        }
        let side = usize::from(!order.buys);
        let at = usize::try_from(order.price - self.low).expect("within the range");
        let book = &mut self.books[usize::from(order.book)];
        let tail = book.levels[at].1;
        let place = u32::try_from(at).expect("a small range");
        let fresh = Node {
            id: order.id,
            next: NONE,
            prev: tail,
            open,
            at: place,
            side: u32::from(!order.buys),
        };
        let node = if self.free == NONE {
            self.nodes.push(fresh);
            u32::try_from(self.nodes.len() - 1).expect("fewer than 2^32 orders")
        } else {
            let node = self.free;
            self.free = self.nodes[node as usize].next;
            self.nodes[node as usize] = fresh;
            node
        };
        book.levels[at].1 = node;
        if tail == NONE {
            book.levels[at].0 = node;
            book.used[side][at / 64] |= 1 << (at % 64);
            let best = book.best[side];
            if best == usize::MAX || (order.buys && at > best) || (!order.buys && at < best) {
                book.best[side] = at;
            }
        } else {
            self.nodes[tail as usize].next = node;
        }
        let mask = self.ids.len() - 1;
        let mut slot = self.home(order.id);
        while self.ids[slot].1 != NONE {
            slot = (slot + 1) & mask;
        }
        self.ids[slot] = (order.id, node);
    }

    #[inline]
    fn take(&mut self, order: &Order, fills: &mut Fills) -> u32 {
        let side = usize::from(order.buys);
        let limit = order.price - self.low;
        let mut open = order.qty;
        while open > 0 {
            let at = self.books[usize::from(order.book)].best[side];
            if at == usize::MAX {
                break;
            }
            let here = i64::try_from(at).expect("a small range");
            if (order.buys && here > limit) || (!order.buys && here < limit) {
                break;
            }
            let node = self.books[usize::from(order.book)].levels[at].0;
            let maker = &mut self.nodes[node as usize];
            let lots = open.min(maker.open);
            (open, maker.open) = (open - lots, maker.open - lots);
            let (id, left) = (maker.id, maker.open);
            fills.fill(order.book, order.id, id, here + self.low, u64::from(lots));
            if left == 0 {
                let (slot, node) = self.find(id).expect("a live order is indexed");
                self.remove(order.book, slot, node);
            }
        }
        open
    }

    #[inline]
    fn remove(&mut self, book: u16, slot: usize, node: u32) {
        self.forget(slot);
        let Node { next, prev, at, side, .. } = self.nodes[node as usize];
        let (at, side) = (at as usize, side as usize);
        let book = &mut self.books[usize::from(book)];
        if prev == NONE {
            book.levels[at].0 = next;
        } else {
            self.nodes[prev as usize].next = next;
        }
        if next == NONE {
            book.levels[at].1 = prev;
        } else {
            self.nodes[next as usize].prev = prev;
        }
        if book.levels[at].0 == NONE {
            book.used[side][at / 64] &= !(1 << (at % 64));
            if book.best[side] == at {
                book.best[side] = next_best(&book.used[side], at, side == 0);
            }
        }
        self.nodes[node as usize].next = self.free;
        self.free = node;
    }
}

/// The best used position that is worse than `at`.
#[inline]
fn next_best(used: &[u64], at: usize, buys: bool) -> usize {
    let mut word = at / 64;
    let mut bits = used[word];
    loop {
        if bits != 0 {
            let bit = if buys { 63 - bits.leading_zeros() } else { bits.trailing_zeros() };
            return word * 64 + bit as usize;
        }
        let next = if buys { word.checked_sub(1) } else { Some(word + 1) };
        match next.and_then(|next| used.get(next).map(|&bits| (next, bits))) {
            Some((next, found)) => (word, bits) = (next, found),
            None => return usize::MAX,
        }
    }
}
