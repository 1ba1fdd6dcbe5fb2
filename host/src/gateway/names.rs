//! What a client calls its orders, and what the exchange calls them; and what it may ask for.

use ringfence_core::wire::{CommandRecord, EVENT_LEN, EventRecord, kind};
use ringfence_core::{AccountId, Command, Event, NewOrder, OrderId, Time};

use super::frame::Goodbye;
use crate::seat::FIRST_ACCOUNT;

/// The names of one account: its number stands above the ids of its clients.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    pub(super) account: u32,
    pub(super) is_operator: bool,
}

/// A client's own ids lie below 2 to this power.
const LOCAL_BITS: u32 = 40;

/// A client's own self-trade groups lie below 2 to this power.
const STP_GROUP_BITS: u32 = 11;

// Above them stands the account, below the bit that is set in the groups of strategies only.
const _: () = assert!(FIRST_ACCOUNT < 1 << (31 - STP_GROUP_BITS));

// The accounts of clients leave the bits free that mark strategies' orders.
const _: () = assert!((FIRST_ACCOUNT as u64) < 1 << (62 - LOCAL_BITS));

impl Names {
    /// The command that a record asks for, of this account and in the exchange's names.
    pub(super) fn command(self, record: &CommandRecord) -> Result<Command, Goodbye> {
        let mut command = record.to_command().map_err(|_| Goodbye::Malformed)?;
        let own = AccountId(self.account);
        match &mut command {
            Command::New(order) => {
                order.account = own;
                self.name_order(order)?;
            }
            Command::Cancel(cancel) => {
                (cancel.account, cancel.id) = (own, self.global(cancel.id)?);
            }
            Command::Reduce(reduce) => {
                (reduce.account, reduce.id) = (own, self.global(reduce.id)?);
            }
            Command::Replace(replace) => {
                (replace.account, replace.id) = (own, self.global(replace.id)?);
                if let Some(new_id) = &mut replace.new_id {
                    *new_id = self.global(*new_id)?;
                }
            }
            Command::Quote(quote) => {
                let ask = quote.id.0.checked_add(1).ok_or(Goodbye::Malformed)?;
                self.global(OrderId(ask))?;
                (quote.account, quote.id) = (own, self.global(quote.id)?);
            }
            Command::MassCancel(_)
            | Command::Kill(_)
            | Command::Unblock(_)
            | Command::Phase { .. }
            | Command::Uncross { .. }
            | Command::Time
                if self.is_operator => {}
            Command::MassCancel(scope) | Command::Kill(scope) => scope.account = Some(own),
            _ => return Err(Goodbye::NotPermitted),
        }
        Ok(command)
    }

    fn name_order(self, order: &mut NewOrder) -> Result<(), Goodbye> {
        order.id = self.global(order.id)?;
        for name in [&mut order.group, &mut order.parent] {
            if *name != 0 {
                *name = self.global(OrderId(*name))?.0;
            }
        }
        if order.stp_group >> STP_GROUP_BITS != 0 {
            return Err(Goodbye::Malformed);
        }
        // A group is the account's own: who names another's could cancel its orders.
        if order.stp_group != 0 {
            order.stp_group |= self.account << STP_GROUP_BITS;
        }
        Ok(())
    }

    fn global(self, id: OrderId) -> Result<OrderId, Goodbye> {
        if id.0 >> LOCAL_BITS != 0 {
            return Err(Goodbye::Malformed);
        }
        Ok(OrderId(u64::from(self.account) << LOCAL_BITS | id.0))
    }
}

/// A private event in the client's own names.
pub(super) fn record(event: &Event, at: Time) -> [u8; EVENT_LEN] {
    let mut record = EventRecord::from_event(event, at);
    record.order_id = local(record.order_id);
    if record.kind == kind::REPLACED {
        record.aux0 = local(record.aux0);
    }
    record.to_bytes()
}

const fn local(id: u64) -> u64 {
    id & ((1 << LOCAL_BITS) - 1)
}
