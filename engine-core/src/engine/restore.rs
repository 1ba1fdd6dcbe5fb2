//! An engine from the records of a snapshot. Every record is looked at before it is believed.

mod values;

use alloc::vec::Vec;

use super::Engine;
use super::desk::Desk;
use super::waiting::trail_key;
use crate::book::call::{Kind, Outcome};
use crate::book::heed::Heed;
use crate::book::index::Mixer;
use crate::book::ladder::Page;
use crate::book::level::Level;
use crate::book::order::{Order, Terms};
use crate::book::orders::Seat;
use crate::book::pool::NONE;
use crate::book::{Book, Extra, Waits};
use crate::command::{OrderType, Phase};
use crate::event::{Discard, EventSink, Surplus, Total};
use crate::id::{AccountId, InstrumentId};
use crate::limits::{Capacity, WHOLES_MAX};
use crate::quantity::{Price, Time};
use crate::risk::AccountSpec;
use crate::risk::account::{Account, Window};
use crate::snapshot::SnapshotError;
use crate::snapshot::record::{AccountRecord, BookRecord, ExtraRecord, OrderRecord, State};

use values::{rebuild_extra, rebuild_order, rebuild_spec};

type Checked<T> = Result<T, SnapshotError>;

impl Engine {
    /// The engine that these records are of.
    pub(crate) fn rebuild(
        state: &State,
        capacity: Option<Capacity>,
        mixer: Mixer,
    ) -> Checked<Self> {
        let [orders, levels, instruments, accounts, positions] = state.capacity;
        let own = Capacity { orders, levels, instruments, accounts, positions };
        let capacity = capacity.unwrap_or(own);
        check_room(state, capacity)?;
        check_entries(state)?;
        let mut engine = Self::mixed(capacity, mixer);
        (engine.seq, engine.now) = (state.seq, Time(state.now));
        for &account in &state.blocked {
            engine
                .accounts
                .block(AccountId(account))
                .map_err(|_| SnapshotError::Capacity("blocked accounts"))?;
        }
        for account in &state.accounts {
            engine.rebuild_account(account)?;
        }
        engine.accounts.fees = state.fees;
        for book in &state.books {
            engine.rebuild_book(book)?;
        }
        for &standing in &state.standings {
            engine.rebuild_standing(standing)?;
        }
        engine.store.entries = state.entries;
        Ok(engine)
    }

    fn rebuild_account(&mut self, record: &AccountRecord) -> Checked<()> {
        let number = AccountId(record.account);
        must(self.accounts.find(number).is_none(), "two accounts have one number")?;
        let [max_order_qty, max_order_notional, max_open_qty, max_long, max_short, collar, mmp_qty] =
            record.limits;
        let [max_open_orders, max_messages, mmp_fills] = record.counts;
        let spec = AccountSpec {
            account: number,
            max_order_qty,
            max_order_notional,
            max_open_orders,
            max_open_qty,
            max_long,
            max_short,
            collar,
            max_messages,
            per_ns: record.per_ns,
            mmp_qty,
            mmp_fills,
            mmp_ns: record.mmp_ns,
            cash: record.opening_cash,
            position: record.opening_position,
        };
        must(spec.is_sound(), "the limits of an account do not go together")?;
        let [messages, fills] = record.windows.map(|(from, count, lots)| {
            // No interval begins after the present.
            (from <= self.now.0).then_some(Window { from: Time(from), count, lots })
        });
        let (Some(messages), Some(fills)) = (messages, fills) else {
            return Err(SnapshotError::Inconsistent("an interval begins in the future"));
        };
        let mut account = Account::new(spec);
        (account.cash, account.is_tripped) = (record.cash, record.is_tripped);
        (account.messages, account.fills) = (messages, fills);
        self.accounts.insert(account);
        for &(instrument, position) in &record.positions {
            if let Some(holding) = self.accounts.holding_mut(number, InstrumentId(instrument)) {
                holding.position = position;
            }
        }
        Ok(())
    }

    fn rebuild_standing(&mut self, (account, instrument, lots): (u32, u32, i128)) -> Checked<()> {
        let (account, instrument) = (AccountId(account), InstrumentId(instrument));
        must(self.directory.has(instrument), "a position in no instrument")?;
        let standings = self.accounts.standings();
        let kept = self.accounts.find(account).is_some() || standings.has(account, instrument);
        must(!kept, "an account has two positions in an instrument")?;
        let fits = self.accounts.standings_mut().add(account, instrument, lots);
        room(fits, "positions")
    }

    fn rebuild_book(&mut self, record: &BookRecord) -> Checked<()> {
        let spec = rebuild_spec(&record.spec)?;
        let position = self.directory.list(spec.instrument);
        let position = position.ok_or(odd("two instruments have one number"))?;
        let mut book = Book::new(spec, position);
        book.enter_phase(Phase::from_wire(record.phase).ok_or(odd("a phase"))?);
        book.last_trade = record.last_trade.map(Price);
        book.trades = record.trades;
        book.told =
            record.told.map(|best| best.map(|(price, qty)| (Price(price), Total::new(qty))));
        rebuild_call(&mut book, record)?;
        if let Some(until) = book.call.until {
            self.store.start_clock(until, &book);
        }
        self.books.push(book);
        let mut nobody = Discard;
        let mut desk = self.desk_of(position as usize, &mut nobody);
        for order in &record.orders {
            desk.rebuild_order(order, &record.extras)?;
        }
        desk.book.heed = Heed::of(desk.book);
        Ok(())
    }
}

impl<S: EventSink> Desk<'_, S> {
    fn rebuild_order(&mut self, record: &OrderRecord, extras: &[ExtraRecord]) -> Checked<()> {
        let extra = match record.extra.checked_sub(1) {
            None => None,
            Some(at) => Some(extras.get(at as usize).ok_or(odd("the extra of an order"))?),
        };
        let extra = extra.map(rebuild_extra).transpose()?;
        let order = rebuild_order(record, self.book.position, extra.as_ref())?;
        must(self.store.find(order.book, order.id).is_none(), "two live orders have one name")?;
        let wholes = self.book.wholes.len() + self.book.wholes_waiting as usize;
        let whole = order.terms.has(Terms::WHOLE);
        must(!whole || wholes < WHOLES_MAX, "too many all-or-none orders live")?;
        self.check_taken(&order, extra.as_ref())?;
        let key = match record.price {
            Some(price) => self.rebuild_resting(&order, Price(price))?,
            None => {
                self.book.live += 1;
                self.store.waiting += 1;
                self.book.wholes_waiting += u32::from(whole);
                self.store.insert(&order)
            }
        };
        if let Some(extra) = extra {
            self.rebuild_links(key, &order, extra, record.price.is_some());
        }
        if order.terms.has(Terms::TOP) {
            self.book.tops[order.side.index()] = key;
        }
        if self.accounts.watch {
            self.opened(key);
        }
        Ok(())
    }

    /// What only one order of a kind can have.
    fn check_taken(&self, order: &Order, extra: Option<&Extra>) -> Checked<()> {
        let at = (order.account.0.into(), order.side as u32, 0);
        let quoted = self.book.quotes.find(&self.store.nodes, at).is_some();
        let quotes = extra.is_some_and(|extra| extra.quote);
        must(!(quotes && quoted), "an account has two quotes on one side")?;
        // What an account owns of an instrument is kept from its first order there.
        let kept = self.accounts.get(order.account).is_none()
            || self.accounts.has_room(order.account, self.book.spec.instrument);
        room(kept, "positions")
    }

    fn rebuild_resting(&mut self, order: &Order, price: Price) -> Checked<u32> {
        let there = self.book.side(order.side).find(self.store, price) != NONE;
        room(there || !self.store.levels.is_full(), "levels")?;
        let level = self.book.level_for(self.store, order.side, price);
        Ok(self.book.rest(self.store, &Order { level, ..order.clone() }))
    }

    /// Enters an order into every set that it is found in.
    fn rebuild_links(&mut self, key: u32, order: &Order, extra: Extra, rests: bool) {
        let Extra { entry, waits, parent, stop, trail, moved_by, order_type, for_call, .. } = extra;
        self.store.attach_as(self.book.position, key, extra);
        self.join(key);
        let nodes = &mut self.store.nodes;
        if !rests {
            self.book.waiting.insert(nodes, (0, 0, entry), key);
        }
        let side = order.side.index();
        match waits {
            Waits::Parent => {
                self.book.children.insert(nodes, (parent.cast_signed(), 0, entry), key);
            }
            Waits::Stop => {
                if let Some(stop) = stop {
                    self.book.stops[side].insert(nodes, (stop.0, 0, entry), key);
                }
                if trail != 0 {
                    self.book.trails[side].insert(
                        nodes,
                        trail_key(order.side, moved_by, entry),
                        key,
                    );
                }
            }
            Waits::Call => {
                self.book.call.markets[side].insert(nodes, (0, 0, entry), key);
                self.book.call.market_qty[side] += u128::from(order.open.0);
            }
            _ => {}
        }
        if for_call {
            self.book.call.only.insert(&mut self.store.nodes, (0, 0, entry), key);
        }
        if order_type == OrderType::Pegged {
            self.count_pegged();
            self.store.waiting += u32::from(rests);
            if waits != Waits::Parent {
                self.book.pegs.insert(&mut self.store.nodes, (0, 0, entry), key);
            }
        }
    }
}

/// Whether an engine of this capacity can be, and holds all that these records are of.
fn check_room(state: &State, capacity: Capacity) -> Checked<()> {
    let possible =
        capacity.orders <= Capacity::ORDERS_MAX && capacity.levels <= Capacity::LEVELS_MAX;
    must(possible, "its capacity is beyond every engine's")?;
    if !has_memory(capacity) {
        return Err(SnapshotError::Memory);
    }
    let live: usize = state.books.iter().map(|book| book.orders.len()).sum();
    room(live <= capacity.orders as usize, "orders")?;
    room(state.books.len() <= capacity.instruments as usize, "instruments")?;
    room(state.accounts.len() <= capacity.accounts as usize, "accounts")?;
    room(state.blocked.len() <= capacity.accounts as usize, "blocked accounts")?;
    let kept: usize = state.accounts.iter().map(|account| account.positions.len()).sum();
    room(kept <= capacity.positions as usize, "positions")
}

/// Whether there is memory for an engine of this capacity: to build one ends the process if not.
fn has_memory(capacity: Capacity) -> bool {
    let Capacity { orders, levels, instruments, accounts, positions } = capacity;
    let parts = [
        (orders, size_of::<Seat>() + size_of::<Extra>() + ORDER_LEN),
        (levels, size_of::<Level>() + size_of::<Page>() + ORDER_LEN),
        (instruments, size_of::<Book>()),
        (accounts, size_of::<Account>()),
        (positions, POSITION_LEN),
    ];
    let sum: u128 = parts.iter().map(|&(count, len)| u128::from(count) * len as u128).sum();
    usize::try_from(sum).is_ok_and(|len| Vec::<u8>::new().try_reserve_exact(len).is_ok())
}

/// About what an order's detail, its places in trees and its entry in the index take.
const ORDER_LEN: usize = 256;

/// About what a position takes, with limits and without.
const POSITION_LEN: usize = 256;

/// Whether the places in time of all orders are different and past.
fn check_entries(state: &State) -> Checked<()> {
    let extras = state.books.iter().flat_map(|book| &book.extras);
    let mut entries: Vec<u64> = extras.map(|extra| extra.entry).collect();
    entries.sort_unstable();
    let different = entries.windows(2).all(|pair| pair[0] < pair[1]);
    let past = entries.last().is_none_or(|&last| last <= state.entries);
    must(different && past && entries.first() != Some(&0), "the age of an order")?;
    let mut named = Vec::new();
    for book in &state.books {
        named.clear();
        named.extend(book.orders.iter().map(|order| order.extra).filter(|&extra| extra != 0));
        let count = named.len();
        named.sort_unstable();
        named.dedup();
        must(named.len() == count && count == book.extras.len(), "the extra of an order")?;
    }
    Ok(())
}

/// The auction that orders gather for, or will.
fn rebuild_call(book: &mut Book, record: &BookRecord) -> Checked<()> {
    let (kind, gathers) = record.call;
    book.call.kind = Kind::from_number(kind).ok_or(odd("an auction"))?;
    must(gathers || !book.phase.rules().gathers, "an auction nobody gathers for")?;
    must(!gathers || !book.phase.rules().matches, "orders match that gather")?;
    book.call.gathers = gathers;
    must(record.until.is_none() || book.phase == Phase::Auction, "an end of no auction")?;
    book.call.until = record.until.map(Time);
    let (price, qty, surplus) = record.indicated;
    let (qty, surplus) = (Total::new(qty), Surplus::new(surplus));
    book.call.told = Outcome { price: price.map(Price), qty, surplus };
    Ok(())
}

/// What cannot be.
const fn odd(what: &'static str) -> SnapshotError {
    SnapshotError::Inconsistent(what)
}

fn must(is_so: bool, what: &'static str) -> Checked<()> {
    if is_so { Ok(()) } else { Err(SnapshotError::Inconsistent(what)) }
}

fn room(there_is: bool, what: &'static str) -> Checked<()> {
    if there_is { Ok(()) } else { Err(SnapshotError::Capacity(what)) }
}
