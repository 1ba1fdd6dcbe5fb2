//! Replays a day of LOBSTER messages through the engine, and checks it against LOBSTER's books.

mod history;
mod message;
mod rows;
mod verify;

use std::path::Path;

use ringfence_core::InstrumentSpec;

pub use history::{Counts, History, INSTRUMENT};
pub use message::{Columns, Kind, Message, ORDER_ID_END, RowError};
pub use rows::{Level, Row, Rows};
pub use verify::Verdict;

use super::input::Lines;
use super::run::Run;
use crate::error::RunError;

/// What is to be replayed and compared.
#[derive(Clone, Debug, Default)]
pub struct Day {
    /// The message file.
    pub messages: String,
    /// The order book file, a row for each message.
    pub orderbook: Option<String>,
    /// The file whose first row is the book after the first message; otherwise `orderbook`.
    pub seed: Option<String>,
    /// Levels that are compared; `None`: none is.
    pub verify_depth: Option<usize>,
    /// The price increment.
    pub tick: u64,
}

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What was met on the way.
    pub counts: Counts,
    /// How the books compared, where they were.
    pub verdict: Option<Verdict>,
}

/// Decimal places of LOBSTER's prices.
pub const SCALE: u8 = 4;

/// Replays a day.
///
/// # Errors
///
/// [`RunError`] where a file cannot be read or a row is wrong.
pub fn replay(day: &Day, run: &mut Run) -> Result<Findings, RunError> {
    replay_lines(day, Lines::open(&day.messages)?, run)
}

/// As [`replay`], with the messages read already.
///
/// # Errors
///
/// As [`replay`].
pub fn replay_lines(day: &Day, lines: Lines, run: &mut Run) -> Result<Findings, RunError> {
    let mut messages = Messages { lines, tick: day.tick };
    let mut rows = match (&day.orderbook, day.verify_depth) {
        (Some(file), Some(_)) => Some(Rows::open(file)?),
        _ => None,
    };
    let mut seed = day.seed.as_deref().or(day.orderbook.as_deref()).map(Rows::open).transpose()?;
    let seed = match &mut seed {
        Some(seed) => seed.next_row()?,
        None => None,
    };
    let Some(mut message) = messages.next()? else {
        return Err(messages.lines.file_error("holds no messages; is it the right file?"));
    };
    let mut history = History::new(day.instrument());
    history.seed(seed, &message, run)?;
    let mut verdict = Verdict::default();
    run.metrics.begin();
    loop {
        history.follow(&message, run)?;
        if let (Some(rows), Some(depth)) = (&mut rows, day.verify_depth) {
            let number = messages.lines.number();
            let Some(row) = rows.next_row()? else {
                let problem =
                    format!("ends before message {number}; do the files belong together?");
                return Err(rows.lines().file_error(problem));
            };
            let book = run.host.engine().book(INSTRUMENT).expect("seed defined it");
            verdict.compare(row, book, depth);
        }
        run.show_progress(&messages.lines);
        message = match messages.next()? {
            Some(message) => message,
            None => break,
        };
    }
    history.finish(run)?;
    run.end_progress();
    if let Some(rows) = &mut rows
        && rows.next_row()?.is_some()
    {
        let problem = "has more rows than there are messages; do the files belong together?";
        return Err(rows.lines().file_error(problem));
    }
    Ok(Findings { counts: history.counts(), verdict: rows.map(|_| verdict) })
}

impl Day {
    /// The instrument, named as the message file is up to its first underscore.
    #[must_use]
    pub fn instrument(&self) -> InstrumentSpec {
        let stem = Path::new(&self.messages).file_name().and_then(|name| name.to_str());
        let symbol = stem.and_then(|stem| stem.split(['_', '.']).next()).unwrap_or_default();
        let is_symbol = (1..=SYMBOL_LEN).contains(&symbol.len())
            && symbol.bytes().all(|byte| byte.is_ascii_uppercase());
        let symbol = if is_symbol { symbol } else { "LOBSTER" };
        InstrumentSpec { scale: SCALE, tick: self.tick, ..InstrumentSpec::new(INSTRUMENT, symbol) }
    }
}

/// Letters of a ticker.
const SYMBOL_LEN: usize = 8;

/// The messages of a file.
struct Messages {
    lines: Lines,
    tick: u64,
}

impl Messages {
    fn next(&mut self) -> Result<Option<Message>, RunError> {
        let parsed = match self.lines.next_line()? {
            None => return Ok(None),
            Some(line) => Message::parse(line),
        };
        let message = parsed.map_err(|error| self.lines.error(error.column, error.problem))?;
        let price = message.price.0;
        if message.kind == Kind::Add && price.unsigned_abs() % self.tick != 0 {
            let tick = self.tick;
            let problem =
                format!("the price {price} is not a multiple of {tick}; give a finer --tick");
            return Err(self.lines.error(1, problem));
        }
        Ok(Some(message))
    }
}
