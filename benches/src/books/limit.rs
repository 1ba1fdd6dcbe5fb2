//! The limit of what a book can be: prices in a flat array with a bitmap, 16 bytes an order, each
//! price the sentinel of its own circular list, fills the only event, nothing validated.
//!
//! Ids are looked up by a hash, as any book must that takes ids from anywhere. The range of prices
//! is known beforehand, which no book may count on. Every bound is checked: safe code.

use super::{Books, Fills};
use crate::workload::{Kind, Order, Workload};

/// The limit.
#[derive(Debug)]
pub struct Limit {
    books: Vec<Book>,
    /// First one for each price of each book, then the orders.
    nodes: Vec<Node>,
    /// The ids of the nodes.
    names: Vec<u64>,
    free: u32,
    ids: Ids,
    low: i64,
}

/// Entries of the smallest table of ids.
const IDS_MIN: usize = 1 << 13;

#[derive(Debug)]
struct Book {
    /// Which prices have orders; both sides, since they do not meet.
    used: Vec<u64>,
    /// The highest price with buyers; 0 is none.
    bid: u32,
    /// The lowest price with sellers; the greatest number is none.
    ask: u32,
    /// The node of its lowest price.
    base: u32,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    next: u32,
    prev: u32,
    open: u32,
    /// Its price, by position.
    at: u32,
}

impl Books for Limit {
    const NAME: &'static str = "the limit";

    fn new(workload: &Workload) -> Self {
        let &Workload { books, prices: (low, high), .. } = workload;
        let orders = workload.preload.len();
        // One price more below, for no best bid.
        let prices = u32::try_from(high - low + 2).expect("a range of prices");
        let words = prices as usize / 64 + 1;
        let sentinels = u32::from(books) * prices;
        let node = |at: u32| Node { next: at, prev: at, open: 0, at: at % prices };
        Self {
            books: (0..u32::from(books))
                .map(|at| Book { used: vec![0; words], bid: 0, ask: u32::MAX, base: at * prices })
                .collect(),
            nodes: (0..sentinels).map(node).collect(),
            names: vec![0; sentinels as usize],
            free: 0,
            // Half full, and no smaller than stays in the first cache: what ids meet least in.
            ids: Ids::new((orders * 2).next_power_of_two().max(IDS_MIN).trailing_zeros()),
            low: low - 1,
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
                if let Some((slot, node)) = self.ids.find(order.id) {
                    self.ids.remove(slot);
                    self.remove(order.book, node);
                }
            }
            Kind::Reduce => {
                if let Some((_, node)) = self.ids.find(order.id) {
                    self.nodes[node as usize].open -= order.qty;
                }
            }
            Kind::Replace => {
                if let Some((slot, node)) = self.ids.find(order.id) {
                    self.ids.remove(slot);
                    self.remove(order.book, node);
                    self.add(order, fills);
                }
            }
        }
    }
}

impl Limit {
    #[inline(always)]
    fn add(&mut self, order: &Order, fills: &mut Fills) {
        let open = self.take(order, fills);
        if open == 0 {
            return;
        }
        let at = position(order.price - self.low);
        let book = &mut self.books[usize::from(order.book)];
        let sentinel = book.base + at;
        if order.buys {
            book.bid = book.bid.max(at);
        } else {
            book.ask = book.ask.min(at);
        }
        let prev = self.nodes[sentinel as usize].prev;
        if prev == sentinel {
            book.used[at as usize / 64] |= 1 << (at % 64);
        }
        let fresh = Node { next: sentinel, prev, open, at };
        let node = self.free;
        if node == 0 {
            self.grow(order, fresh);
            return;
        }
        self.free = self.nodes[node as usize].next;
        self.nodes[node as usize] = fresh;
        self.nodes[prev as usize].next = node;
        self.nodes[sentinel as usize].prev = node;
        self.names[node as usize] = order.id;
        self.ids.insert(order.id, node);
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, order: &Order, fresh: Node) {
        let node = position(i64::try_from(self.nodes.len()).expect("a small number"));
        self.nodes.push(fresh);
        self.names.push(order.id);
        self.nodes[fresh.prev as usize].next = node;
        self.nodes[fresh.next as usize].prev = node;
        self.ids.insert(order.id, node);
    }

    #[inline(always)]
    fn take(&mut self, order: &Order, fills: &mut Fills) -> u32 {
        let limit = position(order.price - self.low);
        let book = &self.books[usize::from(order.book)];
        let crosses = if order.buys { book.ask <= limit } else { book.bid >= limit };
        if crosses { self.trade(order, limit, fills) } else { order.qty }
    }

    #[inline(never)]
    fn trade(&mut self, order: &Order, limit: u32, fills: &mut Fills) -> u32 {
        let mut open = order.qty;
        while open > 0 {
            let book = &self.books[usize::from(order.book)];
            let at = if order.buys { book.ask } else { book.bid };
            let crosses = if order.buys { at <= limit } else { at >= limit };
            if !crosses {
                break;
            }
            let node = self.nodes[(book.base + at) as usize].next;
            let maker = &mut self.nodes[node as usize];
            let lots = open.min(maker.open);
            (open, maker.open) = (open - lots, maker.open - lots);
            let (id, left) = (self.names[node as usize], maker.open);
            let price = i64::from(at) + self.low;
            fills.fill(order.book, order.id, id, price, u64::from(lots));
            if left == 0 {
                let (slot, _) = self.ids.find(id).expect("a live order is indexed");
                self.ids.remove(slot);
                self.remove(order.book, node);
            }
        }
        open
    }

    #[inline(always)]
    fn remove(&mut self, book: u16, node: u32) {
        let Node { next, prev, at, .. } = self.nodes[node as usize];
        self.nodes[prev as usize].next = next;
        self.nodes[next as usize].prev = prev;
        self.nodes[node as usize].next = self.free;
        self.free = node;
        if prev == next {
            self.books[usize::from(book)].emptied(at, prev);
        }
    }
}

impl Book {
    /// Of two orders one has left; whether a price is empty only its sentinel knows.
    #[inline(always)]
    fn emptied(&mut self, at: u32, left: u32) {
        if left != self.base + at {
            return;
        }
        self.used[at as usize / 64] &= !(1 << (at % 64));
        if at == self.bid {
            self.bid = self.below(at);
        } else if at == self.ask {
            self.ask = self.above(at);
        }
    }

    fn below(&self, at: u32) -> u32 {
        let mut word = at as usize / 64;
        let mut bits = self.used[word] & ((1 << (at % 64)) - 1);
        while bits == 0 {
            let Some(next) = word.checked_sub(1) else { return 0 };
            word = next;
            bits = self.used[word];
        }
        position(i64::try_from(word * 64).expect("a small number")) + 63 - bits.leading_zeros()
    }

    fn above(&self, at: u32) -> u32 {
        let mut word = at as usize / 64;
        let mut bits = self.used[word] & !(u64::MAX >> (63 - at % 64));
        while bits == 0 {
            word += 1;
            match self.used.get(word) {
                Some(&more) => bits = more,
                None => return u32::MAX,
            }
        }
        position(i64::try_from(word * 64).expect("a small number")) + bits.trailing_zeros()
    }
}

/// Where the node of an id is: open addressing, id and node in one word of an entry, which holds
/// for ids and nodes below 2³².
#[derive(Debug)]
struct Ids {
    entries: Vec<u64>,
    shift: u32,
}

impl Ids {
    fn new(bits: u32) -> Self {
        Self { entries: vec![0; 1 << bits], shift: 64 - bits }
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "a position in the table")]
    fn home(&self, id: u64) -> usize {
        (id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of an entry")]
    fn find(&self, id: u64) -> Option<(usize, u32)> {
        let mask = self.entries.len() - 1;
        let mut slot = self.home(id);
        loop {
            let entry = self.entries[slot & mask];
            if entry >> 32 == id {
                return Some((slot & mask, entry as u32));
            }
            if entry == 0 {
                return None;
            }
            slot += 1;
        }
    }

    #[inline(always)]
    fn insert(&mut self, id: u64, node: u32) {
        let mask = self.entries.len() - 1;
        let mut slot = self.home(id) & mask;
        while self.entries[slot] != 0 {
            slot = (slot + 1) & mask;
        }
        self.entries[slot] = id << 32 | u64::from(node);
    }

    #[inline(always)]
    fn remove(&mut self, mut gap: usize) {
        let mask = self.entries.len() - 1;
        let mut slot = gap;
        loop {
            slot = (slot + 1) & mask;
            let entry = self.entries[slot];
            if entry == 0 {
                break;
            }
            let home = self.home(entry >> 32);
            if (slot.wrapping_sub(home) & mask) >= (slot.wrapping_sub(gap) & mask) {
                self.entries[gap] = entry;
                gap = slot;
            }
        }
        self.entries[gap] = 0;
    }
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small positions")]
fn position(at: i64) -> u32 {
    at as u32
}
