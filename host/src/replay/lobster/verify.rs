//! Compares the engine's book with every row of an order book file.

use std::fmt;

use ringfence_core::BookView;

use super::history::Counts;
use super::rows::Row;
use crate::metrics::Grouped;

/// What the comparison found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Rows compared.
    pub rows: u64,
    /// Levels of a row, those compared.
    pub levels: usize,
    /// By level from 1: how many rows have it as the best level that differs, and the first such.
    pub by_level: Vec<(u64, u64)>,
}

impl Verdict {
    /// Compares `book` with the next row, `depth` levels deep.
    pub fn compare(&mut self, row: &Row, book: BookView<'_>, depth: usize) {
        self.rows += 1;
        self.levels = row.levels.len().min(depth);
        self.by_level.resize(self.levels.max(self.by_level.len()), (0, 0));
        if let Some(level) = row.first_difference(book, depth) {
            let (rows, first) = &mut self.by_level[level - 1];
            *rows += 1;
            if *first == 0 {
                *first = self.rows;
            }
        }
    }

    /// Rows that differ anywhere.
    #[must_use]
    pub fn different(&self) -> u64 {
        self.by_level.iter().map(|(rows, _)| rows).sum()
    }

    /// Levels to which every row is equal.
    #[must_use]
    pub fn equal_levels(&self) -> usize {
        self.by_level.iter().position(|&(rows, _)| rows > 0).unwrap_or(self.levels)
    }

    /// Whether at most `allow_rows` rows differ and every execution at the head traded with the
    /// order that the file names.
    #[must_use]
    pub fn holds(&self, counts: &Counts, allow_rows: u64) -> bool {
        self.different() <= allow_rows && counts.with_another == 0
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, different) = (Grouped(self.rows), self.different());
        writeln!(f, "rows compared       {rows}, levels {}", self.levels)?;
        writeln!(f, "rows equal          {}", Grouped(self.rows - different))?;
        writeln!(f, "rows that differ    {}", Grouped(different))?;
        for (level, (rows, first)) in self.by_level.iter().enumerate() {
            if *rows > 0 {
                let (rows, first) = (Grouped(rows), Grouped(first));
                writeln!(f, "  from level {:<6} {rows}, first in row {first}", level + 1)?;
            }
        }
        writeln!(
            f,
            "equal in every row  the best {} of {} levels",
            self.equal_levels(),
            self.levels
        )
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [adds, reductions, deletions, executions, hidden, crosses, halts] =
            self.messages.map(Grouped);
        writeln!(
            f,
            "messages            {adds} adds, {reductions} reductions, {deletions} deletions, \
             {executions} executions, {hidden} hidden executions, {crosses} crosses, {halts} halts \
             and resumptions"
        )?;
        writeln!(
            f,
            "executions          {} at the head, {} not at the head (reduced instead), {} of \
             unknown orders",
            Grouped(self.at_head),
            Grouped(self.not_at_head),
            Grouped(self.of_unknown)
        )?;
        writeln!(f, "at the head, traded with another order  {}", Grouped(self.with_another))?;
        for (count, what) in [
            (self.nowhere, "messages about orders that are nowhere"),
            (self.clamped, "messages about more, or less, than is open"),
            (self.stale, "orders that had left unseen"),
            (self.repeated, "adds of an order that is already there"),
            (self.rejected, "commands that the engine turned away"),
            (self.met_strategies, "executions that met strategies first"),
            (self.met_strategies_qty, "lots that strategies traded in these"),
            (self.strayed, "messages about orders that strategies traded with"),
        ] {
            if count > 0 {
                writeln!(f, "{:<50} {}", what, Grouped(count))?;
            }
        }
        Ok(())
    }
}
