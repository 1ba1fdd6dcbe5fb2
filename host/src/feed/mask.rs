//! Names of orders as the public sees them: the caller's own often say whose an order is.

use std::hash::{BuildHasher, RandomState};

use ringfence_core::{Event, OrderId, What};

use super::book::PublicBook;

/// Gives each name another one, always the same within one run, from which nobody can tell the first:
/// a Feistel network of four rounds over a keyed hash, so that no two names become one.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    keys: Option<RandomState>,
}

const ROUNDS: u32 = 4;

impl Mask {
    /// A mask with keys of its own.
    #[must_use]
    pub fn random() -> Self {
        Self { keys: Some(RandomState::new()) }
    }

    /// Leaves all names as they are.
    #[must_use]
    pub const fn none() -> Self {
        Self { keys: None }
    }

    /// The public name.
    #[expect(clippy::cast_possible_truncation, reason = "halves of a name, and of a hash")]
    pub(super) fn of(&self, id: OrderId) -> OrderId {
        let Some(keys) = &self.keys else { return id };
        let (mut left, mut right) = ((id.0 >> 32) as u32, id.0 as u32);
        for round in 0..ROUNDS {
            let mix = keys.hash_one((round, right)) as u32;
            (left, right) = (right, left ^ mix);
        }
        OrderId(u64::from(left) << 32 | u64::from(right))
    }

    /// The event with public names.
    pub(super) fn event(&self, event: &Event) -> Event {
        let mut event = *event;
        match &mut event.what {
            What::Trade { buy_id, sell_id, maker_id, .. } => {
                (*buy_id, *sell_id) = (self.of(*buy_id), self.of(*sell_id));
                *maker_id = maker_id.map(|id| self.of(id));
            }
            What::Rename { id, new_id, .. } => (*id, *new_id) = (self.of(*id), self.of(*new_id)),
            What::Add { id, .. }
            | What::Execute { id, .. }
            | What::Reduce { id, .. }
            | What::Delete { id, .. } => *id = self.of(*id),
            _ => {}
        }
        event
    }

    /// The book with public names.
    pub(super) fn book(&self, book: &PublicBook) -> PublicBook {
        let mut book = book.clone();
        for (id, ..) in &mut book.orders {
            *id = self.of(*id);
        }
        book
    }
}
