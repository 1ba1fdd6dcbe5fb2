//! The crate orderbook-rs, which is made for many threads.

use std::fmt;
use std::sync::{Arc, Mutex};

use orderbook_rs::orderbook::trade::TradeResult;
use orderbook_rs::prelude::{Id, OrderBook, Side, TimeInForce};
use pricelevel::{OrderUpdate, Price, Quantity};

use super::{Books, Fills};
use crate::workload::{Kind, Order, Workload};

/// The crate orderbook-rs.
pub struct OrderbookRs {
    books: Vec<OrderBook<()>>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

/// A fill, as its listener hears of it.
#[derive(Clone, Copy, Debug)]
struct Heard {
    maker: u64,
    price: i64,
    qty: u64,
}

impl fmt::Debug for OrderbookRs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrderbookRs").field("books", &self.books.len()).finish()
    }
}

impl Books for OrderbookRs {
    const NAME: &'static str = "orderbook-rs 0.15.3";
    const EXCUSE: &'static str = "its tally is not looked at";

    fn new(workload: &Workload) -> Self {
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let book = |_| {
            let heard = Arc::clone(&heard);
            let listener = move |result: &TradeResult| listen(result, &heard);
            OrderBook::with_trade_listener("book", Arc::new(listener))
        };
        Self { books: (0..workload.books).map(book).collect(), heard }
    }

    #[inline]
    fn apply(&mut self, order: &Order, fills: &mut Fills) {
        let book = &self.books[usize::from(order.book)];
        let order_id = Id::from_u64(order.id);
        let price = u128::from(order.price.unsigned_abs());
        let side = if order.buys { Side::Buy } else { Side::Sell };
        // What it answers is heard of by its listener; refusals are part of the workload.
        match order.kind {
            Kind::Add | Kind::Aggress => {
                let adds = order.kind == Kind::Add;
                let time = if adds { TimeInForce::Gtc } else { TimeInForce::Ioc };
                let qty = u64::from(order.qty);
                _ = book.add_limit_order(order_id, price, qty, side, time, None);
            }
            Kind::Cancel => _ = book.cancel_order(order_id),
            Kind::Reduce => {
                let new_quantity = Quantity::new(u64::from(order.open));
                _ = book.update_order(OrderUpdate::UpdateQuantity { order_id, new_quantity });
            }
            Kind::Replace => {
                let (price, quantity) = (Price::new(price), Quantity::new(u64::from(order.qty)));
                _ = book.update_order(OrderUpdate::Replace { order_id, price, quantity, side });
            }
        }
        for fill in self.heard.lock().expect("nobody panics with it").drain(..) {
            fills.fill(order.book, order.id, fill.maker, fill.price, fill.qty);
        }
    }
}

fn listen(result: &TradeResult, heard: &Mutex<Vec<Heard>>) {
    let mut heard = heard.lock().expect("nobody panics with it");
    for trade in result.match_result.trades().as_vec() {
        let maker = match trade.maker_order_id() {
            Id::Sequential(id) => id,
            _ => 0,
        };
        let price = i64::try_from(trade.price().as_u128()).unwrap_or(i64::MAX);
        heard.push(Heard { maker, price, qty: trade.quantity().as_u64() });
    }
}
