//! Turns messages into commands that keep the engine's book equal to history's.

mod heard;

use std::collections::HashMap;

use ringfence_core::{
    AccountId, BookView, Cancel, Command, InstrumentId, InstrumentSpec, NewOrder, OrderId, Phase,
    Price, Qty, Reduce, Side, Time, TimeInForce,
};

use super::message::{Kind, Message, ORDER_ID_END};
use super::rows::Row;
use crate::error::RunError;
use crate::replay::run::Run;
use crate::seat::is_strategys;
use crate::sequencer::Stamped;
use heard::Heard;

/// History so far.
#[derive(Debug)]
pub struct History {
    spec: InstrumentSpec,
    /// Per level of the seed, the one order that stands for all that rested there before.
    anonymous: HashMap<(Side, Price), OrderId>,
    /// Lots of history's orders that traded with strategies, who were not there in history.
    strayed: HashMap<OrderId, u64>,
    takers: u64,
    counts: Counts,
    heard: Heard,
}

/// What was met on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages by type, from type 1.
    pub messages: [u64; 7],
    /// Executions of an order that stood at the head of the best price.
    pub at_head: u64,
    /// Of these, executions that traded with another order, or with less than the message says.
    pub with_another: u64,
    /// Executions of an order that stood elsewhere: reduced instead.
    pub not_at_head: u64,
    /// Executions of orders that no message added.
    pub of_unknown: u64,
    /// Messages about orders that were nowhere, not even as part of a seeded level.
    pub nowhere: u64,
    /// Messages that took more, or less, off an order than was open.
    pub clamped: u64,
    /// Orders that a later order would have met although history had none there any more.
    pub stale: u64,
    /// Adds whose order was already there.
    pub repeated: u64,
    /// Commands that the engine turned away.
    pub rejected: u64,
    /// Executions that met orders of strategies first.
    pub met_strategies: u64,
    /// Lots that strategies traded in these executions.
    pub met_strategies_qty: u64,
    /// Messages about orders with which strategies had traded.
    pub strayed: u64,
}

/// The one instrument of a day: what strategies trade where they are told no other.
pub const INSTRUMENT: InstrumentId = InstrumentId(0);

/// Ids of anonymous orders count from here, those of takers from the next.
const FIRST_ANONYMOUS: u64 = 1 << 63;
const FIRST_TAKER: u64 = 0b11 << 62;

impl History {
    /// Nothing happened yet.
    #[must_use]
    pub fn new(spec: InstrumentSpec) -> Self {
        Self {
            spec,
            anonymous: HashMap::new(),
            strayed: HashMap::new(),
            takers: 0,
            counts: Counts::default(),
            heard: Heard::default(),
        }
    }

    /// Defines the instrument and builds up the book of `row`, which is what the book was after
    /// `first`, as it was before: one order per level.
    ///
    /// # Errors
    ///
    /// Where the engine does not take an order of the row, or the journal is full.
    pub fn seed(
        &mut self,
        row: Option<&Row>,
        first: &Message,
        run: &mut Run,
    ) -> Result<(), RunError> {
        let define = Command::Instrument(Box::new(self.spec.clone()));
        run.host.prepare(Stamped { at: first.at, command: define }, &mut self.heard)?;
        for side in Side::BOTH {
            for (price, qty) in row.iter().flat_map(|row| row.side(side)) {
                let Some(qty) = before(first, side, price, qty) else { continue };
                let id = OrderId(FIRST_ANONYMOUS + self.anonymous.len() as u64);
                self.anonymous.insert((side, price), id);
                let order =
                    NewOrder { instrument: INSTRUMENT, ..NewOrder::limit(id, side, price, qty) };
                run.host.prepare(
                    Stamped { at: first.at, command: Command::New(order) },
                    &mut self.heard,
                )?;
            }
        }
        Ok(())
    }

    /// Takes one message.
    ///
    /// # Errors
    ///
    /// Where the journal is full.
    pub fn follow(&mut self, message: &Message, run: &mut Run) -> Result<(), RunError> {
        self.counts.messages[match message.kind {
            Kind::Add => 0,
            Kind::Reduce => 1,
            Kind::Delete => 2,
            Kind::Execute => 3,
            Kind::ExecuteHidden => 4,
            Kind::Cross => 5,
            Kind::Halt | Kind::Quoting | Kind::Resume => 6,
        }] += 1;
        match message.kind {
            Kind::Add => self.add(message, run),
            Kind::Reduce | Kind::Delete => self.shrink(message, run),
            Kind::Execute => self.execute(message, run),
            Kind::ExecuteHidden | Kind::Cross => Ok(()),
            Kind::Halt => self.phase(Phase::Halted, message.at, run),
            // What quotes before trading resumes does not cross in the file.
            Kind::Quoting | Kind::Resume => self.phase(Phase::Continuous, message.at, run),
        }
    }

    /// What was met on the way.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    fn add(&mut self, message: &Message, run: &mut Run) -> Result<(), RunError> {
        if book(run).order(message.id).is_some() {
            self.counts.repeated += 1;
            return Ok(());
        }
        self.clear_stale(message, run)?;
        let Message { id, side, price, size, .. } = *message;
        let order = NewOrder { instrument: INSTRUMENT, ..NewOrder::limit(id, side, price, size) };
        self.turn(message.at, Command::New(order), run)
    }

    /// Cancels history's orders that the new one would trade with: in history it rested, so they
    /// had left, by messages that the file does not have.
    fn clear_stale(&mut self, message: &Message, run: &mut Run) -> Result<(), RunError> {
        let crossed =
            |order: &ringfence_core::OrderView| message.side.crosses(message.price, order.price);
        let orders = book(run).orders(message.side.opposite()).take_while(crossed);
        let stale: Vec<OrderId> =
            orders.map(|order| order.id).filter(|&id| !is_strategys(id)).collect();
        for id in stale {
            self.counts.stale += 1;
            let cancel = Cancel { instrument: INSTRUMENT, account: AccountId(0), id };
            self.turn(message.at, Command::Cancel(cancel), run)?;
        }
        Ok(())
    }

    fn shrink(&mut self, message: &Message, run: &mut Run) -> Result<(), RunError> {
        let Some(id) = self.find(message, run) else { return Ok(()) };
        let open = open(id, run);
        let whole = message.kind == Kind::Delete && id == message.id;
        let off = if message.size > open || (whole && message.size != open) {
            self.count_clamped(id);
            if whole { open } else { message.size.min(open) }
        } else {
            message.size
        };
        self.reduce(id, off, message.at, run)
    }

    fn execute(&mut self, message: &Message, run: &mut Run) -> Result<(), RunError> {
        let is_known = book(run).order(message.id).is_some();
        if !is_known && !self.strayed.contains_key(&message.id) {
            self.counts.of_unknown += 1;
        }
        let target = self.find(message, run);
        let queue = Queue::before(target, message, book(run));
        let open = target.map_or(Qty::ZERO, |id| open(id, run));
        if message.size > open
            && let Some(id) = target
        {
            self.count_clamped(id);
        }
        match target {
            Some(_) if is_known && queue.leads => self.counts.at_head += 1,
            Some(_) if is_known => self.counts.not_at_head += 1,
            _ => {}
        }
        if !queue.leads && queue.strategies.is_zero() {
            return match target {
                Some(id) => self.reduce(id, message.size.min(open), message.at, run),
                None => Ok(()),
            };
        }
        let reach = if queue.leads { open } else { Qty::ZERO };
        let wanted = Qty(queue.strategies.0.saturating_add(reach.0)).min(message.size);
        let taker = self.take(message, wanted, run)?;
        let hit = target.map_or(Qty::ZERO, |id| self.heard.traded(id, taker));
        let expected = wanted.saturating_sub(queue.strategies);
        if is_known && queue.leads && hit != expected {
            self.counts.with_another += 1;
        }
        if !queue.strategies.is_zero() {
            self.counts.met_strategies += 1;
            self.counts.met_strategies_qty += wanted.saturating_sub(hit).0;
        }
        // What strategies took of it in this replay, the named order lost in history.
        match target {
            Some(id) if hit < message.size => {
                let left = open.saturating_sub(hit);
                self.reduce(id, message.size.saturating_sub(hit).min(left), message.at, run)
            }
            _ => Ok(()),
        }
    }

    /// Sends the taker of an execution.
    fn take(&mut self, message: &Message, qty: Qty, run: &mut Run) -> Result<OrderId, RunError> {
        let id = OrderId(FIRST_TAKER + self.takers);
        self.takers += 1;
        let order = NewOrder {
            instrument: INSTRUMENT,
            tif: TimeInForce::Ioc,
            ..NewOrder::limit(id, message.side.opposite(), message.price, qty)
        };
        self.turn(message.at, Command::New(order), run)?;
        Ok(id)
    }

    fn reduce(&mut self, id: OrderId, by: Qty, at: Time, run: &mut Run) -> Result<(), RunError> {
        // A strategy may have traded with it since it was looked at.
        if by.is_zero() || book(run).order(id).is_none() {
            return Ok(());
        }
        let account = AccountId(0);
        self.turn(at, Command::Reduce(Reduce { instrument: INSTRUMENT, account, id, by }), run)
    }

    fn phase(&mut self, phase: Phase, at: Time, run: &mut Run) -> Result<(), RunError> {
        self.turn(at, Command::Phase { instrument: INSTRUMENT, phase }, run)
    }

    fn turn(&mut self, at: Time, command: Command, run: &mut Run) -> Result<(), RunError> {
        self.heard.forget();
        run.turn(Stamped { at, command }, &mut self.heard)?;
        self.count_heard();
        Ok(())
    }

    /// The last turn, when there are no more messages.
    ///
    /// # Errors
    ///
    /// Where the journal is full.
    pub fn finish(&mut self, run: &mut Run) -> Result<(), RunError> {
        self.heard.forget();
        run.finish(&mut self.heard)?;
        self.count_heard();
        Ok(())
    }

    fn count_heard(&mut self) {
        self.counts.rejected += self.heard.rejected;
        for &(maker, taker, qty) in &self.heard.trades {
            for (own, other) in [(maker, taker), (taker, maker)] {
                if !is_strategys(own) && is_strategys(other) && own.0 < FIRST_TAKER {
                    *self.strayed.entry(own).or_default() += qty.0;
                }
            }
        }
    }

    /// The order that a message is about: the one it names, or the anonymous one at its price.
    fn find(&mut self, message: &Message, run: &Run) -> Option<OrderId> {
        if book(run).order(message.id).is_some() {
            return Some(message.id);
        }
        if self.strayed.contains_key(&message.id) {
            self.counts.strayed += 1;
            return None;
        }
        let anonymous = self.anonymous.get(&(message.side, message.price)).copied();
        let lives = anonymous.filter(|&id| book(run).order(id).is_some());
        if lives.is_none() {
            self.counts.nowhere += 1;
        }
        lives
    }

    fn count_clamped(&mut self, id: OrderId) {
        if self.strayed.contains_key(&id) {
            self.counts.strayed += 1;
        } else {
            self.counts.clamped += 1;
        }
    }
}

/// What stands before an order that is about to be executed.
struct Queue {
    /// Lots of strategies that are served first.
    strategies: Qty,
    /// Whether nothing else is.
    leads: bool,
}

impl Queue {
    fn before(target: Option<OrderId>, message: &Message, book: BookView<'_>) -> Self {
        let mut strategies = Qty::ZERO;
        for order in book.orders(message.side) {
            if Some(order.id) == target {
                let leads = order.price == message.price;
                return Self { strategies, leads };
            }
            let in_reach = message.side.opposite().crosses(message.price, order.price);
            if !in_reach || !is_strategys(order.id) {
                break;
            }
            strategies = Qty(strategies.0.saturating_add(order.open.0));
        }
        Self { strategies, leads: false }
    }
}

/// What a level held before `first`, if anything; `qty` is what it held after.
fn before(first: &Message, side: Side, price: Price, qty: u128) -> Option<Qty> {
    let size = u128::from(first.size.0);
    let qty = match first.kind {
        _ if (first.side, first.price) != (side, price) => qty,
        Kind::Add => qty.saturating_sub(size),
        Kind::Reduce | Kind::Delete | Kind::Execute => qty + size,
        _ => qty,
    };
    u64::try_from(qty).ok().filter(|&qty| qty > 0).map(Qty)
}

fn book(run: &Run) -> BookView<'_> {
    run.host.engine().book(INSTRUMENT).expect("seed defined it")
}

fn open(id: OrderId, run: &Run) -> Qty {
    book(run).order(id).map_or(Qty::ZERO, |order| order.open)
}

const _: () = assert!(ORDER_ID_END < FIRST_ANONYMOUS && FIRST_ANONYMOUS < FIRST_TAKER);

#[cfg(test)]
mod tests;
