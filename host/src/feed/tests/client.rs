//! A client as the protocol's page describes one.

use std::collections::BTreeMap;

use ringfence_core::market_data::BookReplica;
use ringfence_core::wire::{EventRecord, kind as wire};
use ringfence_core::{AccountId, Engine, InstrumentId, Side};

use super::scene::CAPACITY;
use crate::feed::record::{Depth, kind};

/// Quantity and orders by side and price.
type Levels = BTreeMap<(u8, i64), (u64, u64)>;

/// A client as the protocol's page describes one: books by what it reads, and numbers by counting.
#[derive(Default)]
pub(super) struct Client {
    /// By instrument: number, orders, levels.
    pub(super) number: BTreeMap<u32, u64>,
    epoch: u64,
    pub(super) orders: BTreeMap<u32, BookReplica>,
    levels: BTreeMap<u32, Levels>,
    /// Records that do not count, the rest of a snapshot or a repetition.
    uncounted: u64,
    pub(super) snapshots: usize,
    pub(super) behind: usize,
}

impl Client {
    pub(super) fn read(&mut self, records: &[EventRecord]) {
        for record in records {
            let number = self.number.entry(record.instrument).or_default();
            match record.kind {
                kind::SNAPSHOT_BEGIN => {
                    (*number, self.epoch) = (record.qty, record.order_id);
                    self.uncounted = record.aux0;
                    self.snapshots += 1;
                    let empty = BookReplica::new(InstrumentId(record.instrument), CAPACITY);
                    self.orders.insert(record.instrument, empty);
                    self.levels.insert(record.instrument, BTreeMap::new());
                }
                kind::SNAPSHOT_END => assert_eq!(*number, record.qty, "nothing between"),
                kind::HEARTBEAT => assert_eq!(*number, record.qty, "none is missing"),
                kind::BEHIND => self.behind += 1,
                kind::REPEAT_BEGIN => {
                    // Going on where it ended: what follows counts.
                    assert_eq!(record.qty, *number + 1);
                }
                kind::REFUSED => panic!("refused: {record:?}"),
                _ => {
                    if self.uncounted > 0 {
                        self.uncounted -= 1;
                    } else {
                        *number += 1;
                    }
                    self.apply(record);
                }
            }
        }
    }

    fn apply(&mut self, record: &EventRecord) {
        assert!(record.kind >= wire::TRADE, "private: {record:?}");
        if record.kind == wire::LEVEL {
            let levels = self.levels.entry(record.instrument).or_default();
            let key = (record.side, record.price);
            if record.qty == 0 {
                levels.remove(&key);
            } else {
                levels.insert(key, (record.qty, record.aux0));
            }
            return;
        }
        let event = record.to_event(AccountId(0)).expect("it is an event");
        if let Some(book) = self.orders.get_mut(&record.instrument) {
            book.apply(&event).expect("it fits the book");
        }
    }

    /// Whether it holds what the engine displays.
    pub(super) fn check(&self, engine: &Engine, instrument: u32, depth: Depth) {
        let book = engine.book(InstrumentId(instrument)).expect("it is there");
        for side in Side::BOTH {
            let levels: Vec<_> = book.levels(side).collect();
            if depth == Depth::Orders {
                let replica = &self.orders[&instrument];
                assert_eq!(replica.levels(side).collect::<Vec<_>>(), levels);
                let shown = |view: ringfence_core::BookView<'_>| {
                    let orders = view.orders(side).filter(|order| !order.displayed.is_zero());
                    orders.map(|order| (order.id, order.price, order.displayed)).collect::<Vec<_>>()
                };
                assert_eq!(shown(replica.view()), shown(book), "in the order of service");
            } else {
                let there: Vec<_> = self.levels[&instrument]
                    .iter()
                    .filter(|((of, _), _)| *of == side as u8)
                    .map(|((_, price), &(qty, orders))| (*price, qty, orders))
                    .collect();
                let mut levels: Vec<_> = levels
                    .iter()
                    .map(|level| {
                        let qty = u64::try_from(level.qty).unwrap_or(u64::MAX);
                        (level.price.0, qty, u64::from(level.orders))
                    })
                    .collect();
                levels.sort_unstable();
                assert_eq!(there, levels);
            }
        }
    }
}
