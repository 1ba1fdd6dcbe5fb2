//! One driver a book: it turns orders of the workload into that book's commands and its fills into
//! a tally.

mod limit;
#[cfg(feature = "peers")]
mod lobster;
#[cfg(feature = "peers")]
mod matchcore;
#[cfg(feature = "peers")]
mod orderbook_rs;
mod ringfence;

use crate::workload::{FillHash, Order, Tally, Workload};

pub use limit::Limit;
#[cfg(feature = "peers")]
pub use lobster::Lobster;
#[cfg(feature = "peers")]
pub use matchcore::Matchcore;
#[cfg(feature = "peers")]
pub use orderbook_rs::OrderbookRs;
pub use ringfence::{Ringfence, RingfenceInGroups, RingfenceOfMany, tell};

/// A set of books that a workload can be run through.
pub trait Books {
    /// Its name in tables.
    const NAME: &'static str;

    /// Why it need not come to the expected tally; empty where it must.
    const EXCUSE: &'static str = "";

    /// Empty books for a workload, whose orders then come one by one.
    fn new(workload: &Workload) -> Self;

    /// Hears of a group of orders that will be applied one by one; most books have no use for it.
    #[inline]
    fn look_ahead(&self, orders: &[Order]) {
        let _ = orders;
    }

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
