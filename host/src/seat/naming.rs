//! What a strategy calls its orders, and what the exchange calls them.

use ringfence_core::wire::{CommandRecord, EventRecord, command_flag, kind};
use ringfence_core::{AccountId, Command, Event, NewOrder, Op, OrderId, Time};

/// The names of one seat: its account and its range of order ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    number: u16,
}

impl Names {
    pub(super) const fn new(number: u16) -> Self {
        Self { number }
    }

    pub(super) const fn number(self) -> u16 {
        self.number
    }

    pub(super) const fn account(self) -> AccountId {
        AccountId(FIRST_ACCOUNT + self.number as u32)
    }

    /// A private event in the guest's own names.
    pub(super) fn record(event: &Event, at: Time) -> EventRecord {
        let mut record = EventRecord::from_event(event, at);
        record.order_id = local(record.order_id);
        if record.kind == kind::REPLACED {
            record.aux0 = local(record.aux0);
        }
        record
    }

    /// The command that a record asks for, in the exchange's names; `None` where it is not one, or
    /// not a guest's to give.
    pub(super) fn command(self, mut record: CommandRecord) -> Option<Command> {
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

    fn name_order(self, order: &mut NewOrder) -> Option<()> {
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

    fn global(self, id: OrderId) -> Option<OrderId> {
        let range = SEAT_BIT | u64::from(self.number) << LOCAL_BITS;
        (id.0 >> LOCAL_BITS == 0).then_some(OrderId(range | id.0))
    }
}

/// The account of the first seat.
pub const FIRST_ACCOUNT: u32 = 1_000_001;

/// Set in the ids of strategies' orders, and in no others.
const SEAT_BIT: u64 = 1 << 62;

/// A strategy's own ids lie below 2 to this power; above stands the number of its seat.
const LOCAL_BITS: u32 = 40;

/// Set in the self-trade groups of strategies, so that they are nobody else's.
const STP_GROUP_BIT: u32 = 1 << 31;

/// The seat whose account this is; `None` of a client's.
pub(crate) fn account_seat(account: AccountId) -> Option<u16> {
    account.0.checked_sub(FIRST_ACCOUNT).and_then(|number| u16::try_from(number).ok())
}

/// Whose a command is that a guest may ask for; `None` of the others.
pub(crate) const fn asked_by(command: &Command) -> Option<AccountId> {
    match command {
        Command::New(order) => Some(order.account),
        Command::Cancel(cancel) => Some(cancel.account),
        Command::Reduce(reduce) => Some(reduce.account),
        Command::Replace(replace) => Some(replace.account),
        Command::Quote(quote) => Some(quote.account),
        Command::MassCancel(scope) | Command::Kill(scope) => scope.account,
        _ => None,
    }
}

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
