//! Accounts with limits: what they own, what their orders hold, and what market-maker protection
//! makes of their fills. All but positions, cash and counts is found by looking at the live orders.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::Reference;
use super::book::Order;
use crate::command::NewOrder;
use crate::event::{CancelReason, Op, Reject};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::quantity::{Price, Qty, Time};
use crate::risk::AccountSpec;
use crate::side::Side;
use crate::state_hash::StateHasher;
use crate::testing::venue::AccountState;

/// An account that has limits.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) spec: AccountSpec,
    pub(super) cash: Option<i128>,
    /// Of every instrument in which it ever had an order.
    pub(super) positions: BTreeMap<InstrumentId, i128>,
    pub(super) messages: Counter,
    pub(super) fills: Counter,
    pub(super) is_tripped: bool,
}

/// What happened since an interval began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counter {
    since: Time,
    pub(super) count: u64,
    lots: u128,
}

impl Counter {
    /// An interval that is over begins again with the next count.
    pub(super) const fn begin(&mut self, now: Time, ns: u64) {
        if self.count == 0 || now.0 - self.since.0 >= ns {
            *self = Self { since: now, count: 0, lots: 0 };
        }
    }
}

impl Account {
    /// Its lots of an instrument.
    pub(super) fn position(&self, instrument: InstrumentId) -> i128 {
        self.positions.get(&instrument).copied().unwrap_or_else(|| self.spec.position.into())
    }
}

/// An order as the ledger looks at it: nothing else of it matters for what is held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) at: usize,
    pub(super) side: Side,
    pub(super) group: u64,
    /// The worst price at which it may trade, if one is known.
    pub(super) bound: Option<Price>,
    pub(super) open: Qty,
}

impl Reference {
    /// The limits of an account are set or changed.
    pub(super) fn limit(&mut self, spec: &AccountSpec) {
        if let Err(reason) = self.check_account(spec) {
            let who = (InstrumentId(0), OrderId(0), spec.account);
            return self.turn_away(Op::Account, who, reason);
        }
        let cash = spec.cash.map(i128::from);
        let positions = self.to_keep(spec.account).into_iter().map(|instrument| {
            let traded = self.standings.get(&(spec.account, instrument)).unwrap_or(&0);
            (instrument, i128::from(spec.position) + traded)
        });
        let positions = positions.collect();
        self.standings.retain(|&(account, _), _| account != spec.account);
        let fresh = || Account {
            spec: spec.clone(),
            cash: None,
            positions,
            messages: Counter::default(),
            fills: Counter::default(),
            is_tripped: false,
        };
        let account = self.accounts.entry(spec.account).or_insert_with(fresh);
        // What is not said anew stays.
        let kept = if spec.position == 0 && cash.is_none() { account.spec.position } else { 0 };
        account.spec = spec.clone();
        account.spec.position += kept;
        account.cash = cash.or(account.cash);
    }

    fn check_account(&self, spec: &AccountSpec) -> Result<(), Reject> {
        let refuse = |is_so: bool, reason| if is_so { Err(reason) } else { Ok(()) };
        let endless = (spec.max_messages.is_some() && spec.per_ns == 0)
            || ((spec.mmp_qty.is_some() || spec.mmp_fills.is_some()) && spec.mmp_ns == 0);
        let owes = spec.cash.is_some_and(|cash| cash < 0 || spec.position < 0);
        let known = self.accounts.get(&spec.account);
        let live = self.listings_of(spec.account);
        let opens = spec.cash.is_some() && known.is_none_or(|account| account.cash.is_none());
        refuse(endless || owes || (opens && !live.is_empty()), Reject::BadCombination)?;
        if let (Some(cash), false) = (spec.cash, opens) {
            let held = self.held(&self.claims(spec.account)).0;
            refuse(u128::from(cash.unsigned_abs()) < held, Reject::InsufficientFunds)?;
        }
        let full = self.accounts.len() >= self.capacity.accounts as usize
            || self.positions_kept() + self.to_keep(spec.account).len()
                > self.capacity.positions as usize;
        refuse(known.is_none() && full, Reject::Capacity)
    }

    /// The instruments in which orders of an account live.
    fn listings_of(&self, account: AccountId) -> Vec<InstrumentId> {
        let lives = |order: &Order| order.terms.account == account;
        let listings = self.listings.iter().filter(|listing| listing.book.all().any(lives));
        listings.map(|listing| listing.spec.instrument).collect()
    }

    /// The instruments in which orders of an account without limits live, or it has traded.
    fn to_keep(&self, account: AccountId) -> BTreeSet<InstrumentId> {
        let own = self.standings.keys().filter(|(owner, _)| *owner == account);
        let traded = own.map(|&(_, instrument)| instrument);
        traded.chain(self.listings_of(account)).collect()
    }

    /// What an account owns of an instrument.
    pub(super) fn owned(&self, account: AccountId, instrument: InstrumentId) -> i128 {
        match self.accounts.get(&account) {
            Some(account) => account.position(instrument),
            None => self.standings.get(&(account, instrument)).copied().unwrap_or(0),
        }
    }

    /// How much of an order of an account only brings its position nearer to nothing.
    pub(super) fn reducible(&self, terms: &NewOrder) -> u128 {
        let position = self.owned(terms.account, terms.instrument);
        let owed = if terms.side == Side::Buy { -position } else { position };
        owed.max(0).unsigned_abs()
    }

    /// Two orders trade: lots of accounts without limits change hands.
    pub(super) fn pass(&mut self, one: &Order, other: &Order, qty: Qty) {
        if one.terms.account == other.terms.account {
            return;
        }
        let mut orders = [one, other];
        orders.sort_by_key(|order| order.terms.side == Side::Buy);
        for (order, sign) in orders.into_iter().zip([-1, 1]) {
            let key = (order.terms.account, order.terms.instrument);
            let kept = self.standings.contains_key(&key)
                || self.standings.len() < self.capacity.positions as usize;
            if !self.accounts.contains_key(&key.0) && kept {
                *self.standings.entry(key).or_insert(0) += sign * i128::from(qty.0);
            }
        }
    }

    pub(super) fn positions_kept(&self) -> usize {
        self.accounts.values().map(|account| account.positions.len()).sum()
    }

    /// From now on an account's position in an instrument is kept.
    pub(super) fn keep_position(&mut self, account: AccountId, instrument: InstrumentId) {
        if let Some(account) = self.accounts.get_mut(&account) {
            let position = account.position(instrument);
            account.positions.insert(instrument, position);
        }
    }

    /// A command of an account was taken.
    pub(super) fn count_message(&mut self, account: AccountId) {
        let now = self.now;
        if let Some(account) = self.accounts.get_mut(&account)
            && account.spec.max_messages.is_some()
        {
            account.messages.begin(now, account.spec.per_ns);
            account.messages.count += 1;
        }
    }

    /// One side of a trade: lots come or go, and money the other way, less the fee.
    pub(super) fn book_fill(&mut self, order: &Order, price: Price, qty: Qty, fee: i128) {
        let now = self.now;
        let number = order.terms.account;
        let instrument = order.terms.instrument;
        let Some(account) = self.accounts.get_mut(&number) else { return };
        let sign = if order.terms.side == Side::Buy { 1 } else { -1 };
        let position = account.position(instrument) + sign * i128::from(qty.0);
        account.positions.insert(instrument, position);
        if let Some(cash) = account.cash {
            let paid = sign * (price * qty).0;
            account.cash = Some(cash.saturating_sub(paid).saturating_sub(fee));
            self.fees = self.fees.saturating_add(fee);
        }
        let spec = &account.spec;
        let protected = spec.mmp_qty.is_some() || spec.mmp_fills.is_some();
        if !order.quote || account.is_tripped || !protected {
            return;
        }
        account.fills.begin(now, spec.mmp_ns);
        account.fills.count += 1;
        account.fills.lots += u128::from(qty.0);
        let fills = &account.fills;
        if spec.mmp_qty.is_some_and(|most| fills.lots >= most.into())
            || spec.mmp_fills.is_some_and(|most| fills.count >= most.into())
        {
            account.is_tripped = true;
            self.tripped.push(number);
        }
    }

    /// An account's position has changed: what would turn it is taken off its reduce-only orders.
    pub(super) fn trim(&mut self, at: usize, account: AccountId) {
        let orders = self.listings[at].book.all().filter(|order| {
            let terms = &order.terms;
            terms.account == account && terms.reduce_only && terms.parent == 0
        });
        let mut ids: Vec<_> = orders.map(|order| (order.entry, order.terms.id)).collect();
        ids.sort_unstable();
        for (_, id) in ids {
            if self.listings[at].book.get(id).is_some() {
                self.trim_order(at, id);
            }
        }
    }

    /// The same for one order; whether something is left of it.
    pub(super) fn trim_order(&mut self, at: usize, id: OrderId) -> bool {
        let order = self.listings[at].book.get_mut(id).clone();
        let most = self.reducible(&order.terms);
        if most == 0 {
            self.end(at, id, CancelReason::ReduceOnly);
        } else if u128::from(order.open.0) > most {
            let most = Qty(u64::try_from(most).expect("less than what is open"));
            self.take_off(at, id, order.open - most, CancelReason::ReduceOnly);
        }
        most > 0
    }

    /// What every live order of an account claims; one that waits for another order claims nothing.
    pub(super) fn claims(&self, account: AccountId) -> Vec<(OrderId, Claim)> {
        let mut claims = Vec::new();
        for (at, listing) in self.listings.iter().enumerate() {
            let own = listing.book.all().filter(|order| order.terms.account == account);
            for order in own.filter(|order| order.terms.parent == 0) {
                let trails = order.terms.trail != 0;
                let stop = order.terms.stop.filter(|_| !trails);
                let bound = order.limit().or(stop);
                let (side, group, open) = (order.terms.side, order.terms.group, order.open);
                claims.push((order.terms.id, Claim { at, side, group, bound, open }));
            }
        }
        claims
    }

    /// The cash that claims hold together, and the lots of each instrument, by position.
    pub(super) fn held(&self, claims: &[(OrderId, Claim)]) -> (u128, BTreeMap<usize, u128>) {
        let (mut cash, mut lots) = (0, BTreeMap::new());
        let mut groups: BTreeMap<(usize, u64), Vec<Claim>> = BTreeMap::new();
        for (_, claim) in claims {
            if claim.group == 0 {
                cash += self.hold(&[*claim]);
                *lots.entry(claim.at).or_default() += sold(&[*claim]);
            } else {
                groups.entry((claim.at, claim.group)).or_default().push(*claim);
            }
        }
        for ((at, _), group) in groups {
            cash += self.hold(&group);
            *lots.entry(at).or_default() += sold(&group);
        }
        (cash, lots)
    }

    /// The cash that the orders of one group hold, or one order alone: per side the greatest
    /// quantity at the worst price, with the worst fee.
    pub(super) fn hold(&self, claims: &[Claim]) -> u128 {
        let mut cash: u128 = 0;
        for side in Side::BOTH {
            let of_side = || claims.iter().filter(move |claim| claim.side == side);
            let open = of_side().map(|claim| claim.open.0).max().unwrap_or(0);
            let prices = of_side().filter_map(|claim| claim.bound.map(|bound| outlay(side, bound)));
            let worst = prices.max().unwrap_or(0);
            if let Some(claim) = of_side().next() {
                let worth = worst.max(0).unsigned_abs() * u128::from(open);
                cash = self.with_fee(claim.at, worth).saturating_add(cash);
            }
        }
        cash
    }

    /// A worth and the highest fee on it.
    pub(super) fn with_fee(&self, at: usize, worth: u128) -> u128 {
        let spec = &self.listings[at].spec;
        let bps = u128::from(spec.maker_bps.max(spec.taker_bps).max(0).unsigned_abs());
        worth + worth / 10_000 * bps + worth % 10_000 * bps / 10_000
    }

    /// What outsiders may see of every account that has limits.
    pub(crate) fn account_states(&self) -> Vec<AccountState> {
        let state = |(&number, account): (&AccountId, &Account)| {
            let ledger = account.cash.is_some();
            let claims = if ledger { self.claims(number) } else { Vec::new() };
            let (cash, lots) = self.held(&claims);
            let orders = || self.listings.iter().flat_map(|of| of.book.all());
            let own = || orders().filter(|order| order.terms.account == number);
            let open = |instrument: InstrumentId, side: Side| {
                let there = own().filter(|o| o.terms.instrument == instrument);
                there.filter(|o| o.terms.side == side).map(|o| u128::from(o.open.0)).sum()
            };
            let holdings = account.positions.iter().map(|(&instrument, &position)| {
                let at = self.position(instrument).expect("it was traded");
                let held = lots.get(&at).copied().unwrap_or(0);
                let (open_buy, open_sell) =
                    (open(instrument, Side::Buy), open(instrument, Side::Sell));
                crate::engine::HoldingView { instrument, position, held, open_buy, open_sell }
            });
            AccountState {
                account: number,
                cash: account.cash,
                held: cash,
                open_orders: u32::try_from(own().count()).expect("few orders"),
                is_tripped: account.is_tripped,
                holdings: holdings.collect(),
            }
        };
        self.accounts.iter().map(state).collect()
    }

    /// Feeds what is known of accounts, in the order that `docs/semantics.md` names.
    pub(super) fn hash_accounts(&self, hasher: &mut StateHasher) {
        for account in self.accounts.values() {
            let AccountSpec { max_order_qty, max_order_notional, max_open_qty, .. } = account.spec;
            let AccountSpec { max_long, max_short, collar, mmp_qty, .. } = account.spec;
            let AccountSpec { max_open_orders, max_messages, mmp_fills, .. } = account.spec;
            hasher.word(account.spec.account.0.into());
            for limit in [max_order_qty, max_order_notional, max_open_qty, max_long, max_short] {
                hasher.optional(limit.map(u64::cast_signed));
            }
            for limit in [collar, mmp_qty] {
                hasher.optional(limit.map(u64::cast_signed));
            }
            for limit in [max_open_orders, max_messages, mmp_fills] {
                hasher.optional(limit.map(i64::from));
            }
            hasher.word(account.spec.per_ns);
            hasher.word(account.spec.mmp_ns);
            for (counter, more) in [(&account.messages, None), (&account.fills, Some(()))] {
                hasher.word(counter.since.0);
                hasher.word(counter.count);
                if more.is_some() {
                    hasher.word(account.is_tripped.into());
                    hasher.wide(counter.lots.cast_signed());
                }
            }
            hasher.signed(account.spec.position);
            hasher.word(account.cash.is_some().into());
            hasher.wide(account.cash.unwrap_or(0));
            for (instrument, position) in &account.positions {
                hasher.word(1 + u64::from(instrument.0));
                hasher.wide(*position);
            }
            hasher.word(0);
        }
        if !self.accounts.is_empty() {
            hasher.wide(self.fees);
        }
        let mut sum = 0_u64;
        for (&(account, instrument), &position) in &self.standings {
            let mut own = StateHasher::default();
            own.word(u64::from(account.0) << 32 | u64::from(instrument.0));
            own.wide(position);
            sum = sum.wrapping_add(own.finish());
        }
        if !self.standings.is_empty() {
            hasher.word(sum);
        }
    }
}

/// The lots that the orders of one group, or one order alone, may sell.
pub(super) fn sold(claims: &[Claim]) -> u128 {
    let sells = claims.iter().filter(|claim| claim.side == Side::Sell);
    sells.map(|claim| u128::from(claim.open.0)).max().unwrap_or(0)
}

/// What a lot costs at a price; less than nothing where it brings money in.
pub(super) const fn outlay(side: Side, price: Price) -> i128 {
    match side {
        Side::Buy => price.0 as i128,
        Side::Sell => -(price.0 as i128),
    }
}
