//! The displayed book, rebuilt from order-level events: what a strategy or a feed reader holds.

use core::fmt;

use crate::book::index::Position;
use crate::book::order::Order;
use crate::book::pool::NONE;
use crate::book::{Book, Store};
use crate::engine::{BookView, LevelView};
use crate::event::{Event, What};
use crate::id::{InstrumentId, OrderId};
use crate::instrument::InstrumentSpec;
use crate::limits::Capacity;
use crate::quantity::{Price, Qty};
use crate::side::Side;

/// The displayed book of one instrument, the same structure that the engine matches on.
///
/// ```
/// use ringfence_core::market_data::BookReplica;
/// use ringfence_core::{Capacity, Event, InstrumentId, OrderId, Price, Qty, Side, What};
/// let mut book = BookReplica::new(InstrumentId(1), Capacity::SMALL);
/// let add = What::Add { id: OrderId(7), side: Side::Buy, price: Price(100), qty: Qty(5) };
/// book.apply(&Event { seq: 1, instrument: InstrumentId(1), what: add })?;
/// assert_eq!(book.best(Side::Buy).map(|level| level.qty), Some(5));
/// # Ok::<(), ringfence_core::market_data::FeedError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BookReplica {
    store: Store,
    book: Book,
}

/// Why an event does not fit the book: the feed has a gap, or the replica is too small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedError {
    /// The event names an order that is not here.
    UnknownOrder(OrderId),
    /// The event adds an order that is here already.
    DuplicateOrder(OrderId),
    /// The event takes more off an order than it has.
    TooMuch(OrderId),
    /// The replica's capacity is used up.
    Full,
}

impl fmt::Display for FeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownOrder(id) => write!(f, "the feed changes order {id}, which is not here"),
            Self::DuplicateOrder(id) => {
                write!(f, "the feed adds order {id}, which is here already")
            }
            Self::TooMuch(id) => write!(f, "the feed takes more off order {id} than it has"),
            Self::Full => f.write_str("the replica is full: give it a larger capacity"),
        }
    }
}

impl core::error::Error for FeedError {}

impl BookReplica {
    /// An empty book; `capacity` bounds orders and levels, its other parts are not used.
    #[must_use]
    pub fn new(instrument: InstrumentId, capacity: Capacity) -> Self {
        let book = Book::new(InstrumentSpec::new(instrument, ""), 0);
        Self { store: Store::plain(capacity), book }
    }

    /// Takes in one event; those that are not order-level events of this instrument change nothing.
    ///
    /// # Errors
    ///
    /// [`FeedError`] where the event does not fit; the book is as it was.
    pub fn apply(&mut self, event: &Event) -> Result<(), FeedError> {
        if event.instrument != self.book.spec.instrument {
            return Ok(());
        }
        match event.what {
            What::Add { id, side, price, qty } => self.add(id, side, price, qty),
            What::Execute { id, qty, .. } | What::Reduce { id, qty, .. } => self.take(id, qty),
            What::Delete { id, .. } => {
                let (position, key) = self.store.find(0, id).ok_or(FeedError::UnknownOrder(id))?;
                self.remove(position, key);
                Ok(())
            }
            What::Rename { id, new_id, .. } => {
                if self.store.find(0, new_id).is_some() {
                    return Err(FeedError::DuplicateOrder(new_id));
                }
                let (position, key) = self.store.find(0, id).ok_or(FeedError::UnknownOrder(id))?;
                self.store.rename(position, 0, key, new_id);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn add(&mut self, id: OrderId, side: Side, price: Price, qty: Qty) -> Result<(), FeedError> {
        if self.store.find(0, id).is_some() {
            return Err(FeedError::DuplicateOrder(id));
        }
        let new_level = self.book.side(side).find(&self.store, price) == NONE;
        if self.store.orders.is_full() || (new_level && self.store.levels.is_full()) {
            return Err(FeedError::Full);
        }
        let level = self.book.level_for(&mut self.store, side, price);
        let (open, shown) = (qty, qty);
        let order = Order { id, side, open, shown, level, book: 0, ..Order::default() };
        self.book.rest(&mut self.store, &order);
        Ok(())
    }

    fn take(&mut self, id: OrderId, qty: Qty) -> Result<(), FeedError> {
        let (position, key) = self.store.find(0, id).ok_or(FeedError::UnknownOrder(id))?;
        let open = self.store.orders[key].open;
        if qty > open {
            return Err(FeedError::TooMuch(id));
        }
        if qty == open {
            self.remove(position, key);
        } else {
            self.book.shrink(&mut self.store, key, qty);
        }
        Ok(())
    }

    fn remove(&mut self, position: Position, key: u32) {
        self.book.unlink(&mut self.store, key);
        self.store.release(position, key);
        self.book.live -= 1;
    }

    /// The best level of a side.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<LevelView> {
        self.view().best(side)
    }

    /// The levels of a side, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = LevelView> + '_ {
        self.view().levels(side)
    }

    /// The whole book.
    #[must_use]
    pub fn view(&self) -> BookView<'_> {
        BookView::new(&self.store, &self.book)
    }
}
