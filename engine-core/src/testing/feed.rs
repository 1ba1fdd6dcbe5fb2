//! What a consumer knows from the events alone, and whether it is the truth.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::event::{Event, Interest, Total, What};
use crate::id::{InstrumentId, OrderId};
use crate::quantity::{Price, Qty};
use crate::side::Side;
use crate::testing::venue::Venue;

/// Follows all classes of events and rebuilds the book three times over: from L3, L2 and L1; and
/// every order's account of itself from its private events.
///
/// Panics at the first event that does not fit what came before it.
#[derive(Clone, Debug, Default)]
pub struct FeedReader {
    seq: u64,
    books: BTreeMap<InstrumentId, BookRead>,
    /// What is open and filled of every live order, by its private events.
    open: BTreeMap<(InstrumentId, OrderId), OrderRead>,
    /// Orders of which no public event may speak.
    hidden: BTreeSet<(InstrumentId, OrderId)>,
    /// Fills that the latest trade still owes.
    owed: Vec<(InstrumentId, OrderId, Price, Qty)>,
    /// The buyer and the seller of the latest numbered event, where that is a trade.
    traded: Option<(InstrumentId, [OrderId; 2])>,
}

#[derive(Clone, Debug, Default)]
struct BookRead {
    /// L3: per side, in the order of service.
    orders: [Vec<(Price, OrderId, Qty)>; 2],
    /// L2.
    levels: [BTreeMap<Price, (u128, u32)>; 2],
    /// L1.
    best: [Option<(Price, Total)>; 2],
    trades: u64,
    /// What an auction traded that has not ended yet, and at which price.
    auction: Option<(Price, u128)>,
}

#[derive(Clone, Copy, Debug)]
struct OrderRead {
    open: Qty,
    filled: Qty,
}

impl FeedReader {
    /// Takes the next event.
    ///
    /// # Panics
    ///
    /// Where it does not fit what came before.
    pub fn read(&mut self, event: &Event) {
        let market_data = Interest::L1.and(Interest::L2).and(Interest::L3);
        if !market_data.wants(event.what.class()) {
            self.seq += 1;
            self.traded = None;
        }
        assert_eq!(event.seq, self.seq, "numbers have a gap: {event:?}");
        match event.what.class() {
            Interest::PRIVATE => self.read_private(event.instrument, &event.what),
            Interest::TRADES => self.read_trade(event.instrument, &event.what),
            Interest::L3 => self.read_order(event.instrument, &event.what),
            _ => self.read_prices(event.instrument, &event.what),
        }
    }

    /// Asserts that what was read is what the venue holds, once a command is done.
    ///
    /// # Panics
    ///
    /// Where it is not.
    pub fn check(&self, venue: &impl Venue) {
        assert_eq!(self.seq, venue.seq(), "the venue counted other events");
        assert!(self.owed.is_empty(), "a trade without its fills: {:?}", self.owed);
        let mut live = 0;
        for instrument in venue.instruments() {
            let nothing = BookRead::default();
            let book = self.books.get(&instrument).unwrap_or(&nothing);
            for side in Side::BOTH {
                live += self.check_side(venue, instrument, side, book);
            }
            let best = Side::BOTH.map(|side| venue.levels(instrument, side).first().copied());
            let best = best.map(|best| best.map(|level| (level.price, Total::new(level.qty))));
            assert_eq!(book.best, uncrossed(best), "L1 shows other best prices");
            for order in venue.waiting(instrument) {
                let read = self.open.get(&(instrument, order.id)).map(|read| read.open);
                assert_eq!(read, Some(order.open), "quantity is lost: {order:?}");
                live += 1;
            }
        }
        assert_eq!(self.open.len(), live, "orders live on in their private events only");
    }

    /// Remembers which orders of the venue show nothing: until the next command is done, no
    /// order-level event may name one. (A trade may: both its sides learn who they traded with.)
    pub fn keep_secret(&mut self, venue: &impl Venue) {
        self.hidden.clear();
        for instrument in venue.instruments() {
            let resting = Side::BOTH.into_iter().flat_map(|side| venue.orders(instrument, side));
            let hidden = resting.filter(|order| order.displayed.is_zero()).map(|order| order.id);
            self.hidden.extend(hidden.map(|id| (instrument, id)));
        }
    }

    fn check_side(
        &self,
        venue: &impl Venue,
        instrument: InstrumentId,
        side: Side,
        book: &BookRead,
    ) -> usize {
        let orders = venue.orders(instrument, side);
        for order in &orders {
            let read = self.open.get(&(instrument, order.id)).copied();
            let read = read.map(|read| (read.open, read.filled));
            assert_eq!(read, Some((order.open, order.filled)), "quantity is lost: {order:?}");
        }
        let displayed = orders.iter().filter(|order| !order.displayed.is_zero());
        let shown: Vec<_> = displayed.map(|o| (o.price, o.id, o.displayed)).collect();
        assert_eq!(book.orders[side.index()], shown, "L3 shows another {side:?} side");

        let mut by_price: Vec<_> = book.levels[side.index()].iter().collect();
        if side == Side::Buy {
            by_price.reverse();
        }
        let read: Vec<_> = by_price.into_iter().map(|(&at, &(qty, n))| (at, qty, n)).collect();
        let levels = venue.levels(instrument, side);
        let held: Vec<_> = levels.iter().map(|l| (l.price, l.qty, l.orders)).collect();
        assert_eq!(read, held, "L2 shows another {side:?} side");

        orders.len()
    }

    fn read_private(&mut self, instrument: InstrumentId, what: &What) {
        match *what {
            What::Accepted { id, qty, .. } => {
                let fresh = OrderRead { open: qty, filled: Qty::ZERO };
                let old = self.open.insert((instrument, id), fresh);
                assert!(old.is_none(), "accepted twice: {what:?}");
            }
            What::Filled { id, price, qty, leaves, cumulative, .. } => {
                assert!(!qty.is_zero(), "a fill of nothing: {what:?}");
                let owed = self.owed.iter().position(|&o| o == (instrument, id, price, qty));
                self.owed.remove(owed.expect("a fill belongs to a trade just told"));
                let order = self.live(instrument, id, what);
                order.open = Qty(order.open.0.checked_sub(qty.0).expect("no more than was open"));
                order.filled += qty;
                let now = (order.open, order.filled);
                assert_eq!(now, (leaves, cumulative), "the fill miscounts: {what:?}");
                self.forget_if_done(instrument, id);
            }
            What::Canceled { id, qty, .. } => {
                let order = self.open.remove(&(instrument, id));
                let open = order.expect("only a live order is canceled").open;
                assert_eq!(open, qty, "not what was open: {what:?}");
                self.hidden.remove(&(instrument, id));
            }
            What::Replaced { id, new_id, qty, leaves, .. } => {
                let mut order = *self.live(instrument, id, what);
                assert_eq!(order.filled + leaves, qty, "total is filled and open: {what:?}");
                order.open = leaves;
                self.open.remove(&(instrument, id));
                if self.hidden.remove(&(instrument, id)) {
                    self.hidden.insert((instrument, new_id));
                }
                let old = self.open.insert((instrument, new_id), order);
                assert!(old.is_none(), "two live orders of one name: {what:?}");
            }
            _ => {}
        }
    }

    fn live(&mut self, instrument: InstrumentId, id: OrderId, what: &What) -> &mut OrderRead {
        let order = self.open.get_mut(&(instrument, id));
        order.unwrap_or_else(|| panic!("not a live order: {what:?}"))
    }

    fn forget_if_done(&mut self, instrument: InstrumentId, id: OrderId) {
        if self.open[&(instrument, id)].open.is_zero() {
            self.open.remove(&(instrument, id));
            self.hidden.remove(&(instrument, id));
        }
    }

    fn read_trade(&mut self, instrument: InstrumentId, what: &What) {
        let What::Trade { trade_id, price, qty, taker, buy_id, sell_id, .. } = *what else {
            return;
        };
        let book = self.books.entry(instrument).or_default();
        book.trades += 1;
        assert_eq!(trade_id, book.trades, "trades are counted: {what:?}");
        if taker.is_none() {
            let (at, traded) = book.auction.unwrap_or((price, 0));
            assert_eq!(at, price, "an auction has one price: {what:?}");
            book.auction = Some((price, traded + u128::from(qty.0)));
        } else {
            assert_eq!(book.auction, None, "an auction traded and did not end: {what:?}");
        }
        assert!(self.owed.is_empty(), "the trade before lacks fills: {:?}", self.owed);
        self.traded = Some((instrument, [buy_id, sell_id]));
        self.owed.extend([(instrument, buy_id, price, qty), (instrument, sell_id, price, qty)]);
    }

    fn read_order(&mut self, instrument: InstrumentId, what: &What) {
        let book = self.books.entry(instrument).or_default();
        if let What::Add { id, .. } = *what {
            let secret = self.hidden.contains(&(instrument, id));
            assert!(!secret, "a hidden order is shown: {what:?}");
        }
        if let What::Execute { id, .. } = *what {
            let by = self.traded.filter(|&(at, ids)| at == instrument && ids.contains(&id));
            assert!(by.is_some(), "not the number of its trade: {what:?}");
        }
        match *what {
            What::Add { id, side, price, qty } => {
                assert!(!qty.is_zero(), "nothing is shown: {what:?}");
                let orders = &mut book.orders[side.index()];
                let behind = orders.iter().position(|&(p, ..)| side.is_better(price, p));
                orders.insert(behind.unwrap_or(orders.len()), (price, id, qty));
            }
            What::Execute { id, side, price, qty } | What::Reduce { id, side, price, qty } => {
                let at = book.find(side, price, id, what);
                let shown = &mut book.orders[side.index()][at].2;
                *shown = Qty(shown.0.checked_sub(qty.0).expect("no more than was shown"));
                if shown.is_zero() {
                    let traded = matches!(what, What::Execute { .. });
                    assert!(traded, "only a trade takes the last of an order: {what:?}");
                    book.orders[side.index()].remove(at);
                }
            }
            What::Delete { id, side, price, qty } => {
                let at = book.find(side, price, id, what);
                let (_, _, shown) = book.orders[side.index()].remove(at);
                assert_eq!(shown, qty, "not what was shown: {what:?}");
            }
            What::Rename { id, new_id, side, price, qty } => {
                let at = book.find(side, price, id, what);
                let order = &mut book.orders[side.index()][at];
                order.1 = new_id;
                assert_eq!(order.2, qty, "not what is shown: {what:?}");
            }
            _ => {}
        }
    }

    fn read_prices(&mut self, instrument: InstrumentId, what: &What) {
        let book = self.books.entry(instrument).or_default();
        match *what {
            What::Level { side, price, qty, orders } => {
                let shown = book.shown_at(side, price);
                assert_eq!((qty.get(), orders), shown, "L2 is not the sum of L3: {what:?}");
                let levels = &mut book.levels[side.index()];
                let old = if orders == 0 {
                    assert_eq!(qty, Total::ZERO, "a level of no orders: {what:?}");
                    levels.remove(&price)
                } else {
                    levels.insert(price, (qty.get(), orders))
                };
                assert_ne!(old, Some((qty.get(), orders)), "nothing changed: {what:?}");
            }
            What::Bbo { bid, ask } => {
                assert_ne!(book.best, [bid, ask], "nothing changed: {what:?}");
                let shown = Side::BOTH.map(|side| {
                    let (price, ..) = *book.orders[side.index()].first()?;
                    Some((price, Total::new(book.shown_at(side, price).0)))
                });
                assert_eq!([bid, ask], uncrossed(shown), "L1 is not the best of L3: {what:?}");
                book.best = [bid, ask];
            }
            What::Uncrossed { price, qty } => {
                let told = price.map(|price| (price, qty.get()));
                assert_eq!(book.auction.take(), told, "not what the auction traded: {what:?}");
            }
            _ => {}
        }
    }
}

/// The best prices; none where they cross.
fn uncrossed(best: [Option<(Price, Total)>; 2]) -> [Option<(Price, Total)>; 2] {
    match best {
        [Some((bid, _)), Some((ask, _))] if bid >= ask => [None; 2],
        best => best,
    }
}

impl BookRead {
    /// What L3 shows at a price: how much, and of how many orders.
    fn shown_at(&self, side: Side, price: Price) -> (u128, u32) {
        let orders = self.orders[side.index()].iter().filter(|&&(at, ..)| at == price);
        orders.fold((0, 0), |(qty, count), order| (qty + u128::from(order.2.0), count + 1))
    }

    fn find(&self, side: Side, price: Price, id: OrderId, what: &What) -> usize {
        let found = self.orders[side.index()].iter().position(|&(p, i, _)| (p, i) == (price, id));
        found.unwrap_or_else(|| panic!("L3 never showed this order: {what:?}"))
    }
}
