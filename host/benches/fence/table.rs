//! The table: figures beside their limits.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Row>,
    notes: Vec<(&'static str, String)>,
}

struct Row {
    engine: &'static str,
    what: String,
    unit: &'static str,
    found: f64,
    most: f64,
}

impl Table {
    pub(super) fn at_most(
        &mut self,
        engine: &'static str,
        what: &str,
        found: Duration,
        most: Duration,
    ) {
        let (unit, per_second) =
            if most < Duration::from_micros(5) { ("ns", 1e9) } else { ("µs", 1e6) };
        let in_unit = |time: Duration| time.as_secs_f64() * per_second;
        self.add(engine, what, unit, in_unit(found), in_unit(most));
    }

    pub(super) fn percent_at_most(
        &mut self,
        engine: &'static str,
        what: &str,
        found: f64,
        most: f64,
    ) {
        self.add(engine, what, "%", found, most);
    }

    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    pub(super) fn mib_at_most(&mut self, engine: &'static str, what: &str, found: u64, most: u64) {
        self.add(engine, what, "MiB", (found >> 10) as f64 / 1024.0, most as f64);
    }

    pub(super) fn note(&mut self, engine: &'static str, note: String) {
        self.notes.push((engine, note));
    }

    fn add(&mut self, engine: &'static str, what: &str, unit: &'static str, found: f64, most: f64) {
        self.rows.push(Row { engine, what: what.to_owned(), unit, found, most });
    }

    pub(super) fn print(&self, guest_len: usize) {
        println!("guest: strategy-imbalance, {guest_len} bytes; load {}", load());
        for (engine, note) in &self.notes {
            println!("  {engine}: {note}");
        }
        println!("\n| engine | what | found | at most | |\n|---|---|---|---|---|");
        for Row { engine, what, unit, found, most } in &self.rows {
            let verdict = if found <= most { "pass" } else { "FAIL" };
            println!("| {engine} | {what} | {found:.1} {unit} | {most:.1} {unit} | {verdict} |");
        }
    }

    /// Writes what was found beside the machine and the commit.
    pub(super) fn record(&self, guest_len: usize) {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                json!({"engine": row.engine, "what": row.what, "unit": row.unit,
                       "found": row.found, "most": row.most, "pass": row.found <= row.most})
            })
            .collect();
        let notes: Vec<String> =
            self.notes.iter().map(|(engine, note)| format!("{engine}: {note}")).collect();
        let (commit, processor) = (commit(), processor());
        let record = json!({"benchmark": "fence", "commit": commit, "processor": processor,
            "load": load(), "guest_bytes": guest_len, "rows": rows, "notes": notes});
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/record");
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
        let path = format!("{folder}/fence-{at}.json");
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, format!("{record:#}\n")));
        match written {
            Ok(()) => println!("\nwritten to benches/record/fence-{at}.json"),
            Err(error) => println!("\nnot written to {path}: {error}"),
        }
    }
}

fn commit() -> String {
    let said = Command::new("git").args(["describe", "--always", "--dirty"]).output();
    said.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned()).unwrap_or_default()
}

fn processor() -> String {
    let all = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = all.lines().find(|line| line.starts_with("model name")).unwrap_or_default();
    line.split(": ").nth(1).unwrap_or_default().to_owned()
}

fn load() -> String {
    let all = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    all.split(' ').next().unwrap_or_default().to_owned()
}
