//! How a run ends: what is said of its speed and of its strategies, and the page with charts.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use crate::error::RunError;
use crate::metrics::{Grouped, PERCENTILES, Span};
use crate::replay::run::Run;
use crate::report::{self, Facts, Series};
use crate::summary::{self, Row};

/// A run at its end.
pub(super) struct Ending<'a> {
    pub(super) run: &'a Run,
    pub(super) rows: Vec<Row>,
    pub(super) symbol: &'a str,
    /// Decimal places of prices.
    pub(super) scale: u8,
    elapsed: Duration,
}

impl<'a> Ending<'a> {
    pub(super) fn of(run: &'a Run) -> Self {
        let elapsed = run.metrics.elapsed();
        let host = &run.host;
        let instrument = run.series.as_ref().and_then(Series::instrument);
        let instrument = instrument.or_else(|| host.engine().instruments().next());
        let book = instrument.and_then(|instrument| host.engine().book(instrument));
        let (scale, symbol) =
            book.map_or((0, ""), |book| (book.spec().scale, book.spec().symbol.as_str()));
        let rows = host.seats().iter().map(|seat| Row::of(seat, host, scale)).collect();
        Self { run, rows, symbol, scale, elapsed }
    }

    /// How fast it was, and a paragraph for each strategy.
    pub(super) fn summary(&self) -> String {
        summary::text(&self.run.metrics, self.elapsed, &self.rows)
    }

    /// Which strategies were to hear of instruments that never came to be; nothing where none was.
    pub(super) fn never_there(&self) -> String {
        summary::never_there(&self.run.host)
    }

    /// Which strategies failed, and how; nothing where none did.
    pub(super) fn faults(&self) -> String {
        summary::faults(&self.rows)
    }
}

/// A page that is going to be written. It is created first, so that a long run does not end with
/// the news that it cannot be.
pub(super) struct Page {
    path: String,
    file: File,
}

impl Page {
    pub(super) fn create(path: &str) -> Result<Self, RunError> {
        let file = File::create(path)
            .map_err(|source| RunError::Open { file: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Writes it, where the run kept what it shows.
    pub(super) fn write(
        mut self,
        ending: &Ending<'_>,
        title: &str,
        findings: String,
    ) -> Result<(), RunError> {
        let Some(series) = &ending.run.series else { return Ok(()) };
        let facts = Facts {
            title: format!("{} · {}", ending.symbol, file_name(title)),
            scale: ending.scale,
            headline: headline(ending.run, ending.elapsed, series),
            findings,
            metrics: &ending.run.metrics,
            strategies: ending.rows.clone(),
        };
        let written = self.file.write_all(report::html(&facts, series).as_bytes());
        written.map_err(|source| RunError::write(&self.path, source))
    }
}

fn file_name(path: &str) -> String {
    std::path::Path::new(path).file_name().map_or(path.into(), |name| name.to_string_lossy()).into()
}

fn headline(run: &Run, elapsed: Duration, series: &Series) -> Vec<(String, String)> {
    let metrics = &run.metrics;
    let mut headline = vec![
        ("commands".to_owned(), Grouped(metrics.commands()).to_string()),
        ("commands a second".to_owned(), Grouped(metrics.per_second(elapsed)).to_string()),
        ("trades".to_owned(), Grouped(series.trade_count()).to_string()),
    ];
    for (name, hundredths) in [PERCENTILES[0], PERCENTILES[2]] {
        let name = format!("latency {name}");
        headline.push((name, Span(metrics.percentile_ns(hundredths)).to_string()));
    }
    headline
}
