//! One row of a LOBSTER message file.

use ringfence_core::{OrderId, Price, Qty, Side, Time};

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Nanoseconds after midnight.
    pub at: Time,
    /// What happened.
    pub kind: Kind,
    /// The order that it happened to.
    pub id: OrderId,
    /// How many shares.
    pub size: Qty,
    /// Dollars times 10,000.
    pub price: Price,
    /// The side of the resting order.
    pub side: Side,
}

/// What a message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Type 1: an order joined the book.
    Add,
    /// Type 2: an order shrank.
    Reduce,
    /// Type 3: an order left.
    Delete,
    /// Type 4: a displayed order traded.
    Execute,
    /// Type 5: a hidden order traded; the displayed book stays as it is.
    ExecuteHidden,
    /// Type 6: an auction traded; the displayed book stays as it is.
    Cross,
    /// Type 7, price -1: trading halts.
    Halt,
    /// Type 7, price 0: quoting resumes.
    Quoting,
    /// Type 7, price 1: trading resumes.
    Resume,
}

/// Order ids of a file lie below this; the ids above are those of the replay's own orders and of
/// strategies.
pub const ORDER_ID_END: u64 = 1 << 62;

/// Where a row is wrong, in characters from 1, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// Where.
    pub column: usize,
    /// What is wrong and what to do.
    pub problem: String,
}

impl Message {
    /// Reads a row: time, type, order id, size, price, direction.
    ///
    /// # Errors
    ///
    /// [`RowError`] where the row has other columns, or one holds what it cannot.
    pub fn parse(row: &str) -> Result<Self, RowError> {
        let mut columns = Columns::new(row);
        let at = columns.next("time", parse_time)?;
        let kind = columns.next("type", |text| text.parse::<u8>().ok())?;
        let id = columns.next("order id", |text| text.parse::<u64>().ok())?;
        let size = columns.next("size", |text| text.parse::<u64>().ok())?;
        let price = columns.next("price", |text| text.parse::<i64>().ok())?;
        let direction = columns.next("direction", |text| text.parse::<i8>().ok())?;
        columns.end()?;
        let row_error = |problem: String| RowError { column: 1, problem };
        let kind = match (kind, price) {
            (1, _) => Kind::Add,
            (2, _) => Kind::Reduce,
            (3, _) => Kind::Delete,
            (4, _) => Kind::Execute,
            (5, _) => Kind::ExecuteHidden,
            (6, _) => Kind::Cross,
            (7, -1) => Kind::Halt,
            (7, 0) => Kind::Quoting,
            (7, 1) => Kind::Resume,
            (7, _) => {
                return Err(row_error(format!("type 7 with price {price}: it is -1, 0 or 1")));
            }
            _ => return Err(row_error(format!("there is no type {kind}; types go from 1 to 7"))),
        };
        let side = match direction {
            1 => Side::Buy,
            -1 => Side::Sell,
            _ => return Err(row_error(format!("direction {direction}: it is 1 or -1"))),
        };
        let changes_book = matches!(kind, Kind::Add | Kind::Reduce | Kind::Delete | Kind::Execute);
        if changes_book && size == 0 {
            return Err(row_error(format!("a size of 0 in type {}", kind as u8 + 1)));
        }
        if id >= ORDER_ID_END {
            return Err(row_error(format!("order id {id} is not below {ORDER_ID_END} (2^62)")));
        }
        Ok(Self { at, kind, id: OrderId(id), size: Qty(size), price: Price(price), side })
    }
}

/// Seconds with decimals, as nanoseconds. Digits behind the ninth are what is left of somebody's
/// floating point; they are rounded away.
fn parse_time(text: &str) -> Option<Time> {
    let (seconds, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(seconds) || !is_number(decimals) || decimals.len() > DECIMALS_MAX {
        return None;
    }
    let (kept, rounded) = decimals.split_at(decimals.len().min(9));
    let scale = 10_u64.pow(9 - u32::try_from(kept.len()).ok()?);
    let up = u64::from(rounded.as_bytes().first().is_some_and(|&digit| digit >= b'5'));
    let nanoseconds = kept.parse::<u64>().ok()? * scale + up;
    seconds.parse::<u64>().ok()?.checked_mul(1_000_000_000)?.checked_add(nanoseconds).map(Time)
}

/// Decimals that a printed double can have.
const DECIMALS_MAX: usize = 18;

/// The columns of a row, separated by commas.
#[derive(Debug)]
pub struct Columns<'a> {
    rest: Option<&'a str>,
    /// Where the rest begins, in characters from 1. Everything read so far is ASCII.
    column: usize,
}

impl<'a> Columns<'a> {
    /// The columns of `row`.
    #[must_use]
    pub const fn new(row: &'a str) -> Self {
        Self { rest: Some(row), column: 1 }
    }

    /// Whether all columns were read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_none()
    }

    /// The next column, read by `parse`.
    ///
    /// # Errors
    ///
    /// [`RowError`] where there is none or `parse` does not take it.
    pub fn next<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, RowError> {
        let Some(rest) = self.rest else {
            let problem = format!("the row ends before its {name}; is it whole?");
            return Err(RowError { column: self.column, problem });
        };
        let (text, after) = match rest.split_once(',') {
            Some((text, after)) => (text, Some(after)),
            None => (rest, None),
        };
        let value = parse(text.trim()).ok_or_else(|| {
            let problem = format!("`{text}` is not a {name}; correct the row or leave it out");
            RowError { column: self.column, problem }
        })?;
        self.rest = after;
        self.column += text.len() + 1;
        Ok(value)
    }

    fn end(&self) -> Result<(), RowError> {
        match self.rest {
            None => Ok(()),
            Some(_) => {
                let problem =
                    "a message has six columns: time, type, order id, size, price, direction";
                Err(RowError { column: self.column, problem: problem.into() })
            }
        }
    }
}

#[cfg(test)]
mod tests;
