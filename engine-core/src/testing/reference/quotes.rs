//! Quotes: both sides of an account's market in one command.

use alloc::vec::Vec;

use super::Reference;
use super::book::Order;
use super::limits::Wish;
use crate::command::{NewOrder, Phase, Quote};
use crate::event::{CancelReason, Op, Reject, What};
use crate::id::{AccountId, OrderId};
use crate::quantity::{Price, Qty};
use crate::side::Side;

impl Reference {
    /// Both sides or neither, the old quote gone first.
    pub(super) fn quote(&mut self, quote: &Quote) {
        let (at, orders) = match self.check_quote(quote) {
            Ok(checked) => checked,
            Err(reason) => {
                let who = (quote.instrument, quote.id, quote.account);
                return self.turn_away(Op::Quote, who, reason);
            }
        };
        self.end_quotes(at, quote.account, CancelReason::Quote);
        if !orders.is_empty() {
            self.count_message(quote.account);
            self.keep_position(quote.account, quote.instrument);
        }
        for order in &orders {
            let NewOrder { id, account, side, price, qty, .. } = order.terms;
            self.tell(quote.instrument, What::Accepted { id, account, side, qty, price });
        }
        for order in orders {
            if self.accounts.get(&quote.account).is_some_and(|account| account.is_tripped) {
                self.end_taker(at, &order, CancelReason::Mmp);
            } else {
                self.enter(at, order);
            }
        }
    }

    /// Where the book is and what enters, the bid first; nothing where both sides are taken back.
    fn check_quote(&self, quote: &Quote) -> Result<(usize, Vec<Order>), Reject> {
        let refuse = |is_so: bool, reason| if is_so { Err(reason) } else { Ok(()) };
        let at = self.position(quote.instrument).ok_or(Reject::UnknownInstrument)?;
        if quote.bid.is_none() && quote.ask.is_none() {
            return Ok((at, Vec::new()));
        }
        let listing = &self.listings[at];
        self.check_sender(quote.account)?;
        let tripped = self.accounts.get(&quote.account).is_some_and(|account| account.is_tripped);
        refuse(tripped, Reject::Blocked)?;
        refuse(listing.phase == Phase::Closed, Reject::Closed)?;
        refuse(listing.phase == Phase::Halted, Reject::Halted)?;
        let zero = |part: Option<(Price, Qty)>| part.is_some_and(|(_, qty)| qty == Qty(0));
        refuse(zero(quote.bid) || zero(quote.ask), Reject::ZeroQty)?;
        let crossed = quote.bid.zip(quote.ask).is_some_and(|(bid, ask)| bid.0 >= ask.0);
        let ask_id = quote.id.0.checked_add(1);
        let nameless = quote.ask.is_some() && ask_id.is_none();
        refuse(crossed || nameless, Reject::BadCombination)?;
        let old = self.quotes(at, quote.account);
        let mut orders: Vec<Order> = Vec::new();
        let ask_id = OrderId(ask_id.unwrap_or_default());
        let sides = [(quote.id, Side::Buy, quote.bid), (ask_id, Side::Sell, quote.ask)].into_iter();
        for (id, side, part) in sides {
            let Some((price, qty)) = part else { continue };
            let (instrument, account) = (quote.instrument, quote.account);
            let terms = NewOrder { instrument, account, ..NewOrder::limit(id, side, price, qty) };
            let order = Order { quote: true, ..Order::new(terms) };
            self.check_side(at, &order, &old, orders.first())?;
            orders.push(order);
        }
        refuse(!self.has_quote_room(at, &orders, &old), Reject::Capacity)?;
        Ok((at, orders))
    }

    fn check_side(
        &self,
        at: usize,
        order: &Order,
        leaving: &[OrderId],
        coming: Option<&Order>,
    ) -> Result<(), Reject> {
        self.check_units(at, &order.terms)?;
        let id = order.terms.id;
        if self.listings[at].book.get(id).is_some() && !leaving.contains(&id) {
            return Err(Reject::DuplicateOrderId);
        }
        self.listings[at].check_bands(order.terms.price, true)?;
        self.check_limits(&Wish { at, order, leaving, coming, may_rest: true })?;
        self.check_position_room(&order.terms)
    }

    /// Whether the orders have room, each resting whole, once the old ones are gone.
    fn has_quote_room(&self, at: usize, orders: &[Order], old: &[OrderId]) -> bool {
        let mut after = self.clone();
        for &id in old {
            after.listings[at].book.take(id);
        }
        for order in orders {
            after.listings[at].book.rest(order.clone());
        }
        let most = u64::from(self.listings[at].spec.max_orders);
        after.order_count() <= u64::from(self.capacity.orders)
            && (most == 0 || after.listings[at].book.order_count() <= most)
            && after.level_count() <= u64::from(self.capacity.levels)
    }

    /// The names of an account's quotes in one book, the bid first.
    fn quotes(&self, at: usize, account: AccountId) -> Vec<OrderId> {
        let [bids, asks] = Side::BOTH.map(|side| self.listings[at].book.in_order_of_service(side));
        let own = |order: &&Order| order.quote && order.terms.account == account;
        bids.iter().chain(asks).filter(own).map(|order| order.terms.id).collect()
    }

    fn end_quotes(&mut self, at: usize, account: AccountId, reason: CancelReason) {
        for id in self.quotes(at, account) {
            self.end(at, id, reason);
        }
    }

    /// Protection tripped: the quotes of these accounts in one book end.
    pub(super) fn end_tripped_quotes(&mut self, at: usize) {
        for account in self.tripped.clone() {
            self.end_quotes(at, account, CancelReason::Mmp);
        }
    }
}
