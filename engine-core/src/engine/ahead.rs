//! A look at commands that are about to come: brings what they will touch into the caches.
//!
//! In a book of hundreds of thousands of orders most of a command's time goes by waiting for
//! memory: for its entry in the index, then for its seat, then for its neighbours. One by one,
//! each command waits for itself; looked at in a group, they wait together.

use core::hint::black_box;

use super::Engine;
use crate::book::index::Name;
use crate::command::{Cancel, Command, NewOrder, Quote, Reduce, Replace};
use crate::id::{InstrumentId, OrderId};

/// What tells where a command will touch a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// The name of the order.
    pub id: OrderId,
}

/// So many commands can be looked at together.
pub const AHEAD_MAX: usize = 16;

/// With fewer orders everything is in the caches anyway.
const NEAR: u32 = 8_192;

impl Ahead {
    /// What a command about one order says of it.
    #[must_use]
    #[inline]
    pub const fn of(command: &Command) -> Option<Self> {
        match *command {
            Command::New(NewOrder { instrument, id, .. })
            | Command::Cancel(Cancel { instrument, id, .. })
            | Command::Reduce(Reduce { instrument, id, .. })
            | Command::Replace(Replace { instrument, id, .. })
            | Command::Quote(Quote { instrument, id, .. }) => Some(Self { instrument, id }),
            _ => None,
        }
    }
}

impl Engine {
    /// Looks at the commands that come next, the first [`AHEAD_MAX`] of them. Nothing changes, and
    /// nothing depends on it: they may come or not, in any order, with others in between. It pays
    /// where many orders rest (a quarter of a command's time with 200,000, nothing below
    /// 8,192: docs/benchmarks.md).
    ///
    /// ```
    /// use ringfence_core::{Ahead, Capacity, Command, Discard, Engine, Time};
    /// fn apply_all(engine: &mut Engine, commands: &[Command]) {
    ///     for group in commands.chunks(ringfence_core::AHEAD_MAX) {
    ///         engine.look_ahead(group.iter().filter_map(Ahead::of));
    ///         group.iter().for_each(|command| engine.apply(Time(0), command, &mut Discard));
    ///     }
    /// }
    /// apply_all(&mut Engine::new(Capacity::SMALL), &[Command::Time]);
    /// ```
    #[inline]
    pub fn look_ahead(&self, commands: impl IntoIterator<Item = Ahead>) {
        if self.store.orders.len() >= NEAR {
            self.fetch(commands.into_iter());
        }
    }

    /// Step by step for all of them, without a branch that depends on what memory says.
    fn fetch(&self, commands: impl Iterator<Item = Ahead>) {
        let mut keys = [0; AHEAD_MAX];
        let mut count = 0;
        for (key, Ahead { instrument, id }) in keys.iter_mut().zip(commands) {
            let book = self.directory.guess(instrument);
            *key = self.store.index.guess(Name { book, id });
            count += 1;
        }
        let orders = &self.store.orders;
        let mut neighbours = [(0, 0); AHEAD_MAX];
        for (links, &key) in neighbours.iter_mut().zip(&keys[..count]) {
            let seat = orders.near(key);
            *links = (seat.prev, seat.next);
        }
        let fetched = neighbours[..count]
            .iter()
            .fold(0, |sum, &(prev, next)| sum ^ orders.near(prev).next ^ orders.near(next).next);
        // Read, but for nothing: what nobody uses would not be read.
        black_box(fetched);
    }
}

#[cfg(test)]
mod tests {
    use super::{AHEAD_MAX, Ahead, NEAR};
    use crate::{
        Capacity, Command, Discard, Engine, InstrumentId, InstrumentSpec, NewOrder, OrderId, Price,
        Qty, Side, Time,
    };

    /// Names that are there, that are not, of instruments that are not, and more than there is
    /// room for: nothing happens.
    #[test]
    fn looking_changes_nothing() {
        let mut engine = Engine::new(Capacity { orders: NEAR, ..Capacity::SMALL });
        let spec = InstrumentSpec::new(InstrumentId(0), "");
        engine.apply(Time(0), &Command::Instrument(spec.into()), &mut Discard);
        for at in 0..NEAR {
            let id = OrderId(u64::from(at) + 1);
            let order = NewOrder::limit(id, Side::Buy, Price(i64::from(at % 64)), Qty(1));
            engine.place(Time(0), &order, &mut Discard);
        }
        assert_eq!(engine.orders(), NEAR, "there is something to look at");
        let hash = engine.state_hash();
        for instrument in [0, 1, 5_000, u32::MAX].map(InstrumentId) {
            for id in [0, 1, u64::from(NEAR), u64::MAX].map(OrderId) {
                engine.look_ahead([Ahead { instrument, id }; AHEAD_MAX + 1]);
            }
        }
        engine.look_ahead([]);
        assert_eq!(engine.state_hash(), hash);
        engine.check_invariants();
    }
}
