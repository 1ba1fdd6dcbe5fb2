//! A read-only look into a book.

use crate::book::call::Outcome;
use crate::book::order::{Order, Terms};
use crate::book::pool::NONE;
use crate::book::{Book, Extra, Store, Waits};
use crate::command::{OrderType, Phase};
use crate::event::{Surplus, Total};
use crate::id::{AccountId, OrderId};
use crate::instrument::InstrumentSpec;
use crate::quantity::{Price, Qty};
use crate::side::Side;
use crate::state_hash::StateHasher;

/// A read-only look into one book.
#[derive(Clone, Copy, Debug)]
pub struct BookView<'a> {
    store: &'a Store,
    book: &'a Book,
}

/// What is shown at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelView {
    /// The price.
    pub price: Price,
    /// The sum of what is shown.
    pub qty: u128,
    /// How many orders show it.
    pub orders: u32,
}

/// One live order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderView {
    /// Its name.
    pub id: OrderId,
    /// Whose it is.
    pub account: AccountId,
    /// Its side.
    pub side: Side,
    /// Where it rests.
    pub price: Price,
    /// What is open of it.
    pub open: Qty,
    /// What of that is displayed.
    pub displayed: Qty,
    /// What is filled of it.
    pub filled: Qty,
}

/// What an auction would come to if it ended now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndicativeView {
    /// The price; none where nothing would trade.
    pub price: Option<Price>,
    /// The volume.
    pub qty: Total,
    /// What would be left over: positive of buyers, negative of sellers.
    pub surplus: Surplus,
}

/// One live order that is on no level: it waits for its stop, or for another order to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingView {
    /// Its name.
    pub id: OrderId,
    /// Whose it is.
    pub account: AccountId,
    /// Its side.
    pub side: Side,
    /// What is open of it.
    pub open: Qty,
    /// What is filled of it.
    pub filled: Qty,
    /// What kind of order it is.
    pub order_type: OrderType,
    /// What it will be limited to.
    pub limit: Option<Price>,
    /// The stop that it waits for; a trailing stop has none before the first trade.
    pub stop: Option<Price>,
    /// The order that it waits for.
    pub parent: Option<OrderId>,
}

impl<'a> BookView<'a> {
    pub(crate) fn new(store: &'a Store, book: &'a Book) -> Self {
        Self { store, book }
    }

    /// How the instrument is defined.
    #[must_use]
    pub fn spec(&self) -> &'a InstrumentSpec {
        &self.book.spec
    }

    /// Its phase.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.book.phase
    }

    /// The price of the last trade.
    #[must_use]
    pub fn last_trade(&self) -> Option<Price> {
        self.book.last_trade
    }

    /// What the auction would come to; none in a phase that tells of no such thing.
    #[must_use]
    pub fn indicative(&self) -> Option<IndicativeView> {
        let Outcome { price, qty, surplus } = self.book.call.told;
        self.phase().indicates().then_some(IndicativeView { price, qty, surplus })
    }

    /// How many trades there were.
    #[must_use]
    pub fn trades(&self) -> u64 {
        self.book.trades
    }

    /// How many orders live in it.
    #[must_use]
    pub fn live(&self) -> u32 {
        self.book.live
    }

    /// The best level of a side that shows something.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<LevelView> {
        self.levels(side).next()
    }

    /// The levels of a side that show something, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = LevelView> + use<'a> {
        let store = self.store;
        let levels = self.book.side(side).levels(store).map(|level| &store.levels[level]);
        levels.filter(|level| level.shows()).map(|level| LevelView {
            price: level.price,
            qty: level.shown.get(),
            orders: level.orders,
        })
    }

    /// The orders of a side, in the order in which they would trade.
    pub fn orders(&self, side: Side) -> impl Iterator<Item = OrderView> + use<'a> {
        let store = self.store;
        self.keys(side).map(move |key| view(store, &store.orders.order(key)))
    }

    /// The order of a side that would trade first.
    #[must_use]
    pub fn head(&self, side: Side) -> Option<OrderView> {
        self.orders(side).next()
    }

    /// A resting order by its name.
    #[must_use]
    pub fn order(&self, id: OrderId) -> Option<OrderView> {
        let (_, key) = self.store.find(self.book.position, id)?;
        let order = &self.store.orders.order(key);
        (order.level != NONE).then(|| view(self.store, order))
    }

    /// Every live order.
    pub(super) fn all_keys(&self) -> impl Iterator<Item = u32> + use<'a> {
        let [bids, asks] = Side::BOTH.map(|side| self.keys(side));
        bids.chain(asks).chain(self.waiting_keys())
    }

    fn keys(&self, side: Side) -> impl Iterator<Item = u32> + use<'a> {
        let store = self.store;
        self.book.side(side).levels(store).flat_map(move |level| {
            let level = &store.levels[level];
            let some = |key: u32| (key != NONE).then_some(key);
            core::iter::successors(some(level.front()), move |&key| {
                some(level.after(&store.orders, key))
            })
        })
    }

    pub(super) fn hash(&self, hasher: &mut StateHasher) {
        hasher.word(u64::from(self.book.spec.instrument.0));
        hasher.word(u64::from(self.book.phase as u8));
        hasher.optional(self.book.last_trade.map(|price| price.0));
        hasher.word(self.book.trades);
        let call = &self.book.call;
        hasher.word(call.kind as u64 | u64::from(call.gathers) << 8);
        if let Some(until) = call.until {
            hasher.word(until.0);
        }
        for side in Side::BOTH {
            for key in self.keys(side) {
                let order = &self.store.orders.order(key);
                hasher.word(order.id.0);
                hasher.word(u64::from(order.account.0));
                hasher.signed(self.store.levels[order.level].price.0);
                hasher.word(order.open.0);
                hasher.word(order.shown.0);
                hasher.word(order.filled.0);
                hasher.word(u64::from(order.stp_group));
                let extra = self.store.extra(key);
                hasher.word(terms(order, extra));
                hash_extra(extra, hasher);
            }
        }
        for key in self.waiting_keys() {
            let order = &self.store.orders.order(key);
            hasher.word(order.id.0);
            hasher.word(u64::from(order.account.0));
            hasher.word(order.open.0);
            hasher.word(u64::from(order.stp_group));
            let extra = self.store.extra(key);
            hasher.word(terms(order, extra));
            hash_extra(extra, hasher);
        }
    }

    /// The orders that live on no level: stops and orders that wait for another, oldest first.
    pub fn waiting(&self) -> impl Iterator<Item = WaitingView> + use<'a> {
        let store = self.store;
        self.waiting_keys().filter_map(move |key| {
            let (order, extra) = (&store.orders.order(key), store.extra(key)?);
            let &Extra { order_type, limit, stop, parent, .. } = extra;
            let parent = (extra.waits == Waits::Parent).then_some(OrderId(parent));
            let &Order { id, account, side, open, filled, .. } = order;
            Some(WaitingView { id, account, side, open, filled, order_type, limit, stop, parent })
        })
    }

    fn waiting_keys(&self) -> impl Iterator<Item = u32> + use<'a> {
        let (store, waiting) = (self.store, self.book.waiting);
        let from = move |entry| waiting.at_or_above(&store.nodes, (0, 0, entry));
        core::iter::successors(from(0), move |&((.., entry), _)| from(entry + 1))
            .map(|(_, key)| key)
    }
}

/// The terms of an order in one word of the state hash.
fn terms(order: &Order, extra: Option<&Extra>) -> u64 {
    u64::from(order.side as u8)
        | u64::from(order.tif as u8) << 8
        | u64::from(order.stp as u8) << 16
        | u64::from(order.terms.post_only() as u8) << 24
        | u64::from(order.is_dark()) << 32
        | u64::from(order.terms.has(Terms::TOP)) << 33
        | u64::from(order.terms.has(Terms::WHOLE)) << 34
        | u64::from(extra.is_some_and(|extra| extra.reduce_only)) << 35
        | u64::from(extra.is_some_and(|extra| extra.quote)) << 36
}

/// What few orders have, in words of the state hash; one word for those that have nothing.
fn hash_extra(extra: Option<&Extra>, hasher: &mut StateHasher) {
    let Some(extra) = extra else { return hasher.word(0) };
    hasher.word(1 + extra.order_type as u64);
    hasher.word(extra.expire_at.0);
    hasher.word(extra.display.0);
    hasher.word(extra.group);
    hasher.optional(extra.limit.map(|price| price.0));
    hasher.optional(extra.stop.map(|price| price.0));
    hasher.word(extra.trail);
    hasher.word(extra.min_qty.0);
    hasher.word(extra.parent);
    if extra.order_type == OrderType::Pegged {
        hasher.word(extra.peg as u64);
        hasher.signed(extra.offset);
    }
}

fn view(store: &Store, order: &Order) -> OrderView {
    OrderView {
        id: order.id,
        account: order.account,
        side: order.side,
        price: store.levels[order.level].price,
        open: order.open,
        displayed: order.shown,
        filled: order.filled,
    }
}
