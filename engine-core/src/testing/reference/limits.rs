//! What an account's limits say to an order.

use alloc::vec::Vec;

use super::Reference;
use super::accounts::{Account, Claim, outlay, sold};
use super::auction::is_for_auctions;
use super::book::Order;
use super::checks::waits;
use crate::command::{NewOrder, OrderType, Phase, Stp};
use crate::event::Reject;
use crate::id::{AccountId, OrderId};
use crate::quantity::{Price, Qty};

/// An order that wants to come in, and what it changes.
pub(super) struct Wish<'a> {
    pub(super) at: usize,
    pub(super) order: &'a Order,
    /// Live orders that leave for it.
    pub(super) leaving: &'a [OrderId],
    /// An order that comes in before it, by the same command.
    pub(super) coming: Option<&'a Order>,
    pub(super) may_rest: bool,
}

/// The worst price of an order without one, and its cost: none where no amount is enough.
struct Sweep {
    bound: Option<Price>,
    cost: Option<u128>,
}

impl Reference {
    /// Whether an account may send a command now.
    pub(super) fn check_sender(&self, account: AccountId) -> Result<(), Reject> {
        refuse(self.blocked.contains(&account), Reject::Blocked)?;
        let Some(account) = self.accounts.get(&account) else { return Ok(()) };
        let mut messages = account.messages;
        messages.begin(self.now, account.spec.per_ns);
        let most = account.spec.max_messages.map(u64::from);
        refuse(most.is_some_and(|most| messages.count >= most), Reject::MaxMessages)
    }

    /// The first limit that a wish breaks.
    pub(super) fn check_limits(&self, wish: &Wish<'_>) -> Result<(), Reject> {
        let Wish { at, order, .. } = *wish;
        let Order { ref terms, open, .. } = *order;
        let turns =
            terms.reduce_only && terms.parent == 0 && self.reducible(terms) < u128::from(open.0);
        let Some(account) = self.accounts.get(&terms.account) else {
            return refuse(turns, Reject::ReduceOnly);
        };
        let (spec, listing) = (&account.spec, &self.listings[at]);
        let middle = listing.spec.reference.or(listing.last_trade);
        let far = order.limit().zip(middle).map(|(price, middle)| price.distance(middle));
        refuse(exceeds(far, spec.collar), Reject::Collar)?;
        refuse(exceeds(Some(order.total().0), spec.max_order_qty), Reject::MaxOrderQty)?;
        let worth = self.worth(at, order, order.total());
        let most = spec.max_order_notional.map(u128::from);
        refuse(most.is_some_and(|most| worth > most), Reject::MaxOrderNotional)?;
        let open = u128::from(open.0);
        refuse(turns, Reject::ReduceOnly)?;
        let own = self.own_orders(wish);
        let most = spec.max_open_orders.map(|most| most as usize);
        let many = most.is_some_and(|most| own.len() >= most);
        refuse(wish.may_rest && many, Reject::MaxOpenOrders)?;
        let same = |other: &&&Order| {
            (other.terms.instrument, other.terms.side) == (terms.instrument, terms.side)
        };
        let beside: u128 = own.iter().filter(same).map(|other| u128::from(other.open.0)).sum();
        let most = spec.max_open_qty.map(u128::from);
        let much = most.is_some_and(|most| beside + open > most);
        refuse(wish.may_rest && much, Reject::MaxOpenQty)?;
        let position = account.position(terms.instrument);
        let (owned, most) = match terms.side {
            crate::Side::Buy => (position, spec.max_long),
            crate::Side::Sell => (-position, spec.max_short),
        };
        let all = i128::try_from(beside + open).expect("few orders");
        let far = most.is_some_and(|most| owned + all > i128::from(most));
        refuse(far, Reject::MaxPosition)?;
        refuse(!self.can_pay(account, wish), Reject::InsufficientFunds)
    }

    /// Whether what an account owns can still be kept, for one that has limits.
    pub(super) fn check_position_room(&self, terms: &NewOrder) -> Result<(), Reject> {
        let Some(account) = self.accounts.get(&terms.account) else { return Ok(()) };
        let kept = account.positions.contains_key(&terms.instrument);
        let full = self.positions_kept() >= self.capacity.positions as usize;
        refuse(!kept && full, Reject::Capacity)
    }

    /// What so much of an order is worth at the worst price that it is counted at.
    pub(super) fn worth(&self, at: usize, order: &Order, total: Qty) -> u128 {
        let terms = &order.terms;
        if terms.notional != 0 {
            return terms.notional.into();
        }
        let stop = terms.stop.filter(|_| terms.trail == 0 && waits(terms));
        let bound = match self.sweep(at, order) {
            Some(sweep) => sweep.bound,
            None => order.limit().or(stop),
        };
        bound.map_or(0, |bound| (bound * total).0.unsigned_abs())
    }

    /// The live orders of the account as they will be when the order comes in.
    fn own_orders<'a>(&'a self, wish: &Wish<'a>) -> Vec<&'a Order> {
        let terms = &wish.order.terms;
        let leaves = |order: &Order| {
            order.terms.instrument == terms.instrument && wish.leaving.contains(&order.terms.id)
        };
        let all = self.listings.iter().flat_map(|listing| listing.book.all());
        let own = all.filter(|order| order.terms.account == terms.account && !leaves(order));
        own.chain(wish.coming).collect()
    }

    /// Whether an account with a ledger can pay, and owns what it sells. One that needs no more than
    /// is held for it already always can.
    pub(super) fn can_pay(&self, account: &Account, wish: &Wish<'_>) -> bool {
        let Some(cash) = account.cash else { return true };
        let Wish { at, order, .. } = *wish;
        if order.terms.parent != 0 {
            return true;
        }
        if order.is_pegged() && order.limit().is_none() {
            return false;
        }
        let claims = self.claims(order.terms.account);
        let leaves = |id: &OrderId, claim: &Claim| claim.at == at && wish.leaving.contains(id);
        let group = order.terms.group;
        let of_group = |claim: &Claim| group != 0 && (claim.at, claim.group) == (at, group);
        // What is held by others, what was held by the order or its group, and what will be.
        let mut others = claims.clone();
        others.retain(|(id, claim)| !leaves(id, claim) && !of_group(claim));
        others.extend(wish.coming.map(|coming| (coming.terms.id, claim(at, coming))));
        let (held_cash, held_lots) = self.held(&others);
        let mut before: Vec<Claim> = Vec::new();
        let mut after: Vec<Claim> = Vec::new();
        for (id, claim) in &claims {
            let is_replaced = wish.leaving == [*id] && claim.at == at && group == 0;
            if of_group(claim) || (is_replaced && !order.quote) {
                before.push(*claim);
            }
            if of_group(claim) && !leaves(id, claim) {
                after.push(*claim);
            }
        }
        let mut own = claim(at, order);
        let sweep = self.sweep(at, order);
        if let Some(sweep) = &sweep {
            own.bound = sweep.bound;
        }
        after.push(own);
        let cost = sweep.map(|sweep| sweep.cost);
        let needed = match cost {
            None => Some(self.hold(&after)),
            Some(cost) if group == 0 => cost,
            Some(cost) => cost.map(|cost| cost.max(self.hold(&after))),
        };
        let Some(needed) = needed else { return false };
        let cash_before = self.hold(&before);
        let cash_fits = needed <= cash_before || fits(held_cash, needed, cash);
        let held_lots = held_lots.get(&at).copied().unwrap_or(0);
        let lots_fit = sold(&after) <= sold(&before)
            || fits(held_lots, sold(&after), account.position(order.terms.instrument));
        cash_fits && lots_fit
    }

    /// How far an order goes that takes any price: the worst price that it meets, and what all of
    /// that costs. Nothing for an order that has a price, or waits.
    fn sweep(&self, at: usize, order: &Order) -> Option<Sweep> {
        let listing = &self.listings[at];
        let terms = &order.terms;
        if !matches!(terms.order_type, OrderType::Market | OrderType::MarketToLimit) || waits(terms)
        {
            return None;
        }
        let limit = order.limit();
        if listing.phase != Phase::Continuous || is_for_auctions(terms.tif) {
            let never = limit.is_none_or(|limit| limit == terms.side.any_price());
            return never.then_some(Sweep { bound: None, cost: None });
        }
        let (mut missing, mut worth, mut bound) = (order.open.0, 0, None);
        for maker in listing.book.in_order_of_service(terms.side.opposite()) {
            let price = maker.terms.price.expect("it rests");
            let reached = limit.is_none_or(|limit| terms.side.crosses(limit, price));
            if missing == 0 || !reached {
                break;
            }
            bound = Some(price);
            if maker.terms.all_or_none {
                continue;
            }
            let qty = missing.min(maker.open.0);
            worth += outlay(terms.side, price).max(0).unsigned_abs() * u128::from(qty);
            missing -= qty;
        }
        let prevents = terms.stp != Stp::None && terms.stp_group != 0;
        let linked = |order: &Order| order.terms.group != 0 || order.terms.reduce_only;
        let whole = |order: &Order| order.terms.all_or_none && !listing.book.waits(order.terms.id);
        let linked = listing.book.all().any(|order| linked(order) || whole(order));
        let rests = terms.order_type == OrderType::MarketToLimit;
        if prevents || linked || rests {
            let worst = bound.map_or(0, |bound| outlay(terms.side, bound).max(0).unsigned_abs());
            worth = worst * u128::from(order.open.0);
        }
        Some(Sweep { bound, cost: Some(self.with_fee(at, worth)) })
    }

    /// An order without a price, of an account with a ledger, goes no further than was held for.
    pub(super) fn protect(&self, at: usize, order: &mut Order) {
        let account = self.accounts.get(&order.terms.account);
        let has_ledger = account.is_some_and(|account| account.cash.is_some());
        if let (true, Some(sweep)) = (has_ledger, self.sweep(at, order)) {
            order.terms.limit = sweep.bound.or(order.terms.limit);
        }
    }
}

fn claim(at: usize, order: &Order) -> Claim {
    let NewOrder { side, group, stop, trail, .. } = order.terms;
    let bound = order.limit().or(stop.filter(|_| trail == 0 && waits(&order.terms)));
    Claim { at, side, group, bound, open: order.open }
}

/// Whether one more claim fits beside others into what is owned.
fn fits(held: u128, needed: u128, owned: i128) -> bool {
    let free = owned.saturating_sub_unsigned(held);
    free >= 0 && needed <= free.unsigned_abs()
}

fn exceeds(value: Option<u64>, most: Option<u64>) -> bool {
    value.zip(most).is_some_and(|(value, most)| value > most)
}

const fn refuse(is_so: bool, reason: Reject) -> Result<(), Reject> {
    if is_so { Err(reason) } else { Ok(()) }
}
