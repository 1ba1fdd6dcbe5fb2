//! `ringfence strategy bench`: what a strategy costs on each engine.

mod engines;
mod sample;
mod start;
mod work;

use super::{columns, print, read};
use crate::cli::Outcome;
use crate::cli::strategies::file_and_params;
use crate::error::RunError;
use crate::metrics::{Grouped, Span};
use crate::sandbox::{SandboxConfig, admit};
use engines::engines;
use start::Starts;
use work::Work;

/// What `ringfence strategy bench` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 it was measured; 1 it failed, or two engines did not do the same; 2 an option or a \
file is wrong.")]
pub(super) struct Args {
    /// The strategy's module, with its parameters
    #[arg(value_name = "FILE.wasm[,KEY=VALUE…]")]
    strategy: String,
    /// Messages of the seeded day that it works through, each time
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(100..))]
    messages: u64,
    /// How often each figure is taken; the median is shown
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..1_000))]
    runs: u64,
}

pub(super) fn run(args: &Args) -> Result<Outcome, RunError> {
    let (file, params) = file_and_params(&args.strategy)?;
    let wasm = read(file)?;
    let failed = |problem: String| RunError::Strategy { file: file.to_owned(), problem };
    let config = SandboxConfig { params, ..SandboxConfig::default() };
    let admitted = admit(&wasm, &config).map_err(|error| failed(error.to_string()))?;
    let mut measured = Vec::new();
    for engine in engines().map_err(|error| failed(error.to_string()))? {
        let starts = Starts::measure(&*engine.engine, &wasm, &config, args.runs)
            .map_err(|error| failed(format!("{}: {error}", engine.name)))?;
        let work = Work::measure(&*engine.engine, &wasm, &config, args)?;
        measured.push((engine.name, starts, work));
    }
    let Some((_, starts, work)) = measured.first() else {
        return Err(RunError::Usage("this ringfence was built without engines".to_owned()));
    };
    let mut text = format!(
        "{file}: {} bytes, {} with its fence; {} pages of memory, {} KiB of them touched\n\
         seeded day of {} messages: {} events in {} calls, {} commands; {} gas an event; median of {}\n\n",
        Grouped(wasm.len()),
        Grouped(admitted.bytes().len()),
        Grouped(starts.pages),
        Grouped(starts.touched_bytes / 1_024),
        Grouped(args.messages),
        Grouped(work.stats.events),
        Grouped(work.stats.calls),
        Grouped(work.stats.commands),
        Grouped(work.gas_per_event()),
        args.runs,
    );
    columns(&table(&measured), &mut text);
    text += "\ncold start: from the module's bytes to its first event handled\n";
    let mut outcome = Outcome::AsWished;
    for (name, _, other) in &measured {
        if let Some(fault) = &other.fault {
            text += &format!("\n{name}: it failed: {fault}\n");
            outcome = Outcome::Differs;
        } else if other.result() != work.result() {
            text += &format!("\n{name} did not do the same as {}\n", measured[0].0);
            outcome = Outcome::Differs;
        }
    }
    if outcome == Outcome::AsWished {
        text += &format!("all engines: the same gas, the same state {:016x}\n", work.state);
    }
    print(&text)?;
    Ok(outcome)
}

fn table(measured: &[(&str, Starts, Work)]) -> Vec<[String; 7]> {
    let head = [
        "engine",
        "ns an event",
        "ns a call",
        "start: never seen",
        "kept code",
        "in memory",
        "code",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    let span = |span: Option<u64>| span.map_or("-".to_owned(), |ns| Span(ns).to_string());
    for (name, starts, work) in measured {
        rows.push([
            (*name).to_owned(),
            work.ns_per_event.to_string(),
            Grouped(work.ns_per_call).to_string(),
            span(Some(starts.never_seen_ns)),
            span(starts.kept_ns),
            span(Some(starts.in_memory_ns)),
            starts.code_bytes.map_or("-".to_owned(), |len| format!("{} bytes", Grouped(len))),
        ]);
    }
    rows
}
