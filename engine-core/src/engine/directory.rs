//! Which book is an instrument's.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::book::pool::NONE;
use crate::id::InstrumentId;

/// Positions of books by the numbers of their instruments.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    /// All, by number, rising.
    numbers: Vec<(InstrumentId, u32)>,
    /// Those of small numbers, at their number.
    direct: Box<[u32]>,
}

impl Directory {
    /// With room for so many instruments.
    pub(super) fn new(instruments: usize) -> Self {
        let direct = alloc::vec![NONE; DIRECT_LEN].into();
        Self { numbers: Vec::with_capacity(instruments), direct }
    }

    /// What a snapshot is made of: all, found slowly.
    #[cfg(feature = "snapshot")]
    pub(super) fn image(&self) -> Self {
        Self { numbers: self.numbers.clone(), direct: Box::default() }
    }

    /// Gives an instrument the next position; none where it has one already.
    pub(super) fn list(&mut self, instrument: InstrumentId) -> Option<u32> {
        let at = self.search(instrument).err()?;
        let position = u32::try_from(self.numbers.len()).expect("capacity has 32 bits");
        self.numbers.insert(at, (instrument, position));
        if let Some(place) = self.direct.get_mut(instrument.0 as usize) {
            *place = position;
        }
        Some(position)
    }

    /// Whether an instrument has a book.
    pub(super) fn has(&self, instrument: InstrumentId) -> bool {
        self.search(instrument).is_ok()
    }

    /// How many instruments there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The instrument with the `at`th smallest number, and where its book stands.
    #[inline]
    pub(super) fn nth(&self, at: usize) -> (InstrumentId, usize) {
        let (instrument, position) = self.numbers[at];
        (instrument, position as usize)
    }

    /// All of them, by number, rising.
    pub(super) fn iter(&self) -> impl Iterator<Item = (InstrumentId, usize)> + '_ {
        (0..self.len()).map(|at| self.nth(at))
    }

    /// Where the book of an instrument stands; beyond all books where it has none.
    #[inline(always)]
    pub(super) fn position(&self, instrument: InstrumentId) -> usize {
        match self.direct.get(instrument.0 as usize) {
            Some(&position) => position as usize,
            None => self.far_position(instrument),
        }
    }

    /// The same without a branch that depends on what memory says; may be another book's.
    #[inline]
    pub(super) fn guess(&self, instrument: InstrumentId) -> u32 {
        self.direct.get(instrument.0 as usize).copied().unwrap_or(0)
    }

    #[cold]
    #[inline(never)]
    fn far_position(&self, instrument: InstrumentId) -> usize {
        self.search(instrument).map_or(usize::MAX, |at| self.nth(at).1)
    }

    /// Where the number of an instrument stands, or would.
    fn search(&self, instrument: InstrumentId) -> Result<usize, usize> {
        self.numbers.binary_search_by_key(&instrument, |&(number, _)| number)
    }
}

/// Instruments up to this number are found without a search.
const DIRECT_LEN: usize = 1 << 12;
