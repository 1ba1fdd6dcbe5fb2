//! What is known of each strategy: kept by the venue's thread, read by any.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::exposition::{Exposition, Labels, seconds};
use crate::sandbox::{Cause, Stats};
use crate::seat::{Counts, Failure, FaultCounts, Seat, Standing};

/// One strategy's figures.
#[derive(Clone, Debug)]
pub struct StrategyLine {
    seat: u16,
    name: String,
    account: u32,
    standing: Standing,
    faults: FaultCounts,
    counts: Counts,
    stats: Stats,
    log_dropped: u64,
    last: Option<Failure>,
}

impl StrategyLine {
    /// The figures of a seat.
    #[must_use]
    pub fn of(seat: &Seat) -> Self {
        Self {
            seat: seat.number(),
            name: seat.name().to_owned(),
            account: seat.account().0,
            standing: seat.standing(),
            faults: *seat.fault_counts(),
            counts: seat.counts(),
            stats: seat.stats(),
            log_dropped: seat.guest().log_dropped(),
            last: seat.failures().next_back().cloned(),
        }
    }

    /// Takes the figures of the same seat anew; what is text only where there is another one.
    fn look_at(&mut self, seat: &Seat) {
        if self.name != seat.name() {
            seat.name().clone_into(&mut self.name);
        }
        if self.faults != *seat.fault_counts() {
            self.last = seat.failures().next_back().cloned();
        }
        self.standing = seat.standing();
        self.faults = *seat.fault_counts();
        self.counts = seat.counts();
        self.stats = seat.stats();
        self.log_dropped = seat.guest().log_dropped();
    }

    /// What people and programs read.
    #[must_use]
    pub fn json(&self) -> Value {
        let Self { seat, name, account, standing, faults, counts, stats, log_dropped, last } = self;
        let causes: serde_json::Map<_, _> =
            faults.iter().map(|(cause, count)| (cause.name().to_owned(), count.into())).collect();
        let until = match standing {
            Standing::BacksOff { until } => Some(until.0),
            _ => None,
        };
        json!({
            "seat": seat,
            "name": name,
            "account": account,
            "state": standing.name(),
            "until": until,
            "orders": {
                "open": counts.open,
                "accepted": counts.orders,
                "rejected": counts.rejected,
                "refused": counts.refused,
                "limited": counts.limited + counts.crowded_out,
            },
            "events": stats.events,
            "mail_lost": counts.mail_lost,
            "calls": stats.calls,
            "gas": stats.gas,
            "memory_bytes": memory(stats),
            "cold_start_ns": cold_start_ns(stats),
            "log_lines_dropped": log_dropped,
            "restarts": counts.restarts,
            "faults": causes,
            "last_fault": last.as_ref().map(failure),
        })
    }
}

fn failure(failure: &Failure) -> Value {
    let Failure { at, fault, backtrace, log } = failure;
    json!({
        "at": at.0,
        "cause": fault.cause().name(),
        "what": fault.to_string(),
        "backtrace": backtrace,
        "log": log,
    })
}

/// The figures of all strategies.
#[derive(Debug, Default)]
pub struct Board {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    lines: Vec<StrategyLine>,
    /// Whose turn it is.
    next: usize,
}

/// Strategies that are looked at together: a thousand are looked at within a second.
const LOOK_MAX: usize = 64;

impl Board {
    /// Takes the figures of the next few seats, and of those that are new. Where somebody reads just
    /// now, it takes none: the venue's thread does not wait.
    pub(super) fn look_at(&self, seats: &[Seat]) {
        let Ok(mut kept) = self.kept.try_lock() else { return };
        let Kept { lines, next } = &mut *kept;
        for seat in seats.iter().skip(lines.len()) {
            lines.push(StrategyLine::of(seat));
        }
        for _ in 0..LOOK_MAX.min(seats.len()) {
            *next = if *next + 1 < seats.len() { *next + 1 } else { 0 };
            lines[*next].look_at(&seats[*next]);
        }
    }

    /// All of them.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({ "strategies": self.lines().iter().map(StrategyLine::json).collect::<Vec<_>>() })
    }

    /// How many seats there are.
    pub(super) fn len(&self) -> u64 {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.lines.iter().filter(|line| line.standing != Standing::Left).count() as u64
    }

    /// A copy, so that nobody is kept waiting while it is written down.
    fn lines(&self) -> Vec<StrategyLine> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).lines.clone()
    }

    pub(super) fn write(&self, out: &mut Exposition) {
        let lines = self.lines();
        let labels: Vec<Labels> = lines
            .iter()
            .map(|line| Labels::default().and("seat", line.seat).and("name", &line.name))
            .collect();
        let all = || labels.iter().zip(&lines);
        out.gauges(
            "ringfence_strategy_state",
            "Where a strategy stands.",
            all().map(|(labels, it)| (labels.clone().and("state", it.standing.name()), 1)),
        );
        out.counters_of(
            "ringfence_strategy_faults_total",
            "Faults of strategies, by cause.",
            all().flat_map(|(labels, it)| {
                let of =
                    |cause: Cause| (labels.clone().and("cause", cause.name()), it.faults.of(cause));
                Cause::ALL.map(of)
            }),
        );
        out.counters_of(
            "ringfence_strategy_commands_total",
            "Commands that strategies asked for, by what came of them.",
            all().flat_map(|(labels, it)| {
                let results = it.results();
                results.map(|(result, count)| (labels.clone().and("result", result), count))
            }),
        );
        for (name, help, figure) in COUNTERS {
            out.counters_of(name, help, all().map(|(labels, it)| (labels.clone(), figure(it))));
        }
        for (name, help, figure) in GAUGES {
            out.gauges(name, help, all().map(|(labels, it)| (labels.clone(), figure(it))));
        }
        out.gauges_text(
            "ringfence_strategy_cold_start_seconds",
            "From its module's bytes to its first event.",
            all().map(|(labels, it)| (labels.clone(), seconds(cold_start_ns(&it.stats)))),
        );
    }
}

impl StrategyLine {
    /// What came of the commands that it asked for.
    const fn results(&self) -> [(&'static str, u64); 4] {
        let Counts { orders, rejected, refused, limited, crowded_out, .. } = self.counts;
        [
            ("accepted", orders),
            ("rejected", rejected),
            ("refused", refused),
            ("limited", limited + crowded_out),
        ]
    }
}

/// A figure with its name and what it is.
type Figure = (&'static str, &'static str, fn(&StrategyLine) -> u64);

/// Figures that only grow.
const COUNTERS: [Figure; 6] = [
    ("ringfence_strategy_restarts_total", "Times it was started again.", |it| it.counts.restarts),
    ("ringfence_strategy_gas_total", "Gas it used.", |it| it.stats.gas),
    ("ringfence_strategy_calls_total", "Calls into it.", |it| it.stats.calls),
    ("ringfence_strategy_events_total", "Events it was handed.", |it| it.stats.events),
    ("ringfence_strategy_mail_dropped_total", "Events that found its mailbox full.", |it| {
        it.counts.mail_lost
    }),
    ("ringfence_strategy_log_dropped_total", "Lines of its log that were dropped.", |it| {
        it.log_dropped
    }),
];

/// Figures that go up and down.
const GAUGES: [Figure; 2] = [
    ("ringfence_strategy_open_orders", "Orders of its that live.", |it| it.counts.open),
    ("ringfence_strategy_memory_bytes", "Bytes of its memory.", |it| memory(&it.stats)),
];

const fn memory(stats: &Stats) -> u64 {
    stats.pages as u64 * 65_536
}

fn cold_start_ns(stats: &Stats) -> u64 {
    u64::try_from(stats.cold_start.as_nanos()).unwrap_or(u64::MAX)
}
