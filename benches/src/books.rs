//! One driver a book: it turns orders of the workload into that book's commands and its fills into
//! a tally.

mod limit;
mod ringfence;

use crate::workload::{FillHash, Order, Tally};

pub use limit::Limit;
pub use ringfence::Ringfence;

/// A set of books that a workload can be run through.
pub trait Books {
    /// Its name in tables.
    const NAME: &'static str;

    /// Empty books with room for the workload.
    fn new(books: u16, prices: (i64, i64)) -> Self;

    /// Applies one order and notes its fills.
    fn apply(&mut self, order: &Order, fills: &mut Fills);
}

/// What is noted of fills.
#[derive(Clone, Debug)]
pub struct Fills {
    trades: u64,
    qty: u64,
    hashes: Vec<FillHash>,
}

impl Fills {
    /// Nothing yet, for so many books.
    #[must_use]
    pub fn new(books: u16) -> Self {
        Self { trades: 0, qty: 0, hashes: vec![FillHash::default(); usize::from(books)] }
    }

    /// Notes one fill.
    #[inline]
    pub fn fill(&mut self, book: u16, taker: u64, maker: u64, price: i64, qty: u64) {
        self.trades += 1;
        self.qty += qty;
        self.hashes[usize::from(book)].fill(taker, maker, price, qty);
    }

    /// All of it.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let fill_hash = self.hashes.iter().fold(0, |sum, hash| sum ^ hash.get());
        Tally { trades: self.trades, qty: self.qty, fill_hash }
    }
}
