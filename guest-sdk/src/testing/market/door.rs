//! The door of a venue: what the strategy's records become there, and how it hears of events.

use ringfence_core::wire::CommandRecord;
use ringfence_core::{Command, Event, Interest, OrderId, Side, What};

use super::{Market, ORDER_IDS_FROM, STRATEGY};
use crate::strategy::Strategy;

impl<S: Strategy> Market<S> {
    /// The event as the strategy hears it, if it does.
    pub(super) fn for_strategy(&self, event: &Event) -> Option<Event> {
        let class = event.what.class();
        if class != Interest::PRIVATE {
            return S::SUBSCRIPTIONS.wants(class).then_some(*event);
        }
        if event.what.account() != Some(STRATEGY) {
            return None;
        }
        let mut event = *event;
        match &mut event.what {
            What::Accepted { id, .. }
            | What::Rejected { id, .. }
            | What::Filled { id, .. }
            | What::Canceled { id, .. }
            | What::Triggered { id, .. } => id.0 = id.0.saturating_sub(ORDER_IDS_FROM),
            What::Replaced { id, new_id, .. } => {
                id.0 -= ORDER_IDS_FROM;
                new_id.0 -= ORDER_IDS_FROM;
            }
            _ => {}
        }
        Some(event)
    }

    /// What a record of the strategy's becomes at the door of a venue.
    pub(super) fn admit(&mut self, record: &CommandRecord) -> Command {
        let mut command = match record.to_command() {
            Ok(command) => command,
            Err(wrong) => panic!("the strategy sent what is not a command: {wrong}: {record:?}"),
        };
        let venue = |id: &mut OrderId| {
            assert!(id.0 < ORDER_IDS_FROM, "a strategy's names of orders end there: {id}");
            id.0 += ORDER_IDS_FROM;
        };
        match &mut command {
            Command::New(order) => {
                self.sides.insert(order.id, order.side);
                order.account = STRATEGY;
                venue(&mut order.id);
                if order.parent != 0 {
                    order.parent += ORDER_IDS_FROM;
                }
            }
            Command::Cancel(cancel) => {
                cancel.account = STRATEGY;
                venue(&mut cancel.id);
            }
            Command::Reduce(reduce) => {
                reduce.account = STRATEGY;
                venue(&mut reduce.id);
            }
            Command::Replace(replace) => {
                let side = self.sides.get(&replace.id).copied();
                if let (Some(id), Some(side)) = (replace.new_id, side) {
                    self.sides.insert(id, side);
                }
                replace.account = STRATEGY;
                venue(&mut replace.id);
                replace.new_id.iter_mut().for_each(venue);
            }
            Command::Quote(quote) => {
                self.sides.insert(quote.id, Side::Buy);
                self.sides.insert(OrderId(quote.id.0 + 1), Side::Sell);
                quote.account = STRATEGY;
                venue(&mut quote.id);
            }
            Command::MassCancel(scope) | Command::Kill(scope) => scope.account = Some(STRATEGY),
            other => panic!("a strategy may not send this: {other:?}"),
        }
        command
    }
}
