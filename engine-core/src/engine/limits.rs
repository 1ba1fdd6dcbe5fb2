//! What an account's limits say to an order, before the book is touched.

use super::check::taker;
use super::desk::Desk;
use super::taker::Taker;
use crate::book::pool::NONE;
use crate::command::{NewOrder, OrderType, Phase};
use crate::event::{EventSink, Reject};
use crate::id::AccountId;
use crate::quantity::{Price, Qty};
use crate::risk::account::Account;
use crate::risk::accounts::reducible;
use crate::risk::hold::{Hold, cost, fee_on, hold_at, paid, worst_bps};
use crate::side::Side;

/// What an order asks of the limits of its account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) account: AccountId,
    pub(super) side: Side,
    /// Its whole quantity, what is filled included.
    pub(super) total: Qty,
    pub(super) open: Qty,
    /// What it is priced at, for the collar.
    pub(super) price: Option<Price>,
    /// The worst price that it is counted at, where there is one.
    pub(super) bound: Option<Price>,
    /// What it is worth, where that is not its bound times its quantity.
    pub(super) worth: Option<u128>,
    /// What it may cost in cash.
    pub(super) cost: Option<u128>,
    pub(super) group: u64,
    /// Whether it may be open once its command is done.
    pub(super) rests: bool,
    /// Whether it waits for another order, and holds nothing until that one ends.
    pub(super) child: bool,
    pub(super) reduce_only: bool,
    /// The live order that it takes the place of.
    pub(super) leaving: u32,
    pub(super) beside: Beside,
}

/// What will have changed by the time an order enters.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beside {
    pub(super) orders: i64,
    pub(super) open: [i128; 2],
    pub(super) cash: i128,
    pub(super) lots: i128,
}

impl<S: EventSink> Desk<'_, S> {
    /// Whether an account may send a command now.
    #[cold]
    #[inline(never)]
    pub(super) fn check_sender(&self, account: AccountId) -> Result<(), Reject> {
        if self.accounts.is_blocked(account) {
            return Err(Reject::Blocked);
        }
        match self.accounts.get(account) {
            Some(account) if !account.may_send(self.now) => Err(Reject::MaxMessages),
            _ => Ok(()),
        }
    }

    /// Whether a new order is within the limits of its account.
    #[cold]
    #[inline(never)]
    pub(super) fn check_limits(&self, order: &NewOrder, limit: Price) -> Result<(), Reject> {
        if self.accounts.find(order.account).is_none() && !order.reduce_only {
            return Ok(());
        }
        self.check_wish(&self.wish_for(order, limit))?;
        self.check_holding(order.account)
    }

    /// What a new order asks for.
    #[cold]
    pub(super) fn wish_for(&self, order: &NewOrder, limit: Price) -> Wish {
        let taker = taker(order, limit);
        let open = match order.notional {
            0 => order.qty,
            notional => self.affordable(&taker, notional),
        };
        let waits = order.stands_apart();
        let mut wish = Wish {
            account: order.account,
            side: order.side,
            total: open,
            open,
            price: order.price.or(order.limit),
            bound: order.price.or(order.limit),
            worth: (order.notional != 0).then_some(order.notional.into()),
            cost: None,
            group: order.group,
            rests: order.can_rest() || self.book.call.gathers,
            child: order.parent != 0,
            reduce_only: order.reduce_only,
            leaving: NONE,
            beside: Beside::default(),
        };
        if waits && order.trail == 0 {
            wish.bound = wish.bound.or(order.stop);
        }
        if order.order_type == OrderType::Pegged {
            wish.cost = unbounded(wish.bound);
        } else if !waits && order.price.is_none() {
            self.bound_sweep(&taker, &mut wish);
        }
        wish
    }

    /// The first limit that a wish breaks.
    pub(super) fn check_wish(&self, wish: &Wish) -> Result<(), Reject> {
        let instrument = self.book.spec.instrument;
        let open = u128::from(wish.open.0);
        let position = self.accounts.position(wish.account, instrument);
        let grows = wish.reduce_only && !wish.child && reducible(position, wish.side) < open;
        let Some(account) = self.accounts.get(wish.account) else {
            return refuse(grows, Reject::ReduceOnly);
        };
        let spec = &account.spec;
        let holding = self.accounts.holding(account, instrument);
        let side = wish.side.index();
        self.check_collar(spec.collar, wish.price)?;
        refuse(spec.max_order_qty.is_some_and(|most| wish.total.0 > most), Reject::MaxOrderQty)?;
        let most = spec.max_order_notional.map(u128::from);
        refuse(most.is_some_and(|most| wish.worth() > most), Reject::MaxOrderNotional)?;
        refuse(grows, Reject::ReduceOnly)?;
        let (gone, gone_open) = match self.leaving(wish.leaving) {
            Some(qty) => (1, qty.0.into()),
            None => (0, 0),
        };
        let orders = i64::from(account.open_orders) + wish.beside.orders - gone;
        let most = spec.max_open_orders.map(i64::from);
        refuse(wish.rests && most.is_some_and(|most| orders >= most), Reject::MaxOpenOrders)?;
        let beside = holding.open[side].saturating_add_signed(wish.beside.open[side]) - gone_open;
        let most = spec.max_open_qty.map(u128::from);
        let much = wish.rests && most.is_some_and(|most| beside + open > most);
        refuse(much, Reject::MaxOpenQty)?;
        let (most, position) = match wish.side {
            Side::Buy => (spec.max_long, position),
            Side::Sell => (spec.max_short, -position),
        };
        let far = position.saturating_add_unsigned(beside + open);
        refuse(most.is_some_and(|most| far > i128::from(most)), Reject::MaxPosition)?;
        self.check_funds(account, wish)
    }

    /// Whether an account with a ledger can pay, and owns what it sells.
    pub(super) fn check_funds(&self, account: &Account, wish: &Wish) -> Result<(), Reject> {
        if account.cash.is_none() || wish.child {
            return Ok(());
        }
        let holding = self.accounts.holding(account, self.book.spec.instrument);
        let (needed, held) = self.needed(wish);
        let lacks = |needed: u128, held: u128, free: i128| {
            needed > held && (free < 0 || needed - held > free.unsigned_abs())
        };
        let free_cash = account.free_cash().saturating_sub(wish.beside.cash);
        let free_lots = holding.position.saturating_sub_unsigned(holding.held) - wish.beside.lots;
        let lacks =
            lacks(needed.cash, held.cash, free_cash) || lacks(needed.lots, held.lots, free_lots);
        refuse(lacks, Reject::InsufficientFunds)
    }

    /// Whether there is room to keep what an account with limits owns of this instrument.
    pub(super) fn check_holding(&self, account: AccountId) -> Result<(), Reject> {
        let kept = self.accounts.find(account).is_none()
            || self.accounts.has_room(account, self.book.spec.instrument);
        refuse(!kept, Reject::Capacity)
    }

    /// Whether a live order may become what a replace asks for.
    #[cold]
    #[inline(never)]
    pub(super) fn check_limits_again(
        &self,
        key: u32,
        price: Option<Price>,
        total: Qty,
        open: Qty,
    ) -> Result<(), Reject> {
        let wish = self.wish_of(key);
        let bound = price.or(wish.bound);
        self.check_wish(&Wish { price, bound, total, open, ..wish })
    }

    /// What a live order asks for as it is.
    pub(super) fn wish_of(&self, key: u32) -> Wish {
        let order = &self.store.orders[key];
        let extra = self.store.extra(key);
        Wish {
            account: order.account,
            side: order.side(),
            total: self.store.orders.order(key).total(),
            open: order.open,
            price: self.price_of(key),
            bound: self.bound_of(key),
            worth: None,
            cost: None,
            group: extra.map_or(0, |extra| extra.group),
            rests: true,
            child: extra.is_some_and(|extra| extra.parent != 0),
            reduce_only: extra.is_some_and(|extra| extra.reduce_only),
            leaving: key,
            beside: Beside::default(),
        }
    }

    /// What is held with the order that is wished for, and what is without: of a group, by all of
    /// it.
    fn needed(&self, wish: &Wish) -> (Hold, Hold) {
        if wish.group != 0 {
            let held = self.group_shares(wish.account, wish.group);
            return (self.pooled(wish.account, wish.group, Some(wish)), held);
        }
        let held = if wish.leaving == NONE { Hold::NONE } else { self.hold_of(wish.leaving) };
        let alone = hold_at(&self.book.spec, wish.side, wish.bound, wish.open);
        (Hold { cash: wish.cost.unwrap_or(alone.cash), ..alone }, held)
    }

    /// Bounds an order without a price by what it meets now.
    ///
    /// Where nothing matches now, nothing but its own limit bounds it: without one no cash is
    /// enough.
    pub(super) fn bound_sweep(&self, taker: &Taker, wish: &mut Wish) {
        if self.matches_now(taker) {
            let (bound, cost) = self.sweep(taker, wish.open);
            (wish.bound, wish.cost) = (bound, Some(cost));
        } else {
            wish.bound = wish.bound.filter(|&bound| bound != wish.side.any_price());
            wish.cost = unbounded(wish.bound);
        }
    }

    /// Whether an order matches as it comes, and does not wait for an auction.
    pub(super) fn matches_now(&self, taker: &Taker) -> bool {
        self.book.phase == Phase::Continuous && !taker.tif.is_for_auctions()
    }

    /// The worst price at which an order that takes any trades now, and what it costs at most.
    pub(super) fn sweep(&self, taker: &Taker, open: Qty) -> (Option<Price>, u128) {
        let bps = worst_bps(&self.book.spec);
        let (mut missing, mut worth, mut worst) = (u128::from(open.0), 0, None);
        for key in self.book.side(taker.side.opposite()).levels(self.store) {
            let level = &self.store.levels[key];
            if missing == 0 || !taker.side.crosses(taker.limit, level.price) {
                break;
            }
            let here = missing.min(self.without_wholes(key));
            worth += u128::try_from(paid(taker.side, level.price)).unwrap_or(0) * here;
            (missing, worst) = (missing - here, Some(level.price));
        }
        // Where it may pass over some of these orders, or rest, all of it may cost the worst price.
        let ends = taker.order_type == OrderType::Market;
        let whole = ends && !taker.prevents() && self.book.is_sure() && self.book.wholes.is_empty();
        match worst {
            Some(price) if !whole => (worst, cost(taker.side, price, open, bps)),
            _ => (worst, worth + fee_on(worth, bps)),
        }
    }

    /// What is open at a level, apart from all-or-none orders, which may be passed over.
    fn without_wholes(&self, level: u32) -> u128 {
        let place = &self.store.levels[level];
        let on_it = |key: &u32| self.store.orders[*key].level() == level;
        let wholes = self.book.wholes.iter().copied().filter(on_it);
        let open: u128 = wholes.map(|key| u128::from(self.store.orders[key].open.0)).sum();
        place.open() - open
    }

    /// Whether a price is near enough to the reference price, or the last trade where there is
    /// none.
    fn check_collar(&self, collar: Option<u64>, price: Option<Price>) -> Result<(), Reject> {
        let middle = self.book.spec.reference.or(self.book.last_trade);
        match (collar, price, middle) {
            (Some(most), Some(price), Some(middle)) => {
                refuse(price.distance(middle) > most, Reject::Collar)
            }
            _ => Ok(()),
        }
    }

    /// What is open of the order that leaves.
    fn leaving(&self, key: u32) -> Option<Qty> {
        (key != NONE).then(|| self.store.orders[key].open)
    }
}

impl Wish {
    /// What the order is worth.
    pub(super) fn worth(&self) -> u128 {
        self.worth.unwrap_or_else(|| worth_at(self.bound, self.total))
    }
}

/// What so much is worth at the worst price that it is counted at; nothing where there is none.
pub(super) fn worth_at(bound: Option<Price>, total: Qty) -> u128 {
    bound.map_or(0, |bound| (bound * total).0.unsigned_abs())
}

/// The cost of an order whose price nothing bounds but its limit: without one no cash is enough.
pub(super) fn unbounded(limit: Option<Price>) -> Option<u128> {
    limit.is_none().then_some(u128::MAX)
}

/// `reason`, if it is so.
pub(super) const fn refuse(is_so: bool, reason: Reject) -> Result<(), Reject> {
    if is_so { Err(reason) } else { Ok(()) }
}
