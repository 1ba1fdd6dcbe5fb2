//! Who hears of what: for each instrument and kind of public event, the seats that asked for it.

use ringfence_core::{InstrumentId, Interest};

use crate::seat::Subscription;

/// The index of all subscriptions. Lists are in the order of seats.
#[derive(Debug, Default)]
pub(super) struct Routes {
    /// Those of instruments that nobody named.
    everywhere: Board,
    /// Those of instruments that somebody named, by instrument.
    boards: Vec<(InstrumentId, Board)>,
    all: Interest,
}

/// Who hears of one instrument.
#[derive(Clone, Debug, Default)]
struct Board {
    lists: [Vec<u16>; CLASSES.len()],
    interest: Interest,
}

/// The kinds of public events.
const CLASSES: [Interest; 5] =
    [Interest::TRADES, Interest::L1, Interest::L2, Interest::L3, Interest::STATUS];

impl Routes {
    /// Takes up what a seat wants.
    pub(super) fn add(&mut self, number: u16, subscription: &Subscription) {
        if subscription.instruments.is_empty() {
            self.everywhere.add(number, subscription.interest);
            for (_, board) in &mut self.boards {
                board.add(number, subscription.interest);
            }
        }
        for &instrument in &subscription.instruments {
            let at = match self.find(instrument) {
                Ok(at) => at,
                Err(at) => {
                    self.boards.insert(at, (instrument, self.everywhere.clone()));
                    at
                }
            };
            self.boards[at].1.add(number, subscription.interest);
        }
        self.add_up();
    }

    /// Forgets a seat.
    pub(super) fn remove(&mut self, number: u16) {
        self.everywhere.remove(number);
        for (_, board) in &mut self.boards {
            board.remove(number);
        }
        self.add_up();
    }

    /// What anybody wants anywhere.
    pub(super) const fn interest(&self) -> Interest {
        self.all
    }

    /// What anybody wants of one instrument.
    #[inline]
    pub(super) fn interest_in(&self, instrument: InstrumentId) -> Interest {
        self.board(instrument).interest
    }

    /// Who wants events of one kind and instrument.
    #[inline]
    pub(super) fn listeners(&self, instrument: InstrumentId, class: Interest) -> &[u16] {
        CLASSES
            .iter()
            .position(|&it| it == class)
            .map_or(&[], |class| &self.board(instrument).lists[class])
    }

    fn board(&self, instrument: InstrumentId) -> &Board {
        match self.find(instrument) {
            Ok(at) => &self.boards[at].1,
            Err(_) => &self.everywhere,
        }
    }

    fn find(&self, instrument: InstrumentId) -> Result<usize, usize> {
        self.boards.binary_search_by_key(&instrument, |&(of, _)| of)
    }

    fn add_up(&mut self) {
        let boards = self.boards.iter().map(|(_, board)| board.interest);
        self.all = boards.fold(self.everywhere.interest, Interest::and);
    }
}

impl Board {
    fn add(&mut self, number: u16, interest: Interest) {
        for (list, _) in self.lists.iter_mut().zip(CLASSES).filter(|(_, it)| interest.wants(*it)) {
            if let Err(at) = list.binary_search(&number) {
                list.insert(at, number);
            }
        }
        self.add_up();
    }

    fn remove(&mut self, number: u16) {
        for list in &mut self.lists {
            if let Ok(at) = list.binary_search(&number) {
                list.remove(at);
            }
        }
        self.add_up();
    }

    fn add_up(&mut self) {
        let wanted = self.lists.iter().zip(CLASSES).filter(|(list, _)| !list.is_empty());
        self.interest = wanted.fold(Interest::NONE, |all, (_, class)| all.and(class));
    }
}

#[cfg(test)]
mod tests;
