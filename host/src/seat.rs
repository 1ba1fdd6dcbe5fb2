//! A strategy's seat: its account, its range of order ids, its guest and its ledger.

mod chair;
mod guest;
mod ledger;

use ringfence_core::wire::{CommandRecord, EventRecord, command_flag, kind};
use ringfence_core::{AccountId, Command, Event, NewOrder, Op, OrderId, Scope, Side, Time, What};

pub(crate) use chair::Chair;
pub use guest::{Guest, Subscription};
pub use ledger::{Ledger, Position, middle_doubled};

use crate::floor::{Item, Post};
use crate::sequencer::{Stamp, Stamped};

/// A strategy's seat at the exchange.
#[derive(Debug)]
pub struct Seat {
    name: String,
    number: u16,
    chair: Box<Chair>,
    subscription: Subscription,
    /// The command of which it heard last.
    heard: u64,
    ledger: Ledger,
    counts: Counts,
    fault: Option<String>,
}

/// What happened at a seat, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Orders that were taken in.
    pub orders: u64,
    /// Commands that the engine turned away.
    pub rejected: u64,
    /// Commands that never reached the engine: not a guest's to give, or malformed.
    pub refused: u64,
    /// Commands that found the door full.
    pub crowded_out: u64,
    /// Events that found the mailbox full.
    pub mail_lost: u64,
}

/// The guest failed, and is told nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Disabled;

/// The account of the first seat.
pub const FIRST_ACCOUNT: u32 = 1_000_001;

/// Set in the ids of strategies' orders, and in no others.
const SEAT_BIT: u64 = 1 << 62;

/// A strategy's own ids lie below 2 to this power; above stands the number of its seat.
const LOCAL_BITS: u32 = 40;

/// Events that wait for one delivery: four times what the deepest sweep of a day causes.
const MAIL_MAX: usize = 1 << 16;

/// Requests of strategies that may wait to be sequenced.
const DOOR_MAX: usize = 1 << 14;

impl Seat {
    /// A seat for `guest`, the `number`th from 0.
    #[must_use]
    pub fn new(
        name: String,
        number: u16,
        guest: Box<dyn Guest>,
        subscription: Subscription,
    ) -> Self {
        Self {
            name,
            number,
            chair: Box::new(Chair::new(guest)),
            subscription,
            heard: 0,
            ledger: Ledger::default(),
            counts: Counts::default(),
            fault: None,
        }
    }

    /// Puts an event that was kept at `item` into the mailbox; it is of the command at `place`, or
    /// of none where that is 0.
    #[inline]
    pub(crate) fn receive(&mut self, item: Option<Item>, place: u64) {
        let Some(item) = item.filter(|_| self.chair.items.len() < MAIL_MAX) else {
            self.counts.mail_lost += 1;
            return;
        };
        let is_first = place != self.heard || place == 0;
        self.heard = place;
        self.chair.items.push(if is_first { item.first() } else { item });
    }

    /// Notes that the timer rang. Where the guest takes it as an event, it gets `item`.
    pub(crate) fn ring(&mut self, item: impl FnOnce() -> Option<Item>) {
        if self.chair.guest.takes_rings() {
            self.chair.rings = true;
        } else {
            self.receive(item(), 0);
        }
    }

    /// A private event in the guest's own names.
    pub(crate) fn private_record(&self, event: &Event, at: Time) -> EventRecord {
        let mut record = EventRecord::from_event(event, at);
        record.order_id = local(record.order_id);
        if record.kind == kind::REPLACED {
            record.aux0 = local(record.aux0);
        }
        record
    }

    /// Lets the guest answer to its mail, and puts what it asks for into `door`.
    ///
    /// # Errors
    ///
    /// [`Disabled`] where the guest failed: it is told nothing more, and its orders are cancelled.
    pub(crate) fn answer(
        &mut self,
        stamp: Stamp,
        post: &Post,
        door: &mut Vec<Stamped>,
    ) -> Result<(), Disabled> {
        if self.fault.is_some() {
            return Err(Disabled);
        }
        self.chair.answer(stamp.at, post);
        for place in 0..self.chair.asked.len() {
            match self.command(self.chair.asked[place]) {
                Some(_) if door.len() >= DOOR_MAX => self.counts.crowded_out += 1,
                Some(command) => door.push(Stamped { at: stamp.at, command }),
                None => self.counts.refused += 1,
            }
        }
        let Err(fault) = &self.chair.ended else { return Ok(()) };
        self.fault = Some(fault.to_string());
        let scope = Scope { account: Some(self.account()), ..Scope::default() };
        door.push(Stamped { at: stamp.at, command: Command::MassCancel(scope) });
        Err(Disabled)
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whose its orders are.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        AccountId(FIRST_ACCOUNT + self.number as u32)
    }

    /// Its place among the seats, from 0.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// What it asked for.
    #[must_use]
    pub const fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    /// Whether it is told what happens.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.fault.is_none()
    }

    /// What it holds and what it paid.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What happened at it.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Why it was disabled, once it is.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Who sits there.
    #[must_use]
    pub fn guest(&self) -> &dyn Guest {
        &*self.chair.guest
    }

    /// Keeps count of what happened; `buyer` is the order that bought in the latest trade.
    pub(crate) fn book_keep(&mut self, event: &Event, buyer: OrderId) {
        match event.what {
            What::Accepted { .. } => self.counts.orders += 1,
            What::Rejected { .. } => self.counts.rejected += 1,
            What::Filled { id, price, qty, fee, .. } => {
                let side = if id == buyer { Side::Buy } else { Side::Sell };
                self.ledger.settle(event.instrument, side, price, qty, fee);
            }
            _ => {}
        }
    }

    /// The command that a record asks for, in the exchange's names; `None` where it is not one, or
    /// not a guest's to give.
    fn command(&self, mut record: CommandRecord) -> Option<Command> {
        record.account = self.account().0;
        if matches!(Op::from_wire(record.op)?, Op::MassCancel | Op::Kill) {
            record.flags |= command_flag::HAS_ACCOUNT;
        }
        let mut command = record.to_command().ok()?;
        match &mut command {
            Command::New(order) => self.name_order(order)?,
            Command::Cancel(cancel) => cancel.id = self.global(cancel.id)?,
            Command::Reduce(reduce) => reduce.id = self.global(reduce.id)?,
            Command::Replace(replace) => {
                replace.id = self.global(replace.id)?;
                if let Some(new_id) = &mut replace.new_id {
                    *new_id = self.global(*new_id)?;
                }
            }
            Command::Quote(quote) => {
                self.global(OrderId(quote.id.0.checked_add(1)?))?;
                quote.id = self.global(quote.id)?;
            }
            Command::MassCancel(_) | Command::Kill(_) => {}
            _ => return None,
        }
        Some(command)
    }

    fn name_order(&self, order: &mut NewOrder) -> Option<()> {
        order.id = self.global(order.id)?;
        for name in [&mut order.group, &mut order.parent] {
            if *name != 0 {
                *name = self.global(OrderId(*name))?.0;
            }
        }
        if order.stp_group != 0 {
            let group = u16::try_from(order.stp_group).ok()?;
            order.stp_group = STP_GROUP_BIT | u32::from(self.number) << 16 | u32::from(group);
        }
        Some(())
    }

    fn global(&self, id: OrderId) -> Option<OrderId> {
        let range = SEAT_BIT | u64::from(self.number) << LOCAL_BITS;
        (id.0 >> LOCAL_BITS == 0).then_some(OrderId(range | id.0))
    }
}

/// Set in the self-trade groups of strategies, so that they are nobody else's.
const STP_GROUP_BIT: u32 = 1 << 31;

/// Whether an order of this name is a strategy's.
#[must_use]
pub const fn is_strategys(id: OrderId) -> bool {
    id.0 >> 62 == 1
}

/// The seat whose order this is, from 0.
#[must_use]
pub const fn seat_of(id: OrderId) -> Option<usize> {
    if is_strategys(id) { Some(((id.0 & !SEAT_BIT) >> LOCAL_BITS) as usize) } else { None }
}

const fn local(id: u64) -> u64 {
    if is_strategys(OrderId(id)) { id & ((1 << LOCAL_BITS) - 1) } else { id }
}

#[cfg(test)]
mod tests;
