//! What a venue counts about itself: kept by its own thread, read by any.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use ringfence_core::{Engine, Event, Interest, What};

use super::exposition::{Exposition, seconds};
use super::strategies::Board;
use crate::feed::Counts;
use crate::host::Host;
use crate::journal::{LATENCY_RANGES, latency_bound_ns};
use crate::publisher::Outlet;
use crate::recovery::Findings;
use crate::sequencer::Stamp;

/// A venue's figures.
#[derive(Debug, Default)]
pub struct Figures {
    commands: AtomicU64,
    events: AtomicU64,
    trades: AtomicU64,
    rejects: AtomicU64,
    last_place: AtomicU64,
    last_at_ns: AtomicU64,
    live_orders: AtomicU64,
    journal_ns: [AtomicU64; LATENCY_RANGES],
    journal_sum_ns: AtomicU64,
    recovered_commands: AtomicU64,
    recovery_ns: AtomicU64,
    snapshots_written: AtomicU64,
    snapshots_failed: AtomicU64,
    snapshot_place: AtomicU64,
    /// What is known of each strategy.
    pub strategies: Board,
    /// Clients that are logged in; whoever keeps sessions says so.
    pub sessions: AtomicU64,
}

impl Figures {
    /// Notes what a recovery found.
    pub fn note_recovery(&self, findings: &Findings) {
        let took_ns = u64::try_from(findings.took.as_nanos()).unwrap_or(u64::MAX);
        self.recovered_commands.store(findings.commands, Relaxed);
        self.recovery_ns.store(took_ns, Relaxed);
        self.last_place.store(findings.last.place, Relaxed);
    }

    /// Takes what a host keeps itself; to be called now and then by the thread that has it.
    pub fn look_at(&self, host: &Host) {
        let last = host.sequencer().last();
        self.last_place.store(last.place, Relaxed);
        self.last_at_ns.store(last.at.0, Relaxed);
        self.live_orders.store(u64::from(host.engine().orders()), Relaxed);
        self.strategies.look_at(host.seats());
        let journal = host.sequencer().journal();
        if let Some(latency) = journal.latency() {
            for (to, from) in self.journal_ns.iter().zip(latency.counts()) {
                to.store(from, Relaxed);
            }
            self.journal_sum_ns.store(latency.sum_ns(), Relaxed);
        }
        if let Some(snapshots) = journal.snapshots() {
            self.snapshots_written.store(snapshots.written, Relaxed);
            self.snapshots_failed.store(snapshots.failed, Relaxed);
            self.snapshot_place.store(snapshots.newest.place, Relaxed);
        }
    }

    /// All figures as Prometheus reads them.
    pub(super) fn text(&self, feed: Option<&Counts>, is_ready: bool) -> String {
        let mut out = Exposition::default();
        let of = |figure: &AtomicU64| figure.load(Relaxed);
        out.gauge("ringfence_ready", "Whether commands are taken.", is_ready.into());
        out.counter("ringfence_commands_total", "Commands applied and told.", of(&self.commands));
        out.counter("ringfence_events_total", "Events told.", of(&self.events));
        out.counter("ringfence_trades_total", "Trades.", of(&self.trades));
        out.counter("ringfence_rejects_total", "Commands turned away.", of(&self.rejects));
        out.counter("ringfence_place_total", "Place of the last command.", of(&self.last_place));
        let at = seconds(of(&self.last_at_ns));
        out.gauge_text("ringfence_command_time_seconds", "Time of the last command.", &at);
        out.gauge("ringfence_live_orders", "Orders that live.", of(&self.live_orders));
        out.gauge("ringfence_sessions", "Clients that are logged in.", of(&self.sessions));
        out.gauge("ringfence_strategies", "Strategies with a seat.", self.strategies.len());
        self.strategies.write(&mut out);
        self.write_journal(&mut out);
        if let Some(feed) = feed {
            write_feed(feed, &mut out);
        }
        out.finish()
    }

    fn write_journal(&self, out: &mut Exposition) {
        let of = |figure: &AtomicU64| figure.load(Relaxed);
        let ranges = self.journal_ns.iter().enumerate().map(|(at, count)| {
            let bound = latency_bound_ns(at).map_or_else(|| "+Inf".to_owned(), seconds);
            (bound, of(count))
        });
        out.histogram(
            "ringfence_journal_seconds",
            "Time until a group of commands is durable under the policy.",
            ranges,
            &seconds(of(&self.journal_sum_ns)),
        );
        let recovered = of(&self.recovered_commands);
        out.gauge("ringfence_recovered_commands", "Commands replayed at the start.", recovered);
        let took = seconds(of(&self.recovery_ns));
        out.gauge_text("ringfence_recovery_seconds", "Time that recovery took.", &took);
        let results =
            [("written", of(&self.snapshots_written)), ("failed", of(&self.snapshots_failed))];
        out.counters("ringfence_snapshots_total", "Snapshots, by result.", "result", results);
        let place = of(&self.snapshot_place);
        out.gauge("ringfence_snapshot_place", "Place of the newest snapshot.", place);
    }
}

fn write_feed(feed: &Counts, out: &mut Exposition) {
    let of = |figure: &AtomicU64| figure.load(Relaxed);
    out.gauge("ringfence_feed_subscribers", "Subscribers of market data.", of(&feed.subscribers));
    out.counter("ringfence_feed_records_total", "Records sent.", of(&feed.records));
    out.counter("ringfence_feed_snapshots_total", "Books sent as a whole.", of(&feed.snapshots));
    out.counter("ringfence_feed_cut_off_total", "Subscribers cut off.", of(&feed.cut_off));
    out.counter("ringfence_feed_lost_total", "Events that found the ring full.", of(&feed.lost));
}

/// Counts what it is told.
#[derive(Debug)]
pub struct FigureOutlet {
    figures: Arc<Figures>,
    commands: u64,
    events: u64,
    trades: u64,
    rejects: u64,
}

impl FigureOutlet {
    /// One that counts into `figures`.
    #[must_use]
    pub const fn new(figures: Arc<Figures>) -> Self {
        Self { figures, commands: 0, events: 0, trades: 0, rejects: 0 }
    }
}

impl Outlet for FigureOutlet {
    fn interest(&self) -> Interest {
        Interest::PRIVATE.and(Interest::TRADES)
    }

    #[inline]
    fn tell(&mut self, _stamp: Stamp, events: &[Event]) {
        self.commands += 1;
        self.events += events.len() as u64;
        for event in events {
            match event.what {
                What::Trade { .. } => self.trades += 1,
                What::Rejected { .. } => self.rejects += 1,
                _ => {}
            }
        }
    }

    fn catch_breath(&mut self, _engine: &Engine) {
        let Self { figures, commands, events, trades, rejects } = self;
        figures.commands.store(*commands, Relaxed);
        figures.events.store(*events, Relaxed);
        figures.trades.store(*trades, Relaxed);
        figures.rejects.store(*rejects, Relaxed);
    }
}
