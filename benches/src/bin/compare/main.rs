//! All books through the measuring workload in one run, and what is asked of ours: see
//! docs/benchmarks.md, whose table and picture this writes.
//!
//!     cargo run --release -p ringfence-benches --features peers --bin compare -- --write
//!
//! `--rounds N` (7) runs of each book, alternating; `--only NAME` one book; `--workload A` one
//! workload; `--memory N` and `--depth N` (10,000,000) set the largest book of those tables.
#![forbid(unsafe_code)]

mod depth;
mod latency;
mod record;
mod report;
mod speed;
mod verdict;

use std::process::ExitCode;

use ringfence_benches::workload::Workload;

/// What is asked for on the command line.
#[derive(Debug)]
struct Options {
    rounds: usize,
    only: Option<String>,
    workload: Option<String>,
    memory: u32,
    depth: u32,
    writes: bool,
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let workloads: Vec<Workload> = ["A", "B", "C"]
        .into_iter()
        .filter(|name| options.workload.as_ref().is_none_or(|wanted| wanted == name))
        .filter_map(|name| Workload::new(name, 42))
        .collect();
    let speeds = speed::measure(&workloads, options.rounds, options.only.as_deref());
    if options.only.is_some() || options.workload.is_some() {
        return ExitCode::SUCCESS;
    }
    let latencies = latency::measure(&workloads[0]);
    let depths = depth::measure(options.depth);
    // Last, since a machine that was given so much memory back is busy with it for seconds.
    let memory = depth::memory(options.memory);
    let run = record::Run { speeds, latencies, depths, memory };
    let verdicts = verdict::of(&run);
    report::print(&run, &verdicts);
    if options.writes {
        match report::write(&run, &verdicts).and_then(|()| record::write(&run, &verdicts)) {
            Ok(file) => println!("written: {}", file.display()),
            Err(error) => {
                eprintln!("the record cannot be written: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    if verdicts.iter().all(|verdict| verdict.holds) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        rounds: 7,
        only: None,
        workload: None,
        memory: 10_000_000,
        depth: 10_000_000,
        writes: false,
    };
    while let Some(name) = arguments.next() {
        if name == "--write" {
            options.writes = true;
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("{name} wants a value"))?;
        let number = || value.parse().map_err(|_| format!("{name} wants a number, not {value}"));
        match name.as_str() {
            "--rounds" => options.rounds = usize::try_from(number()?).expect("32 bits").max(1),
            "--memory" => options.memory = number()?,
            "--depth" => options.depth = number()?,
            "--only" => options.only = Some(value),
            "--workload" => options.workload = Some(value),
            _ => return Err(format!("{name} is not an option")),
        }
    }
    Ok(options)
}
