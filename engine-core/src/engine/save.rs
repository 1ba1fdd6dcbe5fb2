//! The state of an engine as the records of a snapshot.

use alloc::string::String;
use alloc::vec::Vec;

use super::Engine;
use super::view::BookView;
use crate::book::call::Outcome;
use crate::book::{Book, Extra};
use crate::instrument::InstrumentSpec;
use crate::quantity::{Price, Qty};
use crate::risk::account::{Account, Window};
use crate::risk::standings::Standing;
use crate::snapshot::record::{
    AccountRecord, BookRecord, ExtraRecord, OrderRecord, SpecRecord, State,
};

impl Engine {
    /// All that is known, between two commands.
    pub(crate) fn save(&self) -> State {
        let capacity = self.capacity;
        State {
            capacity: [
                capacity.orders,
                capacity.levels,
                capacity.instruments,
                capacity.accounts,
                capacity.positions,
            ],
            seq: self.seq,
            now: self.now.0,
            entries: self.store.entries,
            blocked: self.accounts.blocked().iter().map(|account| account.0).collect(),
            accounts: self.accounts.all().map(|account| self.save_account(account)).collect(),
            standings: self.save_standings(),
            fees: self.accounts.fees,
            books: self.books.iter().map(|book| self.save_book(book)).collect(),
        }
    }

    fn save_standings(&self) -> Vec<(u32, u32, i128)> {
        let each = self.accounts.standings().sorted().into_iter();
        each.map(|Standing { account, instrument, position }| (account.0, instrument.0, position))
            .collect()
    }

    fn save_account(&self, account: &Account) -> AccountRecord {
        let spec = &account.spec;
        let window = |window: Window| (window.from.0, window.count, window.lots);
        let holdings = self.accounts.holdings_of(spec.account);
        AccountRecord {
            account: spec.account.0,
            limits: [
                spec.max_order_qty,
                spec.max_order_notional,
                spec.max_open_qty,
                spec.max_long,
                spec.max_short,
                spec.collar,
                spec.mmp_qty,
            ],
            counts: [spec.max_open_orders, spec.max_messages, spec.mmp_fills],
            per_ns: spec.per_ns,
            mmp_ns: spec.mmp_ns,
            opening_cash: spec.cash,
            opening_position: spec.position,
            cash: account.cash,
            windows: [window(account.messages), window(account.fills)],
            is_tripped: account.is_tripped,
            positions: holdings.map(|(at, holding)| (at.0, holding.position)).collect(),
        }
    }

    fn save_book(&self, book: &Book) -> BookRecord {
        let view = BookView::new(&self.store, book);
        let (mut orders, mut extras) = (Vec::with_capacity(book.live as usize), Vec::new());
        for key in view.all_keys() {
            let order = self.store.orders.order(key);
            let rests = !self.store.orders[key].waits();
            if let Some(extra) = self.store.extra(key) {
                extras.push(save_extra(extra));
            }
            let has_extra = self.store.extra(key).is_some();
            let place = u32::try_from(extras.len()).expect("no more than orders");
            orders.push(OrderRecord {
                id: order.id.0,
                open: order.open.0,
                shown: if rests { order.shown.0 } else { 0 },
                filled: order.filled.0,
                price: rests.then(|| self.store.levels[order.level].price.0),
                account: order.account.0,
                stp_group: order.stp_group,
                extra: if has_extra { place } else { 0 },
                small: [order.side as u8, order.tif as u8, order.stp as u8, order.terms.0],
            });
        }
        BookRecord {
            spec: save_spec(&book.spec),
            phase: book.phase as u8,
            last_trade: book.last_trade.map(|price| price.0),
            trades: book.trades,
            told: book.told.map(|best| best.map(|(price, qty)| (price.0, qty.get()))),
            call: (book.call.kind as u8, book.call.gathers),
            until: book.call.until.map(|until| until.0),
            indicated: save_outcome(book.call.told),
            orders,
            extras,
        }
    }
}

fn save_extra(extra: &Extra) -> ExtraRecord {
    let ticks = |price: Option<Price>| price.map(|price| price.0);
    ExtraRecord {
        expire_at: extra.expire_at.0,
        entry: extra.entry,
        display: extra.display.0,
        group: extra.group,
        limit: ticks(extra.limit),
        stop: ticks(extra.stop),
        trail: extra.trail,
        moved_by: ticks(extra.moved_by),
        min_qty: extra.min_qty.0,
        parent: extra.parent,
        offset: extra.offset,
        small: [
            extra.order_type as u8,
            extra.waits as u8,
            extra.peg as u8,
            extra.quote.into(),
            extra.reduce_only.into(),
            extra.for_call.into(),
        ],
    }
}

fn save_outcome(told: Outcome) -> (Option<i64>, u128, i128) {
    (told.price.map(|price| price.0), told.qty.get(), told.surplus.get())
}

fn save_spec(spec: &InstrumentSpec) -> SpecRecord {
    let lots = |qty: Option<Qty>| qty.map(|qty| qty.0);
    let shares = &spec.allocation;
    SpecRecord {
        instrument: spec.instrument.0,
        symbol: String::from(spec.symbol.as_str()),
        small: [spec.scale, spec.algo as u8, spec.replace_policy as u8, spec.phase as u8],
        tick: spec.tick,
        ticks: spec.ticks.iter().map(|&(from, tick)| (from.0, tick)).collect(),
        bounds: [
            spec.lot,
            spec.min_qty.0,
            spec.max_qty.0,
            spec.max_notional,
            spec.volatility_auction_ns,
        ],
        reference: spec.reference.map(|price| price.0),
        bands: [spec.static_band, spec.dynamic_band],
        bps: [spec.maker_bps, spec.taker_bps],
        max_orders: spec.max_orders,
        fifo_percent: shares.fifo_percent,
        shares: [lots(shares.pro_rata_min), lots(shares.top_min), lots(shares.top_max)],
        leveling: shares.leveling,
        makers: shares.makers.iter().map(|&(account, percent)| (account.0, percent)).collect(),
    }
}
