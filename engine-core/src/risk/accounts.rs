//! All accounts that are blocked or have limits, and what each account owns of each instrument.

use alloc::vec::Vec;

use super::account::Account;
use super::standings::Standings;
use crate::book::pool::NONE;
use crate::book::tree::{Nodes, Tree};
use crate::event::Reject;
use crate::id::{AccountId, InstrumentId};
use crate::limits::Capacity;
use crate::quantity::Qty;
use crate::side::Side;
use crate::state_hash::StateHasher;

/// What an account owns of one instrument, and what its live orders there ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holding {
    /// Lots bought less lots sold.
    pub(crate) position: i128,
    /// What is open per side.
    pub(crate) open: [u128; 2],
    /// Lots that its sell orders hold, where it has a ledger.
    pub(crate) held: u128,
}

/// Every account that is blocked or has limits.
#[derive(Clone, Debug)]
pub(crate) struct Accounts {
    /// Whether there is any, so that whoever has none pays for one question.
    pub(crate) watch: bool,
    /// Accounts whose protection tripped in the present command.
    pub(crate) tripped: Vec<u32>,
    /// What accounts with a ledger paid in fees.
    pub(crate) fees: i128,
    /// Accounts that may not trade, rising.
    blocked: Vec<AccountId>,
    accounts: Vec<Account>,
    /// Places of accounts by their number, rising.
    numbers: Vec<(AccountId, u32)>,
    /// The same for small numbers, by number.
    direct: Vec<u32>,
    holdings: Vec<Holding>,
    /// Places of holdings by account and instrument.
    places: Tree,
    nodes: Nodes,
    /// What accounts without limits own.
    standings: Standings,
    capacity: Capacity,
}

/// Accounts up to this number are found without a search.
const DIRECT_LEN: usize = 1 << 12;

impl Accounts {
    /// Room for `capacity`.
    pub(crate) fn new(capacity: Capacity) -> Self {
        let (accounts, positions) = (capacity.accounts as usize, capacity.positions as usize);
        Self {
            watch: false,
            tripped: Vec::with_capacity(accounts),
            fees: 0,
            blocked: Vec::with_capacity(accounts),
            accounts: Vec::with_capacity(accounts),
            numbers: Vec::with_capacity(accounts),
            direct: alloc::vec![NONE; DIRECT_LEN],
            holdings: Vec::with_capacity(positions),
            places: Tree::default(),
            nodes: Nodes::new(capacity.positions),
            standings: Standings::new(capacity.positions),
            capacity,
        }
    }

    /// The accounts that may not trade, rising.
    pub(crate) fn blocked(&self) -> &[AccountId] {
        &self.blocked
    }

    /// Whether an account may not trade.
    pub(crate) fn is_blocked(&self, account: AccountId) -> bool {
        self.blocked.binary_search(&account).is_ok()
    }

    /// Keeps an account from trading.
    pub(crate) fn block(&mut self, account: AccountId) -> Result<(), Reject> {
        match self.blocked.binary_search(&account) {
            Ok(_) => {}
            Err(_) if self.blocked.len() >= self.capacity.accounts as usize => {
                return Err(Reject::Capacity);
            }
            Err(at) => self.blocked.insert(at, account),
        }
        self.watch = true;
        Ok(())
    }

    /// Lets an account trade, and quote, again.
    pub(crate) fn unblock(&mut self, account: AccountId) {
        if let Ok(at) = self.blocked.binary_search(&account) {
            self.blocked.remove(at);
        }
        if let Some(place) = self.find(account) {
            self.accounts[place as usize].reset_protection();
        }
        self.watch = !self.blocked.is_empty() || !self.accounts.is_empty();
    }

    /// Where an account is that has limits.
    pub(crate) fn find(&self, account: AccountId) -> Option<u32> {
        if let Some(&place) = self.direct.get(account.0 as usize) {
            return (place != NONE).then_some(place);
        }
        let found = self.numbers.binary_search_by_key(&account, |&(number, _)| number);
        found.ok().map(|at| self.numbers[at].1)
    }

    /// An account that has limits.
    pub(crate) fn get(&self, account: AccountId) -> Option<&Account> {
        self.find(account).map(|place| &self.accounts[place as usize])
    }

    /// The same, to change it.
    pub(crate) fn get_mut(&mut self, account: AccountId) -> Option<&mut Account> {
        self.find(account).map(|place| &mut self.accounts[place as usize])
    }

    /// The account at a place.
    pub(crate) fn at_mut(&mut self, place: u32) -> &mut Account {
        &mut self.accounts[place as usize]
    }

    /// Whether no more accounts can have limits.
    pub(crate) fn is_full(&self) -> bool {
        self.accounts.len() >= self.capacity.accounts as usize
    }

    /// Takes in an account, for which there is room.
    pub(crate) fn insert(&mut self, account: Account) {
        let number = account.spec.account;
        let place = u32::try_from(self.accounts.len()).expect("capacity has 32 bits");
        let at = self.numbers.partition_point(|&(other, _)| other < number);
        self.numbers.insert(at, (number, place));
        if let Some(direct) = self.direct.get_mut(number.0 as usize) {
            *direct = place;
        }
        self.accounts.push(account);
        self.watch = true;
    }

    /// The accounts with limits, rising.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Account> {
        self.numbers.iter().map(|&(_, place)| &self.accounts[place as usize])
    }

    /// What an account with limits owns of an instrument.
    pub(crate) fn holding(&self, account: &Account, instrument: InstrumentId) -> Holding {
        let place = self.places.find(&self.nodes, key(account.spec.account, instrument));
        let untouched = Holding { position: account.spec.position.into(), ..Holding::default() };
        place.map_or(untouched, |place| self.holdings[place as usize])
    }

    /// What any account owns of an instrument: lots bought less lots sold.
    pub(crate) fn position(&self, account: AccountId, instrument: InstrumentId) -> i128 {
        match self.get(account) {
            Some(account) => self.holding(account, instrument).position,
            None => self.standings.position(account, instrument),
        }
    }

    /// What accounts without limits own.
    pub(crate) fn standings(&self) -> &Standings {
        &self.standings
    }

    /// The same, to change it.
    #[cfg(feature = "snapshot")]
    pub(crate) fn standings_mut(&mut self) -> &mut Standings {
        &mut self.standings
    }

    /// Adds lots to what an account owns that has no limits.
    pub(crate) fn stand(&mut self, account: AccountId, instrument: InstrumentId, lots: i128) {
        if self.accounts.is_empty() || self.find(account).is_none() {
            _ = self.standings.add(account, instrument, lots);
        }
    }

    /// What an account that has got limits owns of an instrument is kept with it from now on.
    pub(crate) fn take_over(&mut self, account: AccountId, instrument: InstrumentId) {
        if let Some(position) = self.standings.take(account, instrument)
            && let Some(holding) = self.holding_mut(account, instrument)
        {
            holding.position = holding.position.saturating_add(position);
        }
    }

    /// What an account with limits owns of an instrument, to change it: from then on it is kept.
    pub(crate) fn holding_mut(
        &mut self,
        account: AccountId,
        instrument: InstrumentId,
    ) -> Option<&mut Holding> {
        let position = self.get(account)?.spec.position.into();
        let key = key(account, instrument);
        let place = self.places.find(&self.nodes, key).unwrap_or_else(|| {
            let place = u32::try_from(self.holdings.len()).expect("capacity has 32 bits");
            self.holdings.push(Holding { position, ..Holding::default() });
            self.places.insert(&mut self.nodes, key, place);
            place
        });
        Some(&mut self.holdings[place as usize])
    }

    /// Whether a holding can be kept: it is already, or there is room for one more.
    pub(crate) fn has_room(&self, account: AccountId, instrument: InstrumentId) -> bool {
        self.room() > 0 || self.places.find(&self.nodes, key(account, instrument)).is_some()
    }

    /// How many more holdings can be kept.
    pub(crate) fn room(&self) -> u32 {
        self.capacity.positions - u32::try_from(self.holdings.len()).unwrap_or(u32::MAX)
    }

    /// Counts a live order of an account that has got limits since it entered.
    pub(crate) fn count_order(
        &mut self,
        account: AccountId,
        instrument: InstrumentId,
        side: Side,
        open: Qty,
    ) {
        if let Some(account) = self.get_mut(account) {
            account.open_orders += 1;
        }
        if let Some(holding) = self.holding_mut(account, instrument) {
            holding.open[side.index()] += u128::from(open.0);
        }
    }

    /// What an account owns, by rising instrument.
    pub(crate) fn holdings_of(
        &self,
        account: AccountId,
    ) -> impl Iterator<Item = (InstrumentId, &Holding)> {
        let from = move |at| self.places.at_or_above(&self.nodes, at);
        let first = from(key(account, InstrumentId(0)));
        let each = core::iter::successors(first, move |&((number, instrument, _), _)| {
            from((number, instrument, 1))
        });
        let own = each.take_while(move |&((number, ..), _)| number == i64::from(account.0));
        own.map(|((_, number, _), place)| (InstrumentId(number), &self.holdings[place as usize]))
    }

    /// Feeds all that is not to be told from the books: nothing where no account has limits, and
    /// none has traded with another.
    pub(crate) fn hash(&self, hasher: &mut StateHasher) {
        for account in self.all() {
            hash_account(account, hasher);
            for (instrument, holding) in self.holdings_of(account.spec.account) {
                hasher.word(1 + u64::from(instrument.0));
                hasher.wide(holding.position);
            }
            hasher.word(0);
        }
        if !self.accounts.is_empty() {
            hasher.wide(self.fees);
        }
        self.standings.hash(hasher);
    }
}

/// How much of an order on this side brings a position no further than to nothing.
pub(crate) fn reducible(position: i128, side: Side) -> u128 {
    let owed = match side {
        Side::Buy => position.saturating_neg(),
        Side::Sell => position,
    };
    u128::try_from(owed).unwrap_or(0)
}

fn key(account: AccountId, instrument: InstrumentId) -> (i64, u32, u64) {
    (i64::from(account.0), instrument.0, 0)
}

fn hash_account(account: &Account, hasher: &mut StateHasher) {
    let spec = &account.spec;
    hasher.word(u64::from(spec.account.0));
    let counts = [spec.max_open_orders, spec.max_messages, spec.mmp_fills];
    let limits = [
        spec.max_order_qty,
        spec.max_order_notional,
        spec.max_open_qty,
        spec.max_long,
        spec.max_short,
        spec.collar,
        spec.mmp_qty,
    ];
    for limit in limits.into_iter().chain(counts.map(|count| count.map(u64::from))) {
        hasher.optional(limit.map(u64::cast_signed));
    }
    for word in [spec.per_ns, spec.mmp_ns, account.messages.from.0, account.messages.count] {
        hasher.word(word);
    }
    for word in [account.fills.from.0, account.fills.count, account.is_tripped.into()] {
        hasher.word(word);
    }
    hasher.wide(account.fills.lots.cast_signed());
    hasher.signed(spec.position);
    hasher.word(account.cash.is_some().into());
    hasher.wide(account.cash.unwrap_or(0));
}
