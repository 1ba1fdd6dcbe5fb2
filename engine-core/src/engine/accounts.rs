//! Accounts: their limits set and changed, and a look at what they own.

use super::Engine;
use super::ledger::hold_of;
use super::limits::refuse;
use super::view::BookView;
use crate::book::Book;
use crate::event::{EventSink, Op, Reject, What};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::risk::AccountSpec;
use crate::risk::account::Account;
use crate::risk::accounts::{Accounts, Holding};
use crate::risk::hold::Hold;
use crate::side::Side;

/// A look at an account that has limits.
#[derive(Clone, Copy, Debug)]
pub struct AccountView<'a> {
    accounts: &'a Accounts,
    account: &'a Account,
}

/// What an account owns of an instrument, and what its live orders there ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldingView {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Lots bought less lots sold.
    pub position: i128,
    /// Lots that its sell orders hold, where it has a ledger.
    pub held: u128,
    /// Lots that its orders ask to buy.
    pub open_buy: u128,
    /// Lots that its orders ask to sell.
    pub open_sell: u128,
}

impl<'a> AccountView<'a> {
    /// Its limits.
    #[must_use]
    pub fn spec(&self) -> &'a AccountSpec {
        &self.account.spec
    }

    /// All its cash, held or free, in ticks × lots; none where it has no ledger.
    #[must_use]
    pub fn cash(&self) -> Option<i128> {
        self.account.cash
    }

    /// What of its cash its orders hold.
    #[must_use]
    pub fn held(&self) -> u128 {
        self.account.held
    }

    /// How many of its orders live.
    #[must_use]
    pub fn open_orders(&self) -> u32 {
        self.account.open_orders
    }

    /// Whether market-maker protection keeps it from quoting.
    #[must_use]
    pub fn is_tripped(&self) -> bool {
        self.account.is_tripped
    }

    /// What it owns, by rising instrument: of those in which it ever had an order.
    pub fn holdings(&self) -> impl Iterator<Item = HoldingView> + use<'a> {
        let each = self.accounts.holdings_of(self.account.spec.account);
        each.map(|(instrument, holding)| HoldingView {
            instrument,
            position: holding.position,
            held: holding.held,
            open_buy: holding.open[Side::Buy.index()],
            open_sell: holding.open[Side::Sell.index()],
        })
    }

    /// What it owns of one instrument.
    #[must_use]
    pub fn position(&self, instrument: InstrumentId) -> i128 {
        self.accounts.holding(self.account, instrument).position
    }
}

impl Engine {
    /// A look at an account; none where no `account` command named it.
    #[must_use]
    pub fn account(&self, account: AccountId) -> Option<AccountView<'_>> {
        let accounts = &self.accounts;
        accounts.get(account).map(|account| AccountView { accounts, account })
    }

    /// Lots that any account bought of an instrument less those that it sold, from its first trade
    /// with another account on, and where it has limits what it began with. Of accounts without
    /// limits as many are kept as [`Capacity::positions`](crate::Capacity) says; others have 0.
    #[must_use]
    pub fn position(&self, account: AccountId, instrument: InstrumentId) -> i128 {
        self.accounts.position(account, instrument)
    }

    /// The accounts that have limits, rising.
    pub fn accounts(&self) -> impl Iterator<Item = AccountView<'_>> {
        let accounts = &self.accounts;
        accounts.all().map(move |account| AccountView { accounts, account })
    }

    /// What accounts with a ledger have paid in fees, rebates taken off, in ticks × lots.
    #[must_use]
    pub fn fees(&self) -> i128 {
        self.accounts.fees
    }

    /// Sets or changes the limits of an account.
    pub(super) fn limit_account(&mut self, spec: &AccountSpec, events: &mut impl EventSink) {
        let account = spec.account;
        if let Err(reason) = self.check_account(spec) {
            let what = What::Rejected { op: Op::Account, id: OrderId(0), account, reason };
            return self.out(InstrumentId(0), events).private(what);
        }
        let Some(known) = self.accounts.get_mut(account) else {
            self.accounts.insert(Account::new(spec.clone()));
            for book in &self.books {
                self.accounts.take_over(account, book.spec.instrument);
            }
            return self.count_orders(account);
        };
        known.cash = spec.cash.map(i128::from).or(known.cash);
        let says = spec.cash.is_some() || spec.position != 0;
        let position = if says { spec.position } else { known.spec.position };
        known.spec = AccountSpec { position, ..spec.clone() };
    }

    fn check_account(&self, spec: &AccountSpec) -> Result<(), Reject> {
        let known = self.accounts.get(spec.account);
        let has_ledger = known.is_some_and(|account| account.cash.is_some());
        // Whose orders live already holds nothing for them.
        let lives = || self.books.iter().any(|book| self.lives_in(spec.account, book));
        let late = spec.cash.is_some() && !has_ledger && lives();
        refuse(!spec.is_sound() || late, Reject::BadCombination)?;
        let held = known.map_or(0, |account| account.held);
        let lacks = spec.cash.is_some_and(|cash| u128::from(cash.unsigned_abs()) < held);
        refuse(lacks, Reject::InsufficientFunds)?;
        if known.is_some() {
            return Ok(());
        }
        let room = self.accounts.room() as usize;
        refuse(self.accounts.is_full() || self.books_to_keep(spec.account) > room, Reject::Capacity)
    }

    /// Whether orders of an account live in a book.
    fn lives_in(&self, account: AccountId, book: &Book) -> bool {
        let mut keys = BookView::new(&self.store, book).all_keys();
        keys.any(|key| self.store.orders[key].account == account)
    }

    /// In how many books orders of an account live, or it has a position.
    fn books_to_keep(&self, account: AccountId) -> usize {
        let standings = self.accounts.standings();
        let is_kept = |book: &&Book| {
            standings.has(account, book.spec.instrument) || self.lives_in(account, book)
        };
        self.books.iter().filter(is_kept).count()
    }

    /// Counts the live orders of an account that has got limits.
    fn count_orders(&mut self, account: AccountId) {
        for book in &self.books {
            for key in BookView::new(&self.store, book).all_keys() {
                let order = &self.store.orders[key];
                if order.account == account {
                    self.accounts.count_order(
                        account,
                        book.spec.instrument,
                        order.side(),
                        order.open,
                    );
                }
            }
        }
    }

    /// Asserts that what is counted and held is what the live orders come to.
    pub(super) fn check_ledger(&self) {
        assert!(self.accounts.tripped.is_empty(), "every command is finished");
        for account in self.accounts.all() {
            let number = account.spec.account;
            let (mut orders, mut held) = (0, 0);
            for (position, book) in (0..).zip(&self.books) {
                let kept = self.accounts.holding(account, book.spec.instrument);
                let counted = self.count_book(account, position);
                assert_eq!(kept, Holding { position: kept.position, ..counted.0 }, "{number}");
                let lots = kept.held <= u128::try_from(kept.position).unwrap_or(0);
                assert!(lots, "account {number} sells what it does not own");
                orders += counted.1;
                held += counted.2;
            }
            assert_eq!((account.open_orders, account.held), (orders, held), "account {number}");
            assert!(account.free_cash() >= 0, "account {number} pays what it has not");
        }
    }

    /// What an account's live orders in one book ask for, their number, and the cash they hold.
    fn count_book(&self, account: &Account, position: usize) -> (Holding, u32, u128) {
        let book = &self.books[position];
        let (mut holding, mut orders, mut cash) = (Holding::default(), 0, 0);
        let keys = BookView::new(&self.store, book).all_keys();
        for key in keys.filter(|&key| self.store.orders[key].account == account.spec.account) {
            let order = &self.store.orders[key];
            holding.open[order.side().index()] += u128::from(order.open.0);
            orders += 1;
            if account.cash.is_some() {
                let hold = self.held_by(book, key);
                holding.held += hold.lots;
                cash += hold.cash;
            }
        }
        (holding, orders, cash)
    }

    /// What one live order holds, looked at apart from the running sums: a group's whole with its
    /// oldest order.
    fn held_by(&self, book: &Book, key: u32) -> Hold {
        let held = self.store.extra(key).map(|extra| (extra.group, extra.held));
        match held {
            Some((group, held)) if group != 0 => held,
            _ => hold_of(&self.store, book, key),
        }
    }
}
