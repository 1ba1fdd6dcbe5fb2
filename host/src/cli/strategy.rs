//! `ringfence strategy`: what an author does before a strategy trades.

mod anatomy;
mod bench;
mod check;
mod inspect;
mod live;
mod new;

use std::io::{BufWriter, Write};
use std::path::Path;

use super::Outcome;
use crate::error::RunError;
use crate::ordinary;
use crate::plain::plain;
use crate::sandbox::{LoadError, SandboxConfig};

/// What `ringfence strategy` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// Begin a strategy: a crate that builds, passes its tests and trades
    New(new::Args),
    /// Measure a strategy on every engine that this program was built with
    Bench(bench::Args),
    /// Say whether a host would admit a strategy, check by check; exit status 1 where not
    Check(OfFile),
    /// Show what is in a strategy's file, admitted or not
    Inspect(OfFile),
    /// List the strategies of a running venue
    List(live::List),
    /// Load a strategy into a running venue
    Load(live::Load),
    /// Take a strategy out of a running venue
    Unload(live::Unload),
    /// Put a new version in the place of a running strategy
    Replace(live::Replace),
    /// Keep what running strategies know, as images
    Snapshot(live::Snapshot),
    /// Have a running strategy go on from an image of it
    Restore(live::Restore),
}

/// A task about one file.
#[derive(Debug, clap::Args)]
struct OfFile {
    /// The strategy's module
    #[arg(value_name = "FILE.wasm")]
    file: String,
}

pub(super) fn run(args: &Args) -> Result<Outcome, RunError> {
    match &args.task {
        Task::New(args) => new::run(args),
        Task::Bench(args) => bench::run(args),
        Task::Check(of) => check::run(&of.file),
        Task::Inspect(of) => inspect::run(&of.file),
        Task::List(args) => live::list(args),
        Task::Load(args) => live::load(args),
        Task::Unload(args) => live::unload(args),
        Task::Replace(args) => live::replace(args),
        Task::Snapshot(args) => live::snapshot(args),
        Task::Restore(args) => live::restore(args),
    }
}

/// A module that is not larger than one may be.
fn read(file: &str) -> Result<Vec<u8>, RunError> {
    let max = SandboxConfig::default().module_bytes_max;
    let (wasm, len) = ordinary::module(Path::new(file), max)?;
    if wasm.len() > max as usize {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let problem = LoadError::TooLarge { len, max }.to_string();
        return Err(RunError::Strategy { file: file.to_owned(), problem });
    }
    Ok(wasm)
}

/// Writes text to standard output.
fn print(text: &str) -> Result<(), RunError> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|source| RunError::write("standard output", source))
}

/// Rows as lines of columns; the last column is as wide as it likes.
fn columns<const N: usize>(rows: &[[String; N]], text: &mut String) {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line += &format!("{cell:width$}  ");
        }
        *text += line.trim_end();
        text.push('\n');
    }
}
