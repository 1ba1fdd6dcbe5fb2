//! What commands cause, as far as history wants to know.

use ringfence_core::{AccountId, Event, Interest, OrderId, Qty, What};

use crate::publisher::Outlet;
use crate::sequencer::Stamp;

/// What the latest command caused, as far as history wants to know.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Maker, taker, lots.
    pub(super) trades: Vec<(OrderId, OrderId, Qty)>,
    pub(super) rejected: u64,
}

impl Heard {
    /// Before the next command.
    pub(super) fn forget(&mut self) {
        self.trades.clear();
        self.rejected = 0;
    }

    /// Lots that the two traded. Strategies may have traded with either in the same turn.
    pub(super) fn traded(&self, maker: OrderId, taker: OrderId) -> Qty {
        let trades = self.trades.iter().filter(|trade| (trade.0, trade.1) == (maker, taker));
        Qty(trades.map(|trade| trade.2.0).sum())
    }
}

impl Outlet for Heard {
    fn interest(&self) -> Interest {
        Interest::TRADES.and(Interest::PRIVATE)
    }

    fn tell(&mut self, _stamp: Stamp, events: &[Event]) {
        for event in events {
            match event.what {
                What::Trade { buy_id, sell_id, maker_id: Some(maker), qty, .. } => {
                    let taker = if maker == buy_id { sell_id } else { buy_id };
                    self.trades.push((maker, taker, qty));
                }
                What::Rejected { account: AccountId(0), .. } => self.rejected += 1,
                _ => {}
            }
        }
    }
}
