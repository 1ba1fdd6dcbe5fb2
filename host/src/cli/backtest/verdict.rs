//! How one strategy did, as a paragraph.

use std::fmt;

use super::curve;
use crate::cli::ending::Ending;
use crate::metrics::{Decimal, Grouped};
use crate::plain::plain;
use crate::report::Tally;
use crate::seat::{Counts, Seat};

/// How one strategy did.
#[derive(Debug)]
pub(super) struct Verdict {
    name: String,
    scale: u8,
    worth: i128,
    fees: i128,
    fills: u64,
    volume: u128,
    tally: Tally,
    counts: Counts,
    /// When, lots held, and what all was worth.
    curve: Vec<(u64, i128, i128)>,
    gas: u64,
    calls: u64,
    fault: Option<String>,
}

impl Verdict {
    /// Of every strategy of a run, in the order of their seats.
    pub(super) fn all(ending: &Ending<'_>) -> Vec<Self> {
        let seats = ending.run.host.seats().iter().enumerate();
        seats.map(|(place, seat)| Self::of(place, seat, ending)).collect()
    }

    fn of(place: usize, seat: &Seat, ending: &Ending<'_>) -> Self {
        let ledger = seat.ledger();
        let series = ending.run.series.as_ref();
        let stats = seat.stats();
        Self {
            name: seat.name().to_owned(),
            scale: ending.scale,
            worth: ledger.worth(ending.run.host.engine()),
            fees: ledger.fees(),
            fills: ledger.fills(),
            volume: ledger.volume(),
            tally: series.map(|series| series.tally(place)).unwrap_or_default(),
            counts: seat.counts(),
            curve: series.map(|series| series.curve(place).collect()).unwrap_or_default(),
            gas: stats.gas,
            calls: stats.calls,
            fault: ending.rows.get(place).and_then(|row| row.fault.clone()),
        }
    }

    fn money(&self, units: i128) -> String {
        Decimal { units, scale: self.scale }.to_string()
    }

    /// How far what it has fell at most below what it was worth before.
    fn drawdown(&self) -> i128 {
        let (mut peak, mut deepest) = (0, 0);
        for &(_, _, worth) in &self.curve {
            peak = peak.max(worth);
            deepest = deepest.max(peak - worth);
        }
        deepest
    }

    fn turned_away(&self) -> u64 {
        self.counts.refused + self.counts.limited + self.counts.crowded_out
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tally, counts) = (&self.tally, &self.counts);
        let traded = tally.orders_traded();
        let (long, short) = (Grouped(tally.longest), Grouped(tally.shortest));
        let rows = [
            ("PnL", format!("{} (fees {})", self.money(self.worth), self.money(self.fees))),
            ("deepest drawdown", self.money(self.drawdown())),
            ("position", format!("{} lots; from {short} to {long}", Grouped(tally.lots))),
            ("lots traded", format!("{} in {} fills", Grouped(self.volume), Grouped(self.fills))),
            ("of them resting", percent(tally.made, tally.made + tally.taken)),
            ("orders", format!("{} taken in", Grouped(counts.orders))),
            (
                "hit ratio",
                format!(
                    "{}: {} orders traded",
                    percent(traded.into(), counts.orders.into()),
                    Grouped(traded)
                ),
            ),
            (
                "turned away",
                format!(
                    "{} by the engine, {} before it",
                    Grouped(counts.rejected),
                    Grouped(self.turned_away())
                ),
            ),
            ("gas", format!("{} in {} calls", Grouped(self.gas), Grouped(self.calls))),
            (
                "position over time",
                curve::draw(self.curve.iter().map(|&(at, lots, _)| (at, lots)), COLUMNS),
            ),
            (
                "PnL over time",
                curve::draw(self.curve.iter().map(|&(at, _, worth)| (at, worth)), COLUMNS),
            ),
        ];
        writeln!(f, "{}", plain(&self.name))?;
        for (what, value) in rows {
            writeln!(f, "  {what:<20} {value}")?;
        }
        match &self.fault {
            Some(fault) => writeln!(f, "  {:<20} {}", "FAULT", plain(fault)),
            None => Ok(()),
        }
    }
}

/// Columns of a curve: a paragraph with one is 82 wide.
const COLUMNS: u64 = 60;

/// A share in percent with one decimal place, rounded down.
fn percent(part: u128, whole: u128) -> String {
    let tenths = (part * 1_000).checked_div(whole);
    tenths.map_or("-".to_owned(), |it| format!("{}.{} %", it / 10, it % 10))
}

#[cfg(test)]
mod tests;
