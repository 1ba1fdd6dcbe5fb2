//! `ringfence backtest`: strategies on a day or a tape, and how they did.

mod curve;
mod verdict;

use std::io::{self, IsTerminal, Write};

use ringfence_core::{Capacity, Interest};

use super::ending::{Ending, Page};
use super::strategies::Crew;
use super::{Outcome, complain, tell};
use crate::error::RunError;
use crate::host::Host;
use crate::journal::Journal;
use crate::replay::generate::{Recipe, generate};
use crate::replay::input::Lines;
use crate::replay::jsonl::{self, Tape};
use crate::replay::lobster::{self, Day};
use crate::replay::run::Run;
use crate::report::Series;
use verdict::Verdict;

/// What `ringfence backtest` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ringfence backtest quoter.wasm --generate 1
  ringfence backtest quoter.wasm,size=50 momentum.wasm --messages day_message_10.csv.gz --orderbook day_orderbook_10.csv.gz
  ringfence backtest quoter.wasm --tape tape.jsonl --report quoter.html
  ringfence backtest --strategies venue.toml --generate 1

Exit status: 0 all strategies ran to the end; 1 one of them failed; 2 an option, a file or a line is \
wrong.")]
#[command(group(clap::ArgGroup::new("market").required(true).args(["messages", "tape", "generate"])))]
pub(super) struct Args {
    /// The strategies, each with its parameters
    #[arg(
        value_name = "FILE.wasm[,KEY=VALUE…]",
        required_unless_present = "crew_file",
        conflicts_with = "crew_file"
    )]
    strategies: Vec<String>,
    #[command(flatten)]
    crew: Crew,
    /// Write a page with charts
    #[arg(long, value_name = "FILE.html")]
    report: Option<String>,
    /// Say how fast it was as well
    #[arg(long, short)]
    verbose: bool,

    /// A seeded day of random orders, as `ringfence generate` writes it
    #[arg(long, value_name = "SEED", help_heading = "Market: one of three")]
    generate: Option<u64>,
    /// How many messages the seeded day has
    #[arg(long, value_name = "N", conflicts_with_all = ["messages", "tape"], default_value_t = 20_000, help_heading = "Market: one of three", value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// A day's LOBSTER message file
    #[arg(long, value_name = "FILE", help_heading = "Market: one of three")]
    messages: Option<String>,
    /// The day's order book file: the book before the first message
    #[arg(long, value_name = "FILE", conflicts_with_all = ["generate", "tape"], help_heading = "Market: one of three")]
    orderbook: Option<String>,
    /// The day's price increment, in dollars times 10,000
    #[arg(long, value_name = "N", conflicts_with_all = ["generate", "tape"], default_value_t = 100, help_heading = "Market: one of three", value_parser = clap::value_parser!(u64).range(1..))]
    tick: u64,
    /// Commands in JSON Lines
    #[arg(long, value_name = "FILE.jsonl", help_heading = "Market: one of three")]
    tape: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<Outcome, RunError> {
    let page = args.report.as_deref().map(Page::create).transpose()?;
    let mut run = args.start()?;
    let title = args.play(&mut run)?;
    let ending = Ending::of(&run);
    args.crew.tell_logs(&run.host);
    if args.verbose {
        tell(&ending.summary());
    }
    tell(&ending.never_there());
    let verdicts = Verdict::all(&ending);
    let mut text = format!("{title}\n");
    for verdict in &verdicts {
        text += &format!("\n{verdict}");
    }
    print(&text)?;
    if let Some(page) = page {
        page.write(&ending, &title, text)?;
    }
    let all_ran = run.host.seats().iter().all(|seat| seat.faults() == 0);
    Ok(if all_ran { Outcome::AsWished } else { Outcome::Differs })
}

impl Args {
    fn start(&self) -> Result<Run, RunError> {
        let mut host = Host::new(Capacity::default(), Journal::none());
        self.crew.take_seats(&mut host, &self.strategies)?;
        Ok(Run::new(host, Some(Series::default()), io::stderr().is_terminal()))
    }

    /// Plays the market through, and says which it was.
    fn play(&self, run: &mut Run) -> Result<String, RunError> {
        if let Some(file) = &self.tape {
            play_tape(file, run)?;
            return Ok(file.clone());
        }
        let (messages, orderbook) = (self.messages.clone(), self.orderbook.clone());
        let mut day = Day { orderbook, tick: self.tick, ..Day::default() };
        if let Some(file) = messages {
            day.messages.clone_from(&file);
            lobster::replay(&day, run)?;
            return Ok(file);
        }
        let recipe = Recipe { seed: self.generate.unwrap_or_default(), count: self.count };
        let mut text = Vec::new();
        generate(recipe, &mut text, &mut io::sink())
            .map_err(|source| RunError::write("to memory", source))?;
        let name = format!("seeded day {} of {} messages", recipe.seed, recipe.count);
        lobster::replay_lines(&day, Lines::of(&name, text), run)?;
        Ok(name)
    }
}

fn play_tape(file: &str, run: &mut Run) -> Result<(), RunError> {
    let mut lines = Lines::open(file)?;
    let tape = Tape { interest: Interest::NONE, ..Tape::default() };
    run.metrics.begin();
    jsonl::replay(tape, &mut lines, &mut io::sink(), run, &mut |error| complain(error))?;
    Ok(())
}

fn print(text: &str) -> Result<(), RunError> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|source| RunError::write("to standard output", source))
}
