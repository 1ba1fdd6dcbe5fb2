//! One book: every live order in a list, and everything found by looking.

use alloc::vec::Vec;

use super::waiting::is_stop;
use crate::command::{NewOrder, OrderType};
use crate::engine::{LevelView, OrderView, WaitingView};
use crate::id::{AccountId, OrderId};
use crate::quantity::{Price, Qty};
use crate::side::Side;

/// An order: what its owner asked for (kept up to date), and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// What was asked for. `price` is where it rests; `qty` is only what was asked at first.
    pub(super) terms: NewOrder,
    /// What is open of it.
    pub(super) open: Qty,
    /// What of that is shown while it rests.
    pub(super) shown: Qty,
    /// What is filled of it.
    pub(super) filled: Qty,
    /// When it came to rest or to wait, counted over all orders; 0 before.
    pub(super) entry: u64,
    /// Whether it set the best price of its side, and was not bettered since.
    pub(super) top: bool,
    /// Set while its wait is over and its turn has not come.
    pub(super) turn: Option<Turn>,
    /// Whether it is one side of a quote.
    pub(super) quote: bool,
    /// A market order that gathers for an auction, among those that wait.
    pub(super) gathered: bool,
    /// It ends with the auction that it gathers for.
    pub(super) for_call: bool,
}

/// What an order whose wait is over does when the command is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// Turns are taken in this order.
    pub(super) number: u64,
    /// Its parent ended unfilled: it ends too.
    pub(super) orphaned: bool,
}

/// Whether nothing is shown of an order.
pub(super) const fn is_dark(terms: &NewOrder) -> bool {
    terms.hidden || terms.all_or_none
}

/// All live orders of an instrument.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    /// Those that rest, in the order of service.
    sides: [Vec<Order>; 2],
    /// Those that wait, oldest first.
    pub(super) waiting: Vec<Order>,
}

impl Order {
    /// A fresh order.
    pub(super) const fn new(terms: NewOrder) -> Self {
        let (filled, shown) = (Qty::ZERO, Qty::ZERO);
        let (top, quote, gathered, for_call) = (false, false, false, false);
        let (open, entry, turn) = (terms.qty, 0, None);
        Self { terms, open, shown, filled, entry, top, turn, quote, gathered, for_call }
    }

    /// Filled and open together.
    pub(super) fn total(&self) -> Qty {
        self.filled + self.open
    }

    /// What it shows when it comes to the back of its price.
    pub(super) fn tip(&self) -> Qty {
        match self.terms {
            terms if is_dark(&terms) => Qty::ZERO,
            NewOrder { display: Qty::ZERO, .. } => self.open,
            NewOrder { display, .. } => display.min(self.open),
        }
    }

    /// Takes `by` off what is open: the reserve first, then what shows. Returns what showed of it.
    pub(super) fn lose(&mut self, by: Qty) -> Qty {
        self.open -= by;
        let before = self.shown;
        self.shown = self.shown.min(self.open);
        before - self.shown
    }

    /// The price, or the protection, that bounds it.
    pub(super) fn limit(&self) -> Option<Price> {
        if self.is_pegged() { self.terms.limit } else { self.terms.price.or(self.terms.limit) }
    }

    /// Whether it belongs to this group of this account.
    pub(super) fn is_of(&self, account: AccountId, group: u64) -> bool {
        group != 0 && self.terms.group == group && self.terms.account == account
    }

    /// Whether it is not one that trades whole only, and too large for one that has `open` lots.
    pub(super) fn trades_with(&self, open: Qty) -> bool {
        !self.terms.all_or_none || self.open <= open
    }

    /// Whether it waits for an auction to begin.
    pub(super) fn waits_for_auction(&self) -> bool {
        let stands_apart = is_stop(self.terms.order_type) || self.is_pegged();
        !self.gathered && self.terms.parent == 0 && !stands_apart
    }

    fn price(&self) -> Price {
        self.terms.price.expect("an order that rests has a price")
    }

    /// How it looks from outside where it rests.
    pub(super) fn view(&self) -> OrderView {
        OrderView {
            id: self.terms.id,
            account: self.terms.account,
            side: self.terms.side,
            price: self.price(),
            open: self.open,
            displayed: self.shown,
            filled: self.filled,
        }
    }

    /// How it looks from outside while it waits.
    pub(super) fn waiting_view(&self) -> WaitingView {
        let NewOrder { id, account, side, stop, parent, .. } = self.terms;
        WaitingView {
            id,
            account,
            side,
            open: self.open,
            filled: self.filled,
            order_type: self.plain_type(),
            limit: self.limit(),
            stop,
            parent: (parent != 0).then_some(OrderId(parent)),
        }
    }

    /// Its type, an iceberg being a limit order that shows less.
    pub(super) fn plain_type(&self) -> OrderType {
        match self.terms.order_type {
            OrderType::Iceberg => OrderType::Limit,
            other => other,
        }
    }
}

impl Book {
    /// The orders of a side that rest: best price first, at a price the displayed ones before the
    /// hidden ones, and of those first come, first served.
    pub(super) fn in_order_of_service(&self, side: Side) -> &[Order] {
        &self.sides[side.index()]
    }

    /// The orders of a side that gather for an auction: those without a price, oldest first, then
    /// those that rest, in the order of service.
    pub(super) fn gathered(&self, side: Side) -> Vec<&Order> {
        let markets = self.waiting.iter();
        let markets = markets.filter(|order| order.gathered && order.terms.side == side);
        markets.chain(&self.sides[side.index()]).collect()
    }

    /// Every live order.
    pub(super) fn all(&self) -> impl Iterator<Item = &Order> {
        self.sides.iter().flatten().chain(&self.waiting)
    }

    /// A live order.
    pub(super) fn get(&self, id: OrderId) -> Option<&Order> {
        self.all().find(|order| order.terms.id == id)
    }

    /// A live order, to be changed where it is.
    pub(super) fn get_mut(&mut self, id: OrderId) -> &mut Order {
        let mut all = self.sides.iter_mut().flatten().chain(&mut self.waiting);
        all.find(|order| order.terms.id == id).expect("a live order")
    }

    /// Whether a live order waits.
    pub(super) fn waits(&self, id: OrderId) -> bool {
        self.waiting.iter().any(|order| order.terms.id == id)
    }

    /// Puts an order at the back of its price.
    pub(super) fn rest(&mut self, order: Order) {
        let (side, dark) = (order.terms.side, is_dark(&order.terms));
        let orders = &mut self.sides[side.index()];
        let behind = |other: &Order| {
            side.is_better(order.price(), other.price())
                || (order.price() == other.price() && is_dark(&other.terms) && !dark)
        };
        let place = orders.iter().position(behind).unwrap_or(orders.len());
        orders.insert(place, order);
    }

    /// Puts an order among those that wait, where its age puts it.
    pub(super) fn wait(&mut self, order: Order) {
        let place = self.waiting.iter().position(|other| other.entry > order.entry);
        self.waiting.insert(place.unwrap_or(self.waiting.len()), order);
    }

    /// Takes an order out of wherever it is.
    pub(super) fn take(&mut self, id: OrderId) -> Order {
        for orders in self.sides.iter_mut().chain([&mut self.waiting]) {
            if let Some(place) = orders.iter().position(|order| order.terms.id == id) {
                return orders.remove(place);
            }
        }
        unreachable!("only live orders are taken")
    }

    /// No order of a side is the one that set its price.
    pub(super) fn forget_top(&mut self, side: Side) {
        self.sides[side.index()].iter_mut().for_each(|order| order.top = false);
    }

    /// What is shown at a price.
    pub(super) fn level(&self, side: Side, price: Price) -> LevelView {
        let shown = |order: &&Order| order.price() == price && !order.shown.is_zero();
        let shown = || self.in_order_of_service(side).iter().filter(shown);
        LevelView {
            price,
            qty: shown().map(|order| u128::from(order.shown.0)).sum(),
            orders: u32::try_from(shown().count()).expect("fewer than 2^32 orders"),
        }
    }

    /// The prices of a side at which orders rest, best first.
    pub(super) fn prices(&self, side: Side) -> Vec<Price> {
        let mut prices: Vec<Price> = self.sides[side.index()].iter().map(Order::price).collect();
        prices.dedup();
        prices
    }

    /// The levels of a side that show something, best first.
    pub(super) fn levels(&self, side: Side) -> Vec<LevelView> {
        let levels = self.prices(side).into_iter().map(|price| self.level(side, price));
        levels.filter(|level| level.qty > 0).collect()
    }

    /// The best price of a side that shows something, and how much.
    pub(super) fn best_shown(&self, side: Side) -> Option<LevelView> {
        let mut shown = self.sides[side.index()].iter().filter(|order| !order.shown.is_zero());
        shown.next().map(|order| self.level(side, order.price()))
    }

    /// The best price of a side at which an order rests, shown or not, that one with `open` lots
    /// would trade with.
    pub(super) fn best_price_for(&self, side: Side, open: Qty) -> Option<Price> {
        let mut orders = self.sides[side.index()].iter();
        orders.find(|order| order.trades_with(open)).map(Order::price)
    }

    /// How many all-or-none orders live.
    pub(super) fn whole_count(&self) -> usize {
        self.all().filter(|order| order.terms.all_or_none).count()
    }

    /// How many orders rest at a price, shown or not, that are not pegged.
    pub(super) fn count_at(&self, side: Side, price: Price) -> usize {
        let orders = self.sides[side.index()].iter().filter(|order| !order.is_pegged());
        orders.filter(|order| order.price() == price).count()
    }

    /// How many orders live.
    pub(super) fn order_count(&self) -> u64 {
        self.all().count() as u64
    }

    /// How many price levels both sides have, those included that the waiting may need, and those
    /// that may be needed wherever the pegged orders go.
    pub(super) fn level_count(&self) -> u64 {
        let levels: usize = Side::BOTH.iter().map(|&side| self.prices(side).len()).sum();
        levels as u64 + self.movable()
    }

    /// The same without the levels at which only pegged orders rest.
    pub(super) fn levels_held(&self) -> u64 {
        let held = |side| {
            let prices = self.prices(side).into_iter();
            prices.filter(move |&price| self.count_at(side, price) > 0).count()
        };
        Side::BOTH.map(held).into_iter().sum::<usize>() as u64 + self.movable()
    }

    /// How many orders wait or are pegged.
    fn movable(&self) -> u64 {
        let pegged = self.sides.iter().flatten().filter(|order| order.is_pegged());
        (pegged.count() + self.waiting.len()) as u64
    }

    /// How many live orders are pegged.
    pub(super) fn pegged_count(&self) -> u64 {
        self.all().filter(|order| order.is_pegged()).count() as u64
    }

    /// The names of those that live in a group, oldest first.
    pub(super) fn members(&self, account: AccountId, group: u64) -> Vec<OrderId> {
        let mut members: Vec<&Order> =
            self.all().filter(|order| order.is_of(account, group)).collect();
        members.sort_by_key(|order| order.entry);
        members.into_iter().map(|order| order.terms.id).collect()
    }
}
