//! The command line: what can be asked for, and how the answer ends.

mod backtest;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
mod compile;
mod ending;
mod generate;
mod journal;
mod load;
mod replay;
mod returning;
mod run;
mod strategies;
mod strategy;

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::RunError;
use crate::plain::plain;

/// A matching engine with ring-fenced Wasm strategies beside the book.
#[derive(Debug, Parser)]
#[command(
    name = "ringfence",
    version,
    about,
    after_help = "Exit status: 0 as wished; 1 what was checked differs; 2 an option, a file or a \
                  line is wrong."
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Replay commands or a trading day through the engine
    Replay(Box<replay::Args>),
    /// Try strategies on a day or a tape, and say how they did
    Backtest(Box<backtest::Args>),
    /// Write a seeded trading day in LOBSTER's form
    Generate(generate::Args),
    /// Run a venue: clients by TCP, every command journalled
    Run(run::Args),
    /// Send orders to a venue at a rate and say how long the answers took
    Load(load::Args),
    /// Look into a journal: verify, dump, replay, stat
    Journal(journal::Args),
    /// Begin a strategy, or look into one: would a host admit it, what is in it
    Strategy(strategy::Args),
    /// Compile an admitted module from standard input: what a host starts, not a person
    #[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
    #[command(hide = true)]
    CompileGuest(compile::Args),
}

/// How a run ended that was not stopped by an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    AsWished,
    Differs,
    BadLines,
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.task {
        Task::Replay(args) => replay::run(&args),
        Task::Backtest(args) => backtest::run(&args),
        Task::Generate(args) => generate::run(&args),
        Task::Run(args) => run::run(&args),
        Task::Load(args) => load::run(&args),
        Task::Journal(args) => journal::run(&args),
        Task::Strategy(args) => strategy::run(&args),
        #[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
        Task::CompileGuest(args) => compile::run(&args),
    };
    match outcome {
        Ok(Outcome::AsWished) | Err(RunError::NobodyReads) => ExitCode::SUCCESS,
        Ok(Outcome::Differs) => ExitCode::from(1),
        Ok(Outcome::BadLines) => ExitCode::from(2),
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

/// Tells people what is wrong, on one line: strategies may have had a word in it.
fn complain(what: &dyn Display) {
    tell(&format!("ringfence: {}\n", plain(&what.to_string())));
}

/// Writes to standard error. Where nobody reads that, there is nobody to tell.
fn tell(text: &str) {
    _ = std::io::stderr().lock().write_all(text.as_bytes());
}
