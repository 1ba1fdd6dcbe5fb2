//! What a run says at its end: speed, latency, and a row for each strategy.

use std::fmt::Write as _;
use std::time::Duration;

use crate::host::Host;
use crate::metrics::{Decimal, Grouped, Metrics, PERCENTILES, Span};
use crate::plain::plain;
use crate::sandbox::Fault;
use crate::seat::{OpenOrders, Seat, Standing};

/// One strategy's figures as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// What people call it.
    pub name: String,
    /// How it failed last and where it stands since, if it ever failed.
    pub fault: Option<String>,
    /// Events that found its mailbox full.
    pub mail_lost: u64,
    /// Where it was when it failed, and what it had logged last.
    pub log_tail: Vec<String>,
    /// From its module's bytes to its first event handled, and whether compiled code was kept.
    pub cold_start: (Duration, bool),
    cells: [String; 13],
}

impl Row {
    /// What the cells are.
    pub const HEADS: [&'static str; 14] = [
        "strategy",
        "position",
        "PnL",
        "fills",
        "lots traded",
        "orders",
        "rejected",
        "refused",
        "calls",
        "ns per call",
        "gas",
        "cold start",
        "account",
        "PnL in ticks × lots",
    ];

    /// The figures of one seat; `scale` is that of the prices, where all have the same.
    #[must_use]
    pub fn of(seat: &Seat, host: &Host, scale: u8) -> Self {
        let stats = seat.stats();
        let (counts, ledger) = (seat.counts(), seat.ledger());
        let worth = ledger.worth(host.engine());
        let cold_start = span(stats.cold_start).to_string();
        let cold_start = cold_start + if stats.from_cache { " (kept code)" } else { "" };
        let pnl = Decimal { units: worth, scale }.to_string();
        Self {
            name: seat.name().to_owned(),
            mail_lost: counts.mail_lost,
            fault: fault(seat),
            log_tail: log_tail(seat),
            cold_start: (stats.cold_start, stats.from_cache),
            cells: [
                Grouped(ledger.lots()).to_string(),
                pnl,
                Grouped(ledger.fills()).to_string(),
                Grouped(ledger.volume()).to_string(),
                Grouped(counts.orders).to_string(),
                Grouped(counts.rejected).to_string(),
                Grouped(counts.refused + counts.limited + counts.crowded_out).to_string(),
                Grouped(stats.calls).to_string(),
                stats.ns_per_call().map_or_else(|| "-".into(), |ns| Grouped(ns).to_string()),
                Grouped(stats.gas).to_string(),
                cold_start,
                seat.account().to_string(),
                Grouped(worth).to_string(),
            ],
        }
    }

    /// The name and the figures, in the order of [`HEADS`](Self::HEADS).
    #[must_use]
    pub fn cells(&self) -> Vec<String> {
        std::iter::once(&self.name).chain(&self.cells).cloned().collect()
    }
}

/// The whole summary as text. `elapsed` is the time that the commands took, reading included.
#[must_use]
pub fn text(metrics: &Metrics, elapsed: Duration, rows: &[Row]) -> String {
    let mut text = String::new();
    add(
        &mut text,
        format_args!(
            "{} commands in {}: {} a second, reading included\n",
            Grouped(metrics.commands()),
            span(elapsed),
            Grouped(metrics.per_second(elapsed))
        ),
    );
    add(&mut text, format_args!("latency per command  "));
    for (name, hundredths) in PERCENTILES {
        add(&mut text, format_args!("{name} {}  ", Span(metrics.percentile_ns(hundredths))));
    }
    add(&mut text, format_args!("max {}\n", Span(metrics.max_ns())));
    for row in rows {
        add(&mut text, format_args!("\n{}\n", plain(&row.name)));
        for (head, cell) in Row::HEADS.iter().zip(row.cells()).skip(1) {
            add(&mut text, format_args!("  {head:<20} {cell}\n"));
        }
        if row.mail_lost > 0 {
            let lost = Grouped(row.mail_lost);
            add(&mut text, format_args!("  {lost} events found its mailbox full\n"));
        }
        if let Some(fault) = &row.fault {
            add(&mut text, format_args!("  {}\n", plain(fault)));
            for line in &row.log_tail {
                add(&mut text, format_args!("    {}\n", plain(line)));
            }
        }
    }
    add_slowest_start(&mut text, rows);
    text
}

/// Which strategy took longest to its first event: of those whose code was kept, where any was.
fn add_slowest_start(text: &mut String, rows: &[Row]) {
    let kept = rows.iter().any(|row| row.cold_start.1);
    let starts = rows.iter().filter(|row| row.cold_start.1 == kept);
    let Some(row) = starts.max_by_key(|row| row.cold_start.0) else { return };
    let (took, how) = (span(row.cold_start.0), if kept { "kept code" } else { "compiled first" });
    add(text, format_args!("\nslowest cold start  {took} ({how}): {}\n", plain(&row.name)));
}

/// A line for each strategy that failed, whatever became of it.
#[must_use]
pub fn faults(rows: &[Row]) -> String {
    let told = rows.iter().filter_map(|row| Some((&row.name, row.fault.as_ref()?)));
    told.map(|(name, fault)| format!("strategy {} {}\n", plain(name), plain(fault))).collect()
}

/// A line for each strategy that failed in its last words at the end. Of one that was replaced or
/// unloaded, whoever did that was told.
#[must_use]
pub fn last_words(host: &Host) -> String {
    let ended = host.seats().iter().filter(|seat| seat.standing() == Standing::Stopped);
    let last = ended.filter_map(|seat| Some((seat, seat.failures().next_back()?)));
    let failed = last.filter(|(_, failure)| matches!(failure.fault, Fault::LastWords { .. }));
    let told = failed.map(|(seat, failure)| {
        format!("strategy {} {}\n", plain(seat.name()), plain(&failure.fault.to_string()))
    });
    told.collect()
}

/// A line for each strategy that was to hear of instruments which never came to be.
#[must_use]
pub fn never_there(host: &Host) -> String {
    let mut text = String::new();
    for seat in host.seats() {
        let asked = seat.subscription().instruments.iter();
        let missing = asked.filter(|&&instrument| host.engine().book(instrument).is_none());
        let missing: Vec<_> = missing.map(|instrument| instrument.0).collect();
        if !missing.is_empty() {
            let name = plain(seat.name());
            let why = "but there never were any; mend its `instruments`";
            add(&mut text, format_args!("strategy {name} subscribed to {missing:?}, {why}\n"));
        }
    }
    text
}

fn fault(seat: &Seat) -> Option<String> {
    let failure = seat.failures().next_back()?;
    if matches!(failure.fault, Fault::LastWords { .. }) {
        let who = if seat.is_running() { "the version before" } else { "it" };
        return Some(format!("{who} {}", failure.fault));
    }
    let orders = match seat.policy().orders {
        OpenOrders::Cancel => "its orders were cancelled",
        OpenOrders::Keep => "its orders stayed",
    };
    let stands = match seat.standing() {
        Standing::Running => format!("failed {} times and runs again", seat.faults()),
        Standing::BacksOff { .. } => format!("failed {} times and is to run again", seat.faults()),
        Standing::Stopped => "disabled".to_owned(),
        Standing::Quarantined => format!("quarantined after {} faults", seat.faults()),
        Standing::Left => "unloaded".to_owned(),
    };
    Some(format!("{stands}: it {}; {orders}", failure.fault))
}

fn log_tail(seat: &Seat) -> Vec<String> {
    let Some(failure) = seat.failures().next_back() else { return Vec::new() };
    let frames = failure.backtrace.iter().map(|frame| format!("in {frame}"));
    frames.chain(failure.log.iter().map(|line| format!("log: {line}"))).collect()
}

fn span(duration: Duration) -> Span {
    Span(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}

fn add(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes any text");
}
