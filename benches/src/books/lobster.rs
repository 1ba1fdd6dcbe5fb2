//! The crate lobster. It has neither reduce nor immediate-or-cancel: reduces are left out, what an
//! aggressive order leaves is cancelled, a replace is a cancel and a new order.

use lobster::{FillMetadata, OrderBook, OrderEvent, OrderType, Side};

use super::{Books, Fills};
use crate::workload::{Kind, Order, Workload};

/// The crate lobster.
#[derive(Debug)]
pub struct Lobster {
    books: Vec<OrderBook>,
}

impl Books for Lobster {
    const NAME: &'static str = "lobster 0.7.0";
    const EXCUSE: &'static str = "it has no reduce: those commands are left out";

    fn new(workload: &Workload) -> Self {
        let each = workload.preload.len() * 2 / usize::from(workload.books);
        Self { books: (0..workload.books).map(|_| OrderBook::new(each, 16, false)).collect() }
    }

    #[inline]
    fn apply(&mut self, order: &Order, fills: &mut Fills) {
        let book = &mut self.books[usize::from(order.book)];
        let id = u128::from(order.id);
        match order.kind {
            Kind::Add => place(book, order, fills),
            Kind::Aggress => {
                place(book, order, fills);
                book.execute(OrderType::Cancel { id });
            }
            Kind::Cancel => {
                book.execute(OrderType::Cancel { id });
            }
            Kind::Reduce => {}
            Kind::Replace => {
                book.execute(OrderType::Cancel { id });
                place(book, order, fills);
            }
        }
    }
}

#[inline]
fn place(book: &mut OrderBook, order: &Order, fills: &mut Fills) {
    let side = if order.buys { Side::Bid } else { Side::Ask };
    let (id, price) = (u128::from(order.id), order.price.cast_unsigned());
    let event = book.execute(OrderType::Limit { id, side, qty: u64::from(order.qty), price });
    match event {
        OrderEvent::PartiallyFilled { fills: told, .. }
        | OrderEvent::Filled { fills: told, .. } => {
            told.iter().for_each(|fill| note(order, fill, fills));
        }
        OrderEvent::Unfilled { .. } | OrderEvent::Placed { .. } | OrderEvent::Canceled { .. } => {}
    }
}

#[inline]
fn note(order: &Order, fill: &FillMetadata, fills: &mut Fills) {
    let maker = u64::try_from(fill.order_2).expect("an id of the workload");
    fills.fill(order.book, order.id, maker, fill.price.cast_signed(), fill.qty);
}
