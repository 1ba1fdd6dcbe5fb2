//! What a strategy can see and do while it handles an event.

mod error;
mod log;
mod look;

use core::fmt;

use ringfence_core::{
    AccountId, Cancel, Command, InstrumentId, NewOrder, NewQty, OrderId, OrderType, PostOnly,
    Price, Qty, Quote, Reduce, Replace, Scope, Side, Time, TimeInForce,
};

use ringfence_core::wire::{COMMAND_LEN, CommandRecord};

use crate::blotter::{Blotter, OwnOrder};
use crate::imports;
use crate::strategy::Fill;

pub use error::{Full, SubmitError};
#[cfg(target_arch = "wasm32")]
pub(crate) use log::Line;
pub use log::LogLevel;
pub(crate) use log::log_line;

/// What a strategy can see and do while it handles an event.
///
/// Commands are collected and carried out after the batch of events, in the order in which they
/// were given; their outcome comes as events of a later batch. An order's `account` is whatever
/// the host says, and an `id` of 0 means that the next free name is given to it.
///
/// ```
/// # use ringfence_guest::prelude::*;
/// /// Keeps one bid for 10 lots at a price: sends it, moves it, or waits for an answer.
/// fn stay_at(price: Price, context: &mut Context<'_>) -> Result<(), Full> {
///     match context.orders().first().copied() {
///         None => context.limit(InstrumentId(0), Side::Buy, price, Qty(10)).map(|_| ()),
///         Some(order) if order.waiting || order.price == Some(price) => Ok(()),
///         Some(order) => context.replace(order.instrument, order.id, price, order.open),
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Context<'a> {
    blotter: &'a mut Blotter,
    commands: &'a mut [[u8; COMMAND_LEN]],
    count: usize,
    time: Time,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        blotter: &'a mut Blotter,
        commands: &'a mut [[u8; COMMAND_LEN]],
        time: Time,
    ) -> Self {
        Self { blotter, commands, count: 0, time }
    }

    /// Places an order: anything that an order can be.
    ///
    /// ```
    /// # use ringfence_guest::prelude::*;
    /// # fn example(context: &mut Context<'_>) -> Result<(), Full> {
    /// // 500 lots of which 50 are shown, at 99 in instrument 3.
    /// let order = NewOrder::limit(OrderId(0), Side::Buy, Price(99), Qty(500));
    /// context.place(NewOrder { instrument: InstrumentId(3), display: Qty(50), ..order })?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Full`] where the command or the order has no room; nothing is sent.
    pub fn place(&mut self, order: NewOrder) -> Result<OrderId, Full> {
        self.room_for(order.instrument, 1)?;
        let order = NewOrder { id: self.blotter.name(order.id, 1), ..order };
        self.push(&Command::New(order))?;
        self.follow(order.instrument, order.id, order.side, order.price, order.qty);
        Ok(order.id)
    }

    /// Places a limit order that stays until it is cancelled.
    ///
    /// # Errors
    ///
    /// As [`place`](Self::place).
    pub fn limit(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        price: Price,
        qty: Qty,
    ) -> Result<OrderId, Full> {
        self.place(NewOrder { instrument, ..NewOrder::limit(OrderId(0), side, price, qty) })
    }

    /// Places a limit order that is turned away if it would take.
    ///
    /// # Errors
    ///
    /// As [`place`](Self::place).
    pub fn post_only(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        price: Price,
        qty: Qty,
    ) -> Result<OrderId, Full> {
        let order = NewOrder::limit(OrderId(0), side, price, qty);
        self.place(NewOrder { instrument, post_only: PostOnly::Reject, ..order })
    }

    /// Takes what there is up to a price; the rest is cancelled.
    ///
    /// # Errors
    ///
    /// As [`place`](Self::place).
    pub fn ioc(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        price: Price,
        qty: Qty,
    ) -> Result<OrderId, Full> {
        let order = NewOrder::limit(OrderId(0), side, price, qty);
        self.place(NewOrder { instrument, tif: TimeInForce::Ioc, ..order })
    }

    /// Takes what there is at any price; the rest is cancelled.
    ///
    /// # Errors
    ///
    /// As [`place`](Self::place).
    pub fn market(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        qty: Qty,
    ) -> Result<OrderId, Full> {
        self.place(NewOrder { instrument, ..NewOrder::market(OrderId(0), side, qty) })
    }

    /// Waits until the market trades at `trigger` or beyond it (above to buy, below to sell), and
    /// then takes at any price: what protects a position. Nobody sees it before.
    ///
    /// While it waits it is among [`orders`](Self::orders), without a price; when its turn comes
    /// [`Strategy::on_update`](crate::Strategy::on_update) hears of it.
    ///
    /// ```
    /// # use ringfence_guest::{Full, prelude::*};
    /// # fn example(fill: &Fill, context: &mut Context<'_>) -> Result<(), Full> {
    /// let trigger = fill.side.behind(fill.price, 50);
    /// context.stop(fill.instrument, fill.side.opposite(), trigger, fill.qty)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`place`](Self::place).
    pub fn stop(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        trigger: Price,
        qty: Qty,
    ) -> Result<OrderId, Full> {
        let order = NewOrder { stop: Some(trigger), ..NewOrder::market(OrderId(0), side, qty) };
        self.place(NewOrder { instrument, order_type: OrderType::Stop, ..order })
    }

    /// A [`stop`](Self::stop) that follows the market: its trigger stays within `trail` ticks of
    /// the best price traded since, and never moves away from the market.
    ///
    /// # Errors
    ///
    /// As [`place`](Self::place).
    pub fn trailing_stop(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        trail: u64,
        qty: Qty,
    ) -> Result<OrderId, Full> {
        let order = NewOrder { trail, ..NewOrder::market(OrderId(0), side, qty) };
        self.place(NewOrder { instrument, order_type: OrderType::TrailingStop, ..order })
    }

    /// Takes an order off the book.
    ///
    /// # Errors
    ///
    /// [`Full::Commands`] where the command has no room.
    pub fn cancel(&mut self, instrument: InstrumentId, id: OrderId) -> Result<(), Full> {
        self.push(&Command::Cancel(Cancel { instrument, account: NOBODY, id }))?;
        self.blotter.asked(id);
        Ok(())
    }

    /// Lowers what is open of an order; it keeps its place in the queue.
    ///
    /// # Errors
    ///
    /// [`Full::Commands`] where the command has no room.
    pub fn reduce(&mut self, instrument: InstrumentId, id: OrderId, by: Qty) -> Result<(), Full> {
        self.push(&Command::Reduce(Reduce { instrument, account: NOBODY, id, by }))?;
        self.blotter.asked(id);
        Ok(())
    }

    /// Gives an order another price and open quantity. It keeps its place in the queue where the
    /// price stays and the quantity does not grow.
    ///
    /// What fills before the request arrives counts toward `open`: asking for 100 while 30 trade
    /// leaves 70 open.
    ///
    /// # Errors
    ///
    /// [`Full::Commands`] where the command has no room.
    pub fn replace(
        &mut self,
        instrument: InstrumentId,
        id: OrderId,
        price: Price,
        open: Qty,
    ) -> Result<(), Full> {
        let filled = self.order(id).map(|order| order.filled.0.saturating_add(open.0));
        let (price, qty) =
            (Some(price), filled.map_or(NewQty::Open(open), |f| NewQty::Total(Qty(f))));
        self.replace_with(Replace { instrument, account: NOBODY, id, new_id: None, price, qty })
    }

    /// Gives an order another price, quantity or name, with everything that a replace can say.
    ///
    /// # Errors
    ///
    /// [`Full::Commands`] where the command has no room.
    pub fn replace_with(&mut self, replace: Replace) -> Result<(), Full> {
        if let Some(new_id) = replace.new_id {
            self.blotter.name(new_id, 1);
        }
        self.push(&Command::Replace(replace))?;
        self.blotter.asked(replace.id);
        Ok(())
    }

    /// Replaces a quote by all the sides that are given, one or both, or not at all where one of them
    /// is refused; without sides it is taken back. Returns the pair's name. Its bid has that name,
    /// its ask the next. One command moves both; [`QuotePair`](crate::QuotePair) keeps each side's
    /// place in the queue where it can.
    ///
    /// ```
    /// # use ringfence_guest::{AccountId, Quote, prelude::*};
    /// # fn example(context: &mut Context<'_>) -> Result<(), Full> {
    /// let (instrument, account) = (InstrumentId(0), AccountId(0));
    /// let (bid, ask) = (Some((Price(99), Qty(10))), Some((Price(101), Qty(10))));
    /// // A new one; with its name instead of 0, the one before is replaced.
    /// let name = context.quote(Quote { instrument, account, id: OrderId(0), bid, ask })?;
    /// context.quote(Quote { instrument, account, id: name, bid, ask: None })?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`place`](Self::place).
    pub fn quote(&mut self, quote: Quote) -> Result<OrderId, Full> {
        self.room_for(quote.instrument, 2)?;
        let quote = Quote { id: self.blotter.name(quote.id, 2), ..quote };
        self.push(&Command::Quote(quote))?;
        let ask_id = OrderId(quote.id.0.saturating_add(1));
        for (id, side, part) in [(quote.id, Side::Buy, quote.bid), (ask_id, Side::Sell, quote.ask)]
        {
            if let Some((price, qty)) = part {
                self.follow(quote.instrument, id, side, Some(price), qty);
            }
        }
        Ok(quote.id)
    }

    /// Cancels all of the strategy's own orders, or those of an instrument or a side.
    ///
    /// # Errors
    ///
    /// [`Full::Commands`] where the command has no room.
    pub fn mass_cancel(
        &mut self,
        instrument: Option<InstrumentId>,
        side: Option<Side>,
    ) -> Result<(), Full> {
        self.push(&Command::MassCancel(Scope { account: None, instrument, side }))
    }

    /// Hands over an order now instead of after the batch: it is sequenced ahead of what the call
    /// returns. The answer is whether it is queued; what the exchange thinks of it, risk limits
    /// among it, comes as an event, as of any order. Slower, and only for strategies that say
    /// [`Strategy::SUBMITS`].
    ///
    /// [`Strategy::SUBMITS`]: crate::Strategy::SUBMITS
    ///
    /// # Errors
    ///
    /// [`SubmitError`] where it was not taken; nothing is sent.
    pub fn submit(&mut self, order: NewOrder) -> Result<OrderId, SubmitError> {
        self.room_for(order.instrument, 1).map_err(SubmitError::Full)?;
        let order = NewOrder { id: self.blotter.name(order.id, 1), ..order };
        let record = CommandRecord::from_command(&Command::New(order));
        let record = record.expect("only instruments and accounts have no record").to_bytes();
        match imports::submit(&record) {
            0 => {
                self.follow(order.instrument, order.id, order.side, order.price, order.qty);
                Ok(order.id)
            }
            answer => Err(SubmitError::from_answer(answer)),
        }
    }

    /// Sets a gauge that the operator sees under this number.
    pub fn metric(&mut self, id: i32, value: i64) {
        imports::metric(id, value);
    }

    /// A random number; the same on a replay.
    pub fn rand64(&mut self) -> u64 {
        imports::rand64().cast_unsigned()
    }

    /// Writes a line to the operator's log; see also [`log!`](crate::log). What is longer than
    /// [`LOG_LEN_MAX`](crate::abi::LOG_LEN_MAX) bytes is cut.
    pub fn log(&mut self, level: LogLevel, line: fmt::Arguments<'_>) {
        log_line(level, line);
    }

    pub(crate) fn latest_fill(&self) -> Option<Fill> {
        self.blotter.latest_fill()
    }

    pub(crate) fn blotter(&mut self) -> &mut Blotter {
        self.blotter
    }

    pub(crate) fn set_time(&mut self, time: Time) {
        self.time = time;
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    fn room_for(&mut self, instrument: InstrumentId, orders: usize) -> Result<(), Full> {
        if self.blotter.has_room(instrument, orders) { Ok(()) } else { Err(Full::Orders) }
    }

    fn push(&mut self, command: &Command) -> Result<(), Full> {
        let slot = self.commands.get_mut(self.count).ok_or(Full::Commands)?;
        let record = CommandRecord::from_command(command);
        *slot = record.expect("only instruments and accounts have no record").to_bytes();
        self.count += 1;
        Ok(())
    }

    fn follow(
        &mut self,
        instrument: InstrumentId,
        id: OrderId,
        side: Side,
        price: Option<Price>,
        open: Qty,
    ) {
        let filled = Qty::ZERO;
        let order =
            OwnOrder { id, instrument, side, price, open, filled, live: false, waiting: true };
        self.blotter.sent(order);
        self.blotter.asked(id);
    }
}

/// The account of a guest's commands: the host knows whose they are.
const NOBODY: AccountId = AccountId(0);

#[cfg(test)]
mod tests;
