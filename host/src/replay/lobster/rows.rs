//! Rows of a LOBSTER order book file: the levels of both sides, best first.

use ringfence_core::{BookView, Price, Side};

use super::message::{Columns, RowError};
use crate::error::RunError;
use crate::replay::input::Lines;

/// An order book file, read row by row.
#[derive(Debug)]
pub struct Rows {
    lines: Lines,
    row: Row,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Per level: the ask, the bid. `None` where the side has no such level.
    pub levels: Vec<[Level; 2]>,
}

/// Price and size of a level, or that there is none.
pub type Level = Option<(Price, u128)>;

/// Where the file's prices stand for "no such level".
const NO_PRICE: i64 = 9_999_999_999;

impl Rows {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// [`RunError::Open`] where it cannot be.
    pub fn open(file: &str) -> Result<Self, RunError> {
        Ok(Self { lines: Lines::open(file)?, row: Row::default() })
    }

    /// The next row; `None` after the last.
    ///
    /// # Errors
    ///
    /// [`RunError`] where the row cannot be read, or has not as many levels as the first.
    pub fn next_row(&mut self) -> Result<Option<&Row>, RunError> {
        let levels = self.row.levels.len();
        let parsed = match self.lines.next_line()? {
            None => return Ok(None),
            Some(line) => self.row.parse(line),
        };
        if let Err(error) = parsed {
            return Err(self.lines.error(error.column, error.problem));
        }
        if levels != 0 && levels != self.row.levels.len() {
            let found = self.row.levels.len();
            return Err(self
                .lines
                .error(1, format!("{found} levels, where the rows before have {levels}")));
        }
        Ok(Some(&self.row))
    }

    /// The file.
    #[must_use]
    pub const fn lines(&self) -> &Lines {
        &self.lines
    }
}

impl Row {
    /// Reads a row: ask price 1, ask size 1, bid price 1, bid size 1, ask price 2, …
    ///
    /// # Errors
    ///
    /// [`RowError`] where the row is not numbers by the four.
    pub fn parse(&mut self, line: &str) -> Result<(), RowError> {
        self.levels.clear();
        let mut columns = Columns::new(line);
        while !columns.is_empty() {
            let ask = Self::level(&mut columns, "ask price", "ask size")?;
            let bid = Self::level(&mut columns, "bid price", "bid size")?;
            self.levels.push([ask, bid]);
        }
        Ok(())
    }

    /// The levels of a side that there are.
    pub fn side(&self, side: Side) -> impl Iterator<Item = (Price, u128)> + '_ {
        self.levels.iter().filter_map(move |level| match side {
            Side::Sell => level[0],
            Side::Buy => level[1],
        })
    }

    /// The best level, from 1, in which the first `depth` levels differ from those of `book`.
    #[must_use]
    pub fn first_difference(&self, book: BookView<'_>, depth: usize) -> Option<usize> {
        let (mut asks, mut bids) = (book.levels(Side::Sell), book.levels(Side::Buy));
        let differs = |row: &[Level; 2]| {
            let ask = asks.next().map(|level| (level.price, level.qty));
            let bid = bids.next().map(|level| (level.price, level.qty));
            *row != [ask, bid]
        };
        self.levels.iter().take(depth).position(differs).map(|place| place + 1)
    }

    fn level(columns: &mut Columns<'_>, price: &str, size: &str) -> Result<Level, RowError> {
        let price = columns.next(price, |text| text.parse::<i64>().ok())?;
        let size = columns.next(size, |text| text.parse::<u64>().ok())?;
        let exists = price.abs() != NO_PRICE && size != 0;
        Ok(exists.then_some((Price(price), u128::from(size))))
    }
}

#[cfg(test)]
mod tests;
