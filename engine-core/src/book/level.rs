//! One price: the queue of what is shown there, and behind it the queue of what is not.

use super::orders::{Orders, Seat};
use super::pool::{NONE, Pooled};
use super::sum::Sum;
use crate::quantity::{Price, Qty};

/// A price at which orders rest. One cache line.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(crate) struct Level {
    /// The price.
    pub(crate) price: Price,
    /// What is shown, over all orders.
    pub(crate) shown: Sum,
    /// What is open and not shown: hidden and all-or-none orders, and reserves of icebergs.
    pub(crate) dark: Sum,
    /// The two queues: displayed orders first, dark ones behind.
    pub(crate) queues: [Queue; 2],
    /// How many orders stand in the displayed queue.
    pub(crate) orders: u32,
    /// The page that lists this level.
    pub(crate) page: u32,
    /// The book that it is in, by position.
    pub(crate) book: u32,
}

/// First and last of a queue linked through the orders.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    pub(crate) head: u32,
    pub(crate) tail: u32,
}

impl Default for Queue {
    fn default() -> Self {
        Self { head: NONE, tail: NONE }
    }
}

impl Default for Level {
    fn default() -> Self {
        Self {
            price: Price(0),
            shown: Sum::default(),
            dark: Sum::default(),
            queues: [Queue::default(); 2],
            orders: 0,
            page: NONE,
            book: NONE,
        }
    }
}

impl Pooled for Level {
    fn link(&mut self) -> &mut u32 {
        &mut self.page
    }
}

const _: () = assert!(size_of::<Level>() == 64);

impl Level {
    /// The order that is served first.
    #[inline]
    pub(crate) fn front(&self) -> u32 {
        let head = self.queues[0].head;
        if head == NONE { self.queues[1].head } else { head }
    }

    /// What is open, shown or not.
    #[inline]
    pub(crate) fn open(&self) -> u128 {
        self.shown.get() + self.dark.get()
    }

    /// Whether anything is shown.
    #[inline]
    pub(crate) fn shows(&self) -> bool {
        self.shown != Sum::default()
    }

    /// Whether all that is open is shown.
    #[inline]
    pub(crate) fn is_lit(&self) -> bool {
        self.dark == Sum::default()
    }

    /// Whether no order stands here.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.queues[0].head == NONE && self.queues[1].head == NONE
    }

    /// Puts an order at the back of its queue.
    pub(crate) fn push_back(
        &mut self,
        orders: &mut Orders,
        key: u32,
        dark: bool,
        shown: Qty,
        open: Qty,
    ) {
        self.shown += shown;
        if shown != open {
            self.dark += open - shown;
        }
        self.orders += u32::from(!dark);
        self.link_back(orders.seats_mut(), key, usize::from(dark));
    }

    /// Puts a plain order, whose seat says that it follows [`last`](Self::last), at the back of
    /// the first queue.
    #[inline(always)]
    pub(crate) fn join(&mut self, seats: &mut [Seat], key: u32, open: Qty) {
        self.shown += open;
        self.orders += 1;
        let tail = core::mem::replace(&mut self.queues[0].tail, key);
        match at(seats, tail) {
            Some(last) => last.next = key,
            None => self.queues[0].head = key,
        }
    }

    /// The last of the first queue.
    #[inline]
    pub(crate) fn last(&self) -> u32 {
        self.queues[0].tail
    }

    #[inline]
    fn link_back(&mut self, seats: &mut [Seat], key: u32, which: usize) {
        let queue = &mut self.queues[which];
        let tail = core::mem::replace(&mut queue.tail, key);
        let seat = &mut seats[key as usize];
        (seat.prev, seat.next) = (tail, NONE);
        match at(seats, tail) {
            Some(last) => last.next = key,
            None => queue.head = key,
        }
    }

    /// Takes an order out of its queue, and what is open of it out of the sums.
    #[inline]
    pub(crate) fn remove(&mut self, orders: &mut Orders, key: u32) {
        if orders[key].is_special() {
            self.remove_special(orders, key);
        } else {
            let seat = orders[key];
            self.leave(orders.seats_mut(), &seat);
        }
    }

    /// Takes a plain order out; whether it was the last one here.
    #[inline(always)]
    pub(crate) fn leave(&mut self, seats: &mut [Seat], seat: &Seat) -> bool {
        self.shown -= seat.open;
        self.orders -= 1;
        self.unlink(seats, seat, 0);
        self.orders == 0 && self.is_empty()
    }

    #[cold]
    fn remove_special(&mut self, orders: &mut Orders, key: u32) {
        let (dark, shown, open) = (orders.is_dark(key), orders.shown(key), orders[key].open);
        self.shown -= shown;
        self.dark -= open - shown;
        self.orders -= u32::from(!dark);
        let seat = orders[key];
        self.unlink(orders.seats_mut(), &seat, usize::from(dark));
    }

    #[inline(always)]
    fn unlink(&mut self, seats: &mut [Seat], seat: &Seat, which: usize) {
        let &Seat { prev, next, .. } = seat;
        let queue = &mut self.queues[which];
        match at(seats, prev) {
            Some(before) => before.next = next,
            None => queue.head = next,
        }
        match at(seats, next) {
            Some(behind) => behind.prev = prev,
            None => queue.tail = prev,
        }
    }

    /// Moves an order to the back of its queue.
    pub(crate) fn requeue(&mut self, orders: &mut Orders, key: u32) {
        let which = usize::from(orders.is_dark(key));
        let seat = orders[key];
        self.unlink(orders.seats_mut(), &seat, which);
        self.link_back(orders.seats_mut(), key, which);
    }

    /// Its orders, in the order of service.
    pub(crate) fn keys<'a>(&'a self, orders: &'a Orders) -> impl Iterator<Item = u32> + 'a {
        let some = |key: u32| (key != NONE).then_some(key);
        core::iter::successors(some(self.front()), move |&key| some(self.after(orders, key)))
    }

    /// The order served after `key`.
    #[inline]
    pub(crate) fn after(&self, orders: &Orders, key: u32) -> u32 {
        let next = orders[key].next;
        if next == NONE && !orders.is_dark(key) { self.queues[1].head } else { next }
    }
}

/// The seat of a key; none of `NONE`, the only key beyond all seats.
#[inline(always)]
fn at(seats: &mut [Seat], key: u32) -> Option<&mut Seat> {
    debug_assert!(key == NONE || (key as usize) < seats.len(), "a link leads to a seat");
    seats.get_mut(key as usize)
}
