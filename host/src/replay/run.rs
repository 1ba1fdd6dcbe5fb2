//! One run of a replay: the host, how fast it is, and what the report shows.

use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use ringfence_core::{Event, Interest};

use super::input::Lines;
use crate::error::RunError;
use crate::host::Host;
use crate::metrics::Metrics;
use crate::publisher::Outlet;
use crate::report::Series;
use crate::sequencer::{Stamp, Stamped};

/// A run.
#[derive(Debug)]
pub struct Run {
    /// The engine at work.
    pub host: Host,
    /// How fast it is.
    pub metrics: Metrics,
    /// What the report shows, where there will be one.
    pub series: Option<Series>,
    progress: Option<ProgressBar>,
    turns: u64,
}

/// Turns between two looks at the progress of the input.
const PROGRESS_EVERY: u64 = 4_096;

impl Run {
    /// A run of `host`; `shows_progress` where somebody looks on.
    #[must_use]
    pub fn new(host: Host, series: Option<Series>, shows_progress: bool) -> Self {
        let progress = shows_progress.then(bar);
        Self { host, metrics: Metrics::default(), series, progress, turns: 0 }
    }

    /// One command through the host, timed.
    ///
    /// # Errors
    ///
    /// Where the journal does not take it.
    pub fn turn(&mut self, request: Stamped, outlet: &mut impl Outlet) -> Result<(), RunError> {
        let mut told = Told { outlet, series: self.series.as_mut() };
        let begun = Instant::now();
        self.host.turn(request, &mut told)?;
        self.metrics.record(begun.elapsed());
        if let Some(series) = &mut self.series {
            series.sample(&self.host);
        }
        self.turns += 1;
        Ok(())
    }

    /// The last turn, when the input has ended: what strategies still ask for is sequenced, and
    /// they say their last words.
    ///
    /// # Errors
    ///
    /// As [`turn`](Self::turn).
    pub fn finish(&mut self, outlet: &mut impl Outlet) -> Result<(), RunError> {
        let mut told = Told { outlet, series: self.series.as_mut() };
        self.host.finish(&mut told)?;
        self.host.shut_down();
        Ok(())
    }

    /// Shows how far the input is, now and then.
    pub fn show_progress(&self, lines: &Lines) {
        if let Some(bar) = &self.progress
            && self.turns.is_multiple_of(PROGRESS_EVERY)
        {
            let (read, total) = lines.progress();
            bar.set_length(total.max(read));
            bar.set_position(read);
            bar.set_message(crate::metrics::Grouped(self.metrics.commands()).to_string());
        }
    }

    /// Takes the progress bar away.
    pub fn end_progress(&self) {
        if let Some(bar) = &self.progress {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg} commands  {elapsed}");
    let bar = ProgressBar::new(0);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The run's own outlet and the report, told together.
struct Told<'a, O> {
    outlet: &'a mut O,
    series: Option<&'a mut Series>,
}

impl<O: Outlet> Outlet for Told<'_, O> {
    fn interest(&self) -> Interest {
        let series = self.series.as_ref().map_or(Interest::NONE, |_| Series::INTEREST);
        self.outlet.interest().and(series)
    }

    fn tell(&mut self, stamp: Stamp, events: &[Event]) {
        self.outlet.tell(stamp, events);
        if let Some(series) = &mut self.series {
            series.tell(stamp, events);
        }
    }
}
