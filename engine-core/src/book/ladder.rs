//! One side of a book: its price levels, best first.
//!
//! Prices are grouped in pages of 64 ticks. A page has a bitmap of the prices in use, so the next
//! level is one bit scan away; pages are found through a small cache of those used lately, and
//! ordered by a tree. Near the market every step is a few loads, anywhere in `i64` it is
//! logarithmic, and nothing ever moves.

use super::Store;
use super::level::Level;
use super::pool::{NONE, Pooled};
use super::tree::Tree;
use crate::quantity::Price;
use crate::side::Side;

const PAGE_BITS: u32 = 6;
const PAGE_LEN: usize = 1 << PAGE_BITS;
const NEAR_LEN: usize = 64;

/// 64 neighbouring prices.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// The prices' common upper bits.
    key: i64,
    /// Which of the prices have a level.
    used: u64,
    /// The levels.
    levels: [u32; PAGE_LEN],
}

impl Default for Page {
    fn default() -> Self {
        Self { key: 0, used: 0, levels: [NONE; PAGE_LEN] }
    }
}

impl Pooled for Page {
    fn link(&mut self) -> &mut u32 {
        &mut self.levels[0]
    }
}

/// One side of a book.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Ladder {
    best_price: Price,
    best: u32,
    side: Side,
    book: u32,
    pages: Tree,
    near: [u32; NEAR_LEN],
}

impl Ladder {
    /// An empty side of the book at a position.
    pub(crate) fn new(side: Side, book: u32) -> Self {
        Self {
            side,
            book,
            best: NONE,
            best_price: Price(0),
            pages: Tree::default(),
            near: [NONE; NEAR_LEN],
        }
    }

    /// The best level, or `NONE`.
    #[inline]
    pub(crate) fn best(&self) -> u32 {
        self.best
    }

    /// Whether an order of the other side limited to `limit` would trade.
    #[inline]
    pub(crate) fn crosses(&self, limit: Price) -> bool {
        self.best != NONE && self.side.opposite().crosses(limit, self.best_price)
    }

    /// The level at a price, or `NONE`.
    #[inline]
    pub(crate) fn find(&self, store: &Store, price: Price) -> u32 {
        let page = self.find_page(store, price);
        if page == NONE { NONE } else { store.pages[page].levels[offset(price)] }
    }

    /// The level at a price near those used lately.
    #[inline(always)]
    pub(crate) fn find_near(&self, store: &Store, price: Price) -> Option<u32> {
        let page = store.pages.find(self.near[near(price)])?;
        // Of another page or of this one: the level itself says which price it is.
        let level = page.levels[offset(price)];
        let place = store.levels.find(level)?;
        (place.price == price).then_some(level)
    }

    /// The level at a price; a new one where there is none.
    ///
    /// The caller has seen that there is room for a level.
    #[inline]
    pub(crate) fn find_or_add(&mut self, store: &mut Store, price: Price) -> u32 {
        let near = self.near[near(price)];
        if near != NONE && store.pages[near].key == key(price) {
            let level = store.pages[near].levels[offset(price)];
            if level != NONE {
                return level;
            }
            return self.add(store, price, near);
        }
        self.find_or_add_far(store, price)
    }

    #[inline(never)]
    fn find_or_add_far(&mut self, store: &mut Store, price: Price) -> u32 {
        let mut page = self.find_page(store, price);
        if page == NONE {
            page = store.pages.insert(Page { key: key(price), ..Page::default() });
            self.pages.insert(&mut store.nodes, (key(price), 0, 0), page);
        }
        self.near[near(price)] = page;
        let level = store.pages[page].levels[offset(price)];
        if level == NONE { self.add(store, price, page) } else { level }
    }

    fn add(&mut self, store: &mut Store, price: Price, page: u32) -> u32 {
        let level = store.levels.insert(Level { price, page, book: self.book, ..Level::default() });
        let place = &mut store.pages[page];
        place.levels[offset(price)] = level;
        place.used |= 1 << offset(price);
        if self.best == NONE || self.side.is_better(price, self.best_price) {
            (self.best, self.best_price) = (level, price);
        }
        level
    }

    /// Takes an empty level out.
    pub(crate) fn remove(&mut self, store: &mut Store, level: u32) {
        let Level { price, page, .. } = store.levels[level];
        let place = &mut store.pages[page];
        place.levels[offset(price)] = NONE;
        place.used &= !(1 << offset(price));
        let emptied = place.used == 0;
        if level == self.best {
            self.best = self.worse(store, price, page);
            if self.best != NONE {
                self.best_price = store.levels[self.best].price;
            }
        }
        if emptied {
            self.pages.remove(&mut store.nodes, (key(price), 0, 0));
            if self.near[near(price)] == page {
                self.near[near(price)] = NONE;
            }
            store.pages.remove(page);
        }
        store.levels.remove(level);
    }

    /// The level served after `level`, or `NONE`.
    #[inline]
    pub(crate) fn after(&self, store: &Store, level: u32) -> u32 {
        let Level { price, page, .. } = store.levels[level];
        self.worse(store, price, page)
    }

    /// The best level that is worse than `price`, which `page` covers.
    #[inline]
    fn worse(&self, store: &Store, price: Price, page: u32) -> u32 {
        let page = &store.pages[page];
        let rest = page.used & self.worse_bits(offset(price));
        if rest != 0 {
            return page.levels[self.best_bit(rest)];
        }
        self.worse_page(store, page.key)
    }

    #[inline(never)]
    fn worse_page(&self, store: &Store, key: i64) -> u32 {
        let page = match self.side {
            Side::Buy => {
                key.checked_sub(1).and_then(|key| self.pages.at_or_below(&store.nodes, (key, 0, 0)))
            }
            Side::Sell => {
                key.checked_add(1).and_then(|key| self.pages.at_or_above(&store.nodes, (key, 0, 0)))
            }
        };
        page.map_or(NONE, |(_, page)| {
            let page = &store.pages[page];
            page.levels[self.best_bit(page.used)]
        })
    }

    /// The bits of prices worse than the one at `offset`.
    #[inline]
    fn worse_bits(&self, offset: usize) -> u64 {
        match self.side {
            Side::Buy => (1 << offset) - 1,
            Side::Sell => !(u64::MAX >> (PAGE_LEN - 1 - offset)),
        }
    }

    /// The position of the best price among `used`, which is not empty.
    #[inline]
    fn best_bit(&self, used: u64) -> usize {
        match self.side {
            Side::Buy => 63 - used.leading_zeros() as usize,
            Side::Sell => used.trailing_zeros() as usize,
        }
    }

    #[inline]
    fn find_page(&self, store: &Store, price: Price) -> u32 {
        let near = self.near[near(price)];
        if near != NONE && store.pages[near].key == key(price) {
            return near;
        }
        self.pages.find(&store.nodes, (key(price), 0, 0)).unwrap_or(NONE)
    }

    /// All levels, best first.
    pub(crate) fn levels<'a>(&'a self, store: &'a Store) -> impl Iterator<Item = u32> + 'a {
        let some = |level: u32| (level != NONE).then_some(level);
        core::iter::successors(some(self.best), move |&level| some(self.after(store, level)))
    }
}

#[inline]
fn key(price: Price) -> i64 {
    price.0 >> PAGE_BITS
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "less than the length of a page")]
fn offset(price: Price) -> usize {
    (price.0.cast_unsigned() % PAGE_LEN as u64) as usize
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "less than the length of the cache")]
fn near(price: Price) -> usize {
    ((price.0 >> PAGE_BITS).cast_unsigned() % NEAR_LEN as u64) as usize
}

#[cfg(test)]
mod tests;
