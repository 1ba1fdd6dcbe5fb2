//! Whether lots and money go where the events say, and nowhere else.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::command::Command;
use crate::engine::Engine;
use crate::event::{Event, What};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::side::Side;

/// What every account with limits owned before a command.
#[derive(Clone, Debug)]
pub struct Owned(BTreeMap<AccountId, Purse>);

#[derive(Clone, Debug)]
struct Purse {
    cash: Option<i128>,
    positions: BTreeMap<InstrumentId, i128>,
}

impl Owned {
    /// What accounts own now.
    #[must_use]
    pub fn by(engine: &Engine) -> Self {
        let instruments: Vec<InstrumentId> = engine.instruments().collect();
        let purse = |account: crate::AccountView<'_>| {
            let positions = instruments.iter().map(|&of| (of, account.position(of))).collect();
            (account.spec().account, Purse { cash: account.cash(), positions })
        };
        Self(engine.accounts().map(purse).collect())
    }

    /// Asserts that `command`, which caused `events`, changed what accounts own by the fills that it
    /// told and by nothing else.
    ///
    /// # Panics
    ///
    /// Where anything is owned that no event brought.
    pub fn check(mut self, command: &Command, events: &[Event], engine: &Engine) {
        let mut sides = BTreeMap::new();
        for event in events {
            if let What::Trade { buy_id, sell_id, .. } = event.what {
                sides = [(buy_id, Side::Buy), (sell_id, Side::Sell)].into_iter().collect();
            }
            self.take(event, &sides);
        }
        let named = if let Command::Account(spec) = command { Some(spec.account) } else { None };
        for (account, purse) in Self::by(engine).0 {
            let before = self.0.get(&account);
            let Some(before) = before.filter(|_| named != Some(account)) else { continue };
            assert_eq!(purse.cash, before.cash, "the cash of account {account}");
            for (instrument, position) in &before.positions {
                let now = purse.positions.get(instrument);
                assert_eq!(now, Some(position), "account {account} in {instrument}");
            }
        }
    }

    fn take(&mut self, event: &Event, sides: &BTreeMap<OrderId, Side>) {
        let What::Filled { id, account, price, qty, fee, .. } = event.what else { return };
        let Some(purse) = self.0.get_mut(&account) else { return };
        let sign = if sides.get(&id) == Some(&Side::Buy) { 1 } else { -1 };
        let paid = (price * qty).0 * sign;
        purse.cash = purse.cash.map(|cash| cash.saturating_sub(paid).saturating_sub(fee.get()));
        let position = purse.positions.entry(event.instrument).or_default();
        *position += i128::from(qty.0) * sign;
    }
}
