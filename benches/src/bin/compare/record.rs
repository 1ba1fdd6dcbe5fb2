//! The record of a run: `benches/record/<date>-<machine>.json`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;
use std::{fs, io};

use serde_json::{Value, json};

use super::depth::{Depth, Memory};
use super::latency::Latencies;
use super::speed::Speed;
use super::verdict::Verdict;

/// All that was measured.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) speeds: Vec<Speed>,
    pub(crate) latencies: Latencies,
    pub(crate) depths: Vec<Depth>,
    pub(crate) memory: Memory,
}

/// Where it was measured.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) date: String,
    pub(crate) processor: String,
    pub(crate) rustc: String,
    pub(crate) commit: String,
}

impl Place {
    /// Here and now.
    pub(crate) fn here() -> Self {
        let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpus.lines().find_map(|line| line.strip_prefix("model name"));
        let model =
            model.map_or("unknown processor", |rest| rest.trim_start_matches([' ', '\t', ':']));
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        Self {
            date: today(),
            processor: format!("{model}, {cores} cores, {}", std::env::consts::ARCH),
            rustc: said_by("rustc", &["--version"]),
            commit: said_by("git", &["describe", "--always", "--dirty"]),
        }
    }
}

/// Writes the record; returns where it is.
///
/// # Errors
///
/// Where the file cannot be written.
pub(crate) fn write(run: &Run, verdicts: &[Verdict]) -> io::Result<PathBuf> {
    let place = Place::here();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("record");
    fs::create_dir_all(&folder)?;
    let machine: Vec<&str> = place
        .processor
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|it| !it.is_empty())
        .collect();
    let name = format!("{}-{}.json", place.date, machine.join("-").to_lowercase());
    let file = folder.join(name);
    let text = serde_json::to_string_pretty(&record(run, verdicts, &place))?;
    fs::write(&file, text + "\n")?;
    Ok(file)
}

fn record(run: &Run, verdicts: &[Verdict], place: &Place) -> Value {
    let speeds: Vec<Value> = run.speeds.iter().map(|speed| {
        json!({
            "workload": speed.workload, "book": speed.book, "median_ns": rounded(speed.median()),
            "runs_ns": speed.runs.iter().map(|&ns| rounded(ns)).collect::<Vec<_>>(),
            "allocations": speed.allocations, "tally_differs": speed.differs,
        })
    }).collect();
    let percentiles: Vec<Value> = run
        .latencies
        .percentiles
        .iter()
        .map(|(percentile, ns)| json!({ "percentile": percentile, "ns": ns }))
        .collect();
    let depths: Vec<Value> = run
        .depths
        .iter()
        .map(|depth| {
            json!({ "orders": depth.orders, "prices_a_side": depth.prices, "ns": rounded(depth.ns),
                "ns_in_groups": rounded(depth.ns_in_groups) })
        })
        .collect();
    let verdicts: Vec<Value> = verdicts.iter().map(|verdict| {
        json!({ "asked": verdict.asked, "measured": verdict.measured, "holds": verdict.holds })
    }).collect();
    json!({
        "date": place.date, "processor": place.processor, "rustc": place.rustc,
        "commit": place.commit, "profile": "release",
        "workload": "shared/bench, seed 42, 2,000,000 commands", "speeds": speeds,
        "latency": { "workload": "A", "clock_ns": run.latencies.clock, "percentiles": percentiles },
        "depth": depths,
        "memory": { "orders": run.memory.orders, "bytes_an_order": rounded(run.memory.bytes) },
        "verdicts": verdicts,
    })
}

fn rounded(ns: f64) -> f64 {
    (ns * 10.0).round() / 10.0
}

fn said_by(program: &str, arguments: &[&str]) -> String {
    let folder = env!("CARGO_MANIFEST_DIR");
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|_| "unknown".into())
}

/// The date in UTC: days since 1970 in years, months and days of the Gregorian calendar.
fn today() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let days = since.as_secs() / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
