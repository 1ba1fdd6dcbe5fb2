//! Where live orders are kept: what matching touches in 32 bytes, two to a cache line, and what
//! plain orders have nothing of in 32 bytes elsewhere, which are touched when first needed.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::{Index, IndexMut};

use super::order::{Order, Terms};
use super::pool::{NONE, Pool, Pooled};
use crate::command::{Stp, TimeInForce};
use crate::id::{AccountId, OrderId};
use crate::quantity::Qty;
use crate::side::Side;

/// All live orders.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    seats: Pool<Seat>,
    /// By the key of the seat; packed in words since memory of zero words costs nothing to have.
    details: Vec<[u64; 4]>,
}

/// What matching touches of an order.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
pub(crate) struct Seat {
    /// The order's name.
    pub(crate) id: OrderId,
    /// What is open of it.
    pub(crate) open: Qty,
    /// Served after it at its price.
    pub(crate) next: u32,
    /// Served before it at its price.
    pub(crate) prev: u32,
    /// Whose it is.
    pub(crate) account: AccountId,
    /// Where it stands, and what is to be known about it.
    stand: Stand,
}

/// The level of an order, its side, and whether there is more to it, in 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stand(u32);

/// What a plain order has nothing of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Detail {
    /// What is shown of a special order.
    pub(crate) shown: Qty,
    /// What is filled.
    pub(crate) filled: Qty,
    /// Its self-trade group; 0 is none.
    pub(crate) stp_group: u32,
    /// What few orders have, elsewhere; `NONE` for most.
    pub(crate) extra: u32,
    /// The book that it is in, by position.
    pub(crate) book: u32,
    /// How long it lives.
    pub(crate) tif: TimeInForce,
    /// What it does when it meets its own group.
    pub(crate) stp: Stp,
    /// Which of the two queues, and whether it may take.
    pub(crate) terms: Terms,
}

const _: () = assert!(size_of::<Seat>() == 32);

impl Stand {
    /// A level's number has the lower bits; all of them set is none.
    const LEVEL: u32 = u32::MAX >> 3;
    /// It sells.
    const SELLS: u32 = 1 << 29;
    /// Its detail says something.
    const DETAILED: u32 = 1 << 30;
    /// Not all of it is shown in the first queue, or it has an extra.
    const SPECIAL: u32 = 1 << 31;

    #[inline]
    fn new(level: u32, side: Side, flags: u32) -> Self {
        Self((level & Self::LEVEL) | (side as u32 * Self::SELLS) | flags)
    }
}

impl Seat {
    /// The seat of a plain order: all of it shown, nothing filled, nothing else to be known.
    #[inline]
    pub(crate) fn plain(
        id: OrderId,
        account: AccountId,
        side: Side,
        open: Qty,
        level: u32,
    ) -> Self {
        Self { id, open, next: NONE, prev: NONE, account, stand: Stand::new(level, side, 0) }
    }

    /// The same behind another order.
    #[inline]
    pub(crate) fn behind(self, prev: u32) -> Self {
        Self { prev, ..self }
    }

    /// The level it rests at, which it does.
    #[inline]
    pub(crate) fn level(&self) -> u32 {
        self.stand.0 & Stand::LEVEL
    }

    /// Whether it is live and not on a level.
    #[inline]
    pub(crate) fn waits(&self) -> bool {
        self.level() == Stand::LEVEL
    }

    /// Its side.
    #[inline]
    pub(crate) fn side(&self) -> Side {
        if self.stand.0 & Stand::SELLS == 0 { Side::Buy } else { Side::Sell }
    }

    /// Whether not all of it is shown in the first queue, or it has an extra.
    #[inline]
    pub(crate) fn is_special(&self) -> bool {
        self.stand.0 & Stand::SPECIAL != 0
    }

    /// Whether its detail says something.
    #[inline]
    pub(crate) fn is_detailed(&self) -> bool {
        self.stand.0 & Stand::DETAILED != 0
    }
}

impl Default for Seat {
    fn default() -> Self {
        Self::plain(OrderId(0), AccountId(0), Side::Buy, Qty::ZERO, NONE)
    }
}

impl Pooled for Seat {
    #[inline]
    fn link(&mut self) -> &mut u32 {
        &mut self.next
    }
}

impl Detail {
    /// That of a plain order.
    pub(crate) const NONE: Self = Self {
        shown: Qty::ZERO,
        filled: Qty::ZERO,
        stp_group: 0,
        extra: NONE,
        book: NONE,
        tif: TimeInForce::Gtc,
        stp: Stp::None,
        terms: Terms(0),
    };

    fn pack(self) -> [u64; 4] {
        let Self { shown, filled, stp_group, extra, book, tif, stp, terms } = self;
        let small = u64::from(tif as u8) | u64::from(stp as u8) << 8 | u64::from(terms.0) << 16;
        let links = u64::from(stp_group) | u64::from(extra) << 32;
        [shown.0, filled.0, links, u64::from(book) | small << 32]
    }

    #[expect(clippy::cast_possible_truncation, reason = "the parts of packed words")]
    fn unpack([shown, filled, links, last]: [u64; 4]) -> Self {
        Self {
            shown: Qty(shown),
            filled: Qty(filled),
            stp_group: links as u32,
            extra: (links >> 32) as u32,
            book: last as u32,
            tif: TimeInForce::from_wire((last >> 32) as u8).unwrap_or(TimeInForce::Gtc),
            stp: Stp::from_wire((last >> 40) as u8).unwrap_or(Stp::None),
            terms: Terms((last >> 48) as u8),
        }
    }
}

impl Orders {
    /// Room for `capacity`.
    pub(crate) fn new(capacity: u32) -> Self {
        Self { seats: Pool::new(capacity), details: vec![[0; 4]; capacity as usize] }
    }

    /// What is in use of both.
    #[cfg(feature = "snapshot")]
    pub(crate) fn image(&self) -> Self {
        let seats = self.seats.clone();
        let details = self.details[..seats.made()].to_vec();
        Self { seats, details }
    }

    /// A seat that is free.
    #[inline(always)]
    pub(crate) fn vacant(&self) -> Option<u32> {
        self.seats.vacant()
    }

    /// Seats an order at the [vacant](Self::vacant) seat.
    #[inline(always)]
    pub(crate) fn seat(&mut self, key: u32, seat: Seat) {
        self.seats.fill(key, seat);
    }

    /// Seats any order.
    pub(crate) fn insert(&mut self, order: &Order) -> u32 {
        let &Order { id, account, side, open, level, .. } = order;
        let key = self.seats.insert(Seat::plain(id, account, side, open, level));
        let &Order { shown, filled, stp_group, extra, book, tif, stp, terms, .. } = order;
        let detail = Detail { shown, filled, stp_group, extra, book, tif, stp, terms };
        let plain = Detail { shown, book, ..Detail::NONE };
        if detail != plain || shown != open {
            self.describe(key, detail);
        }
        key
    }

    /// Frees a seat.
    #[inline]
    pub(crate) fn remove(&mut self, key: u32) {
        self.seats.remove(key);
    }

    /// An order, whole.
    pub(crate) fn order(&self, key: u32) -> Order {
        let seat = &self.seats[key];
        let Detail { filled, stp_group, extra, book, tif, stp, terms, .. } = self.detail(key);
        Order {
            id: seat.id,
            open: seat.open,
            shown: self.shown(key),
            filled,
            level: if seat.waits() { NONE } else { seat.level() },
            book,
            account: seat.account,
            stp_group,
            extra,
            side: seat.side(),
            tif,
            stp,
            terms,
        }
    }

    /// The detail of an order; for those that have none what plain orders have.
    #[inline]
    pub(crate) fn detail(&self, key: u32) -> Detail {
        if self.seats[key].is_detailed() {
            Detail::unpack(self.details[key as usize])
        } else {
            Detail::NONE
        }
    }

    /// Gives an order a detail.
    pub(crate) fn describe(&mut self, key: u32, detail: Detail) {
        let seat = &mut self.seats[key];
        let special = detail.terms.has(Terms::DARK)
            || detail.extra != NONE
            || (detail.shown != seat.open && !seat.waits());
        let flags = if special { Stand::DETAILED | Stand::SPECIAL } else { Stand::DETAILED };
        seat.stand = Stand((seat.stand.0 & !Stand::SPECIAL) | flags);
        self.details[key as usize] = detail.pack();
    }

    /// Sets or clears a bit of an order's terms.
    pub(crate) fn mark(&mut self, key: u32, book: u32, bit: u8, set: bool) {
        let detail = self.detail(key);
        if detail.terms.has(bit) != set {
            let terms = Terms(detail.terms.0 ^ bit);
            self.describe(key, Detail { shown: self.shown(key), book, terms, ..detail });
        }
    }

    /// Moves a plain order to another level, with another open quantity.
    #[inline]
    pub(crate) fn place_at(&mut self, key: u32, level: u32, prev: u32, open: Qty) {
        let seat = &mut self.seats[key];
        seat.stand = Stand((seat.stand.0 & !Stand::LEVEL) | (level & Stand::LEVEL));
        (seat.prev, seat.next, seat.open) = (prev, NONE, open);
    }

    /// Notes a fill of `qty` that leaves some open; returns what is filled by now.
    #[inline]
    pub(crate) fn note_fill(&mut self, key: u32, book: u32, qty: Qty) -> Qty {
        let seat = &mut self.seats[key];
        let detail = &mut self.details[key as usize];
        if !seat.is_detailed() {
            seat.stand.0 |= Stand::DETAILED;
            *detail = Detail { book, ..Detail::NONE }.pack();
        }
        detail[1] += qty.0;
        Qty(detail[1])
    }

    /// What is shown of an order.
    #[inline]
    pub(crate) fn shown(&self, key: u32) -> Qty {
        let seat = &self.seats[key];
        if seat.is_special() { Qty(self.details[key as usize][0]) } else { seat.open }
    }

    /// Sets what is shown of a special order.
    #[inline]
    pub(crate) fn show(&mut self, key: u32, shown: Qty) {
        debug_assert!(self.seats[key].is_special(), "of others all is shown");
        self.details[key as usize][0] = shown.0;
    }

    /// What is filled of an order.
    #[inline]
    pub(crate) fn filled(&self, key: u32) -> Qty {
        if self.seats[key].is_detailed() { Qty(self.details[key as usize][1]) } else { Qty::ZERO }
    }

    /// Whether an order stands in the dark queue.
    #[inline]
    pub(crate) fn is_dark(&self, key: u32) -> bool {
        self.seats[key].is_special() && self.detail(key).terms.has(Terms::DARK)
    }

    /// Whether an order follows other prices.
    #[inline]
    pub(crate) fn is_pegged(&self, key: u32) -> bool {
        self.seats[key].is_special() && self.detail(key).terms.has(Terms::PEGGED)
    }

    /// Puts a special order at a level, of which `shown` shows, or at none.
    pub(crate) fn settle(&mut self, key: u32, level: u32, shown: Qty) {
        let stand = &mut self.seats[key].stand;
        *stand = Stand((stand.0 & !Stand::LEVEL) | (level & Stand::LEVEL));
        self.show(key, shown);
    }

    /// Whether an order trades whole or not at all.
    #[inline]
    pub(crate) fn is_whole(&self, key: u32) -> bool {
        self.seats[key].is_special() && self.detail(key).terms.has(Terms::WHOLE)
    }

    /// The extra of an order, or `NONE`.
    #[inline]
    pub(crate) fn extra(&self, key: u32) -> u32 {
        if self.seats[key].is_special() { self.detail(key).extra } else { NONE }
    }

    /// A seat; none where there is none of that key.
    #[inline(always)]
    pub(crate) fn find(&self, key: u32) -> Option<&Seat> {
        self.seats.find(key)
    }

    /// All seats, by key.
    #[inline(always)]
    pub(crate) fn seats_mut(&mut self) -> &mut [Seat] {
        self.seats.items_mut()
    }

    /// A seat, or the last one where there is none of that key. There is one.
    #[inline(always)]
    pub(crate) fn near(&self, key: u32) -> &Seat {
        self.seats.near(key)
    }

    /// How many orders there are.
    #[inline]
    pub(crate) fn len(&self) -> u32 {
        self.seats.len()
    }

    /// How many seats there are.
    pub(crate) fn capacity(&self) -> u32 {
        self.seats.capacity()
    }

    /// Whether every seat is taken.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.seats.is_full()
    }
}

impl Index<u32> for Orders {
    type Output = Seat;

    #[inline]
    fn index(&self, key: u32) -> &Seat {
        &self.seats[key]
    }
}

impl IndexMut<u32> for Orders {
    #[inline]
    fn index_mut(&mut self, key: u32) -> &mut Seat {
        &mut self.seats[key]
    }
}
