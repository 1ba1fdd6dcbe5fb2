//! `ringfence replay`.

use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use ringfence_core::{Capacity, Interest};

use super::ending::{Ending, Page};
use super::strategies::Crew;
use super::{Outcome, complain, tell};
use crate::error::RunError;
use crate::host::Host;
use crate::journal::{Folder, Journal, Policy, Settings, SnapshotSettings};
use crate::metrics::Grouped;
use crate::ordinary;
use crate::recovery;
use crate::replay::input::Lines;
use crate::replay::jsonl::{self, Tape};
use crate::replay::lobster::{self, Day};
use crate::replay::run::Run;
use crate::replay::workload;
use crate::report::Series;

/// What `ringfence replay` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ringfence replay tape.jsonl
  ringfence replay --format lobster --messages day_message_10.csv.gz --orderbook day_orderbook_10.csv.gz --verify
  ringfence replay --format lobster --messages day.csv --strategy quoter.wasm,size=100 --report day.html
  ringfence replay --strategies venue.toml tape.jsonl
  ringfence replay --format workload --expected A.expected A.bin

Files may be compressed with gzip. Exit status: 0 as wished; 1 what was checked differs; 2 an option, \
a file or a line is wrong.")]
pub(super) struct Args {
    /// What is replayed
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// The tape or workload; `-` is standard input
    #[arg(value_name = "FILE")]
    file: Option<String>,
    /// Say nothing about speed at the end
    #[arg(long, short)]
    quiet: bool,
    /// End with the hash of the engine's state
    #[arg(long)]
    hash: bool,
    /// Keep the commands in the journal in this folder; where it holds some, go on behind them
    #[arg(long, value_name = "FOLDER", help_heading = "Journal")]
    journal: Option<PathBuf>,
    /// When events may be told: every_turn (the disk has the command), interval (it has it 10 ms
    /// later at most), os (the system has it) [default: every_turn]
    #[arg(long, value_name = "POLICY", help_heading = "Journal")]
    durability: Option<Policy>,

    /// Which events to write: all, none, or some of private, trades, l1, l2, l3. Phases, indicative
    /// prices and uncrossings come with all, trades, l1, l2 and l3 [default: all]
    #[arg(long, value_name = "CLASS,…", value_delimiter = ',', help_heading = "JSON Lines")]
    events: Vec<Class>,
    /// End with the N best levels of each side and every live order
    #[arg(long, value_name = "N", help_heading = "JSON Lines")]
    depth: Option<usize>,
    /// Report bad lines and go on; the exit status is 2 all the same
    #[arg(long, help_heading = "JSON Lines")]
    keep_going: bool,

    /// The message file
    #[arg(long, value_name = "FILE", help_heading = "LOBSTER")]
    messages: Option<String>,
    /// The order book file: a row for each message
    #[arg(long, value_name = "FILE", help_heading = "LOBSTER")]
    orderbook: Option<String>,
    /// The order book file whose first row is the book after the first message, for a deeper start
    /// than that of --orderbook
    #[arg(long, value_name = "FILE", help_heading = "LOBSTER")]
    seed: Option<String>,
    /// Compare the book with every row; exit status 1 where more rows differ than may, or where an
    /// execution at the head traded with another order
    #[arg(long, help_heading = "LOBSTER")]
    verify: bool,
    /// Rows that may differ [default: 0]
    #[arg(long, value_name = "N", help_heading = "LOBSTER")]
    allow_rows: Option<u64>,
    /// Compare only so many levels [default: all that the file has]
    #[arg(long, value_name = "N", help_heading = "LOBSTER")]
    levels: Option<usize>,
    /// The price increment, in dollars times 10,000 [default: 100]
    #[arg(long, value_name = "N", help_heading = "LOBSTER", value_parser = clap::value_parser!(u64).range(1..))]
    tick: Option<u64>,

    /// A strategy that trades along, with its parameters; may be given again
    #[arg(
        long = "strategy",
        value_name = "FILE.wasm[,KEY=VALUE…]",
        conflicts_with = "crew_file",
        help_heading = "Strategies"
    )]
    strategies: Vec<String>,
    #[command(flatten)]
    crew: Crew,
    /// Write a page with charts
    #[arg(long, value_name = "FILE.html", help_heading = "Strategies")]
    report: Option<String>,

    /// What the workload must come to; exit status 1 where it does not
    #[arg(long, value_name = "FILE", help_heading = "Workload")]
    expected: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Commands, one JSON object a line
    Jsonl,
    /// A day of LOBSTER messages
    Lobster,
    /// The measuring workload
    Workload,
}

/// A class of events, as people name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Class {
    All,
    None,
    Private,
    Trades,
    L1,
    L2,
    L3,
}

impl Class {
    const fn interest(self) -> Interest {
        match self {
            Self::All => Interest::ALL,
            Self::None => Interest::NONE,
            Self::Private => Interest::PRIVATE,
            Self::Trades => Interest::TRADES.and(Interest::STATUS),
            Self::L1 => Interest::L1.and(Interest::STATUS),
            Self::L2 => Interest::L2.and(Interest::STATUS),
            Self::L3 => Interest::L3.and(Interest::STATUS),
        }
    }

    /// All of these classes; `None` where none is named.
    pub(super) fn all_of(classes: &[Self]) -> Option<Interest> {
        let all = classes.iter().fold(Interest::NONE, |all, class| all.and(class.interest()));
        (!classes.is_empty()).then_some(all)
    }
}

pub(super) fn run(args: &Args) -> Result<Outcome, RunError> {
    args.check()?;
    match args.format {
        Format::Jsonl => jsonl(args),
        Format::Lobster => lobster(args),
        Format::Workload => workload(args),
    }
}

impl Args {
    /// Options that mean nothing with this format, or not with each other.
    fn check(&self) -> Result<(), RunError> {
        use Format::{Jsonl, Lobster, Workload};
        let wrong = |sentence: &str| Err(RunError::Usage(sentence.to_owned()));
        for (option, given, formats) in [
            ("FILE", self.file.is_some(), &[Jsonl, Workload][..]),
            ("--hash", self.hash, &[Jsonl, Lobster]),
            ("--journal", self.journal.is_some(), &[Jsonl]),
            ("--durability", self.durability.is_some(), &[Jsonl]),
            ("--events", !self.events.is_empty(), &[Jsonl]),
            ("--depth", self.depth.is_some(), &[Jsonl]),
            ("--keep-going", self.keep_going, &[Jsonl]),
            ("--messages", self.messages.is_some(), &[Lobster]),
            ("--orderbook", self.orderbook.is_some(), &[Lobster]),
            ("--seed", self.seed.is_some(), &[Lobster]),
            ("--verify", self.verify, &[Lobster]),
            ("--allow-rows", self.allow_rows.is_some(), &[Lobster]),
            ("--levels", self.levels.is_some(), &[Lobster]),
            ("--tick", self.tick.is_some(), &[Lobster]),
            ("--strategy", !self.strategies.is_empty(), &[Jsonl, Lobster]),
            ("--strategies", self.crew.crew_file.is_some(), &[Jsonl, Lobster]),
            ("--runtime", self.crew.runtime.is_some(), &[Jsonl, Lobster]),
            ("--logs", self.crew.logs, &[Jsonl, Lobster]),
            ("--report", self.report.is_some(), &[Jsonl, Lobster]),
            ("--expected", self.expected.is_some(), &[Workload]),
        ] {
            if given && !formats.contains(&self.format) {
                let name = self.format.to_possible_value();
                let name = name.as_ref().map_or("", clap::builder::PossibleValue::get_name);
                return wrong(&format!(
                    "{option} means nothing with --format {name}; leave it out"
                ));
            }
        }
        if self.format == Lobster {
            if self.messages.is_none() {
                return wrong("--format lobster needs --messages FILE");
            }
        } else if self.file.is_none() {
            return wrong("name the FILE to replay; `-` is standard input");
        }
        if self.durability.is_some() && self.journal.is_none() {
            return wrong("--durability is about --journal; give that too");
        }
        let has_strategies = !self.strategies.is_empty() || self.crew.crew_file.is_some();
        if self.verify && has_strategies {
            return wrong(
                "--verify compares with history, which --strategy and --strategies change; leave one out",
            );
        }
        if self.verify && self.orderbook.is_none() {
            return wrong("--verify compares with the rows of --orderbook FILE; give that too");
        }
        if !self.verify && (self.allow_rows.is_some() || self.levels.is_some()) {
            return wrong("--allow-rows and --levels are about --verify; give that too");
        }
        if self.crew.runtime.is_some() && !has_strategies {
            return wrong("--runtime runs strategies; name one by --strategy FILE.wasm");
        }
        if self.crew.logs && !has_strategies {
            return wrong("--logs says what strategies logged; name one by --strategy FILE.wasm");
        }
        let whole = self.events.iter().any(|class| matches!(class, Class::All | Class::None));
        if whole && self.events.len() > 1 {
            return wrong("--events all and none stand alone");
        }
        Ok(())
    }

    fn interest(&self) -> Interest {
        Class::all_of(&self.events).unwrap_or(Interest::ALL)
    }

    /// The host, with its strategies seated, and what is to be known about the run.
    fn start(&self) -> Result<(Run, Option<Page>), RunError> {
        let page = self.report.as_deref().map(Page::create).transpose()?;
        let mut host = self.host()?;
        self.crew.take_seats(&mut host, &self.strategies)?;
        let series = page.is_some().then(Series::default);
        Ok((Run::new(host, series, std::io::stderr().is_terminal()), page))
    }

    fn host(&self) -> Result<Host, RunError> {
        let Some(journal) = &self.journal else {
            // What is replayed is kept in its file: there is nothing to recover from here.
            return Ok(Host::new(Capacity::default(), Journal::none()));
        };
        let policy = self.durability.unwrap_or_default();
        // The tape is to be found whole.
        let snapshots = SnapshotSettings::NEVER;
        let settings = Settings { policy, snapshots, ..Settings::default() };
        let storage = Box::new(Folder::open(journal)?);
        let recovered = recovery::recover(storage, Capacity::default(), settings, &mut ())?;
        let findings = &recovered.findings;
        if findings.kept.is_some() || !self.quiet && findings.commands > 0 {
            tell(&format!("{findings}\n"));
        }
        Ok(Host::resume(recovered.engine, recovered.sequencer))
    }

    /// Says how fast it was, and writes the page.
    fn finish(
        &self,
        run: &Run,
        page: Option<Page>,
        title: &str,
        findings: String,
    ) -> Result<(), RunError> {
        let ending = Ending::of(run);
        self.crew.tell_logs(&run.host);
        // Being quiet is about speed: what failed is told all the same.
        tell(&if self.quiet { ending.faults() } else { ending.summary() });
        tell(&ending.never_there());
        page.map_or(Ok(()), |page| page.write(&ending, title, findings))
    }
}

fn jsonl(args: &Args) -> Result<Outcome, RunError> {
    let file = args.file.as_deref().unwrap_or("-");
    let mut lines = Lines::open(file)?;
    let (mut run, page) = args.start()?;
    let tape = Tape {
        interest: args.interest(),
        keep_going: args.keep_going,
        depth: args.depth,
        hash: args.hash,
    };
    let mut out = BufWriter::with_capacity(OUT_LEN, std::io::stdout().lock());
    run.metrics.begin();
    let findings =
        jsonl::replay(tape, &mut lines, &mut out, &mut run, &mut |error| complain(error))?;
    run.host.sync()?;
    let bad = findings.bad_lines;
    let text =
        if bad == 0 { String::new() } else { format!("{} bad lines passed over", Grouped(bad)) };
    args.finish(&run, page, file, text)?;
    Ok(if bad == 0 { Outcome::AsWished } else { Outcome::BadLines })
}

/// Bytes of output gathered before they are written.
const OUT_LEN: usize = 1 << 16;

fn lobster(args: &Args) -> Result<Outcome, RunError> {
    let day = Day {
        messages: args.messages.clone().unwrap_or_default(),
        orderbook: args.orderbook.clone(),
        seed: args.seed.clone(),
        verify_depth: args.verify.then(|| args.levels.unwrap_or(usize::MAX)),
        tick: args.tick.unwrap_or(TICK),
    };
    let (mut run, page) = args.start()?;
    let findings = lobster::replay(&day, &mut run)?;
    run.host.sync()?;
    let mut text = findings.counts.to_string();
    if let Some(verdict) = &findings.verdict {
        text += &verdict.to_string();
    }
    args.finish(&run, page, &day.messages, text.clone())?;
    if args.hash {
        let engine = run.host.engine();
        text += &jsonl::state_line(engine);
    }
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|source| RunError::write("to standard output", source))?;
    let allowed = args.allow_rows.unwrap_or(0);
    let holds = findings.verdict.is_none_or(|verdict| verdict.holds(&findings.counts, allowed));
    Ok(if holds { Outcome::AsWished } else { Outcome::Differs })
}

/// A cent.
const TICK: u64 = 100;

fn workload(args: &Args) -> Result<Outcome, RunError> {
    let figures = workload::replay(args.file.as_deref().unwrap_or("-"))?;
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{}", figures.json());
    written.map_err(|source| RunError::write("to standard output", source))?;
    let Some(file) = &args.expected else { return Ok(Outcome::AsWished) };
    let expected = ordinary::handwritten(Path::new(file), "what gen.cpp expects")?;
    let expected = String::from_utf8_lossy(&expected);
    let differences = figures
        .differences(&expected)
        .map_err(|problem| RunError::File { file: file.clone(), problem })?;
    for difference in &differences {
        complain(&format!("{file}: {difference}"));
    }
    Ok(if differences.is_empty() { Outcome::AsWished } else { Outcome::Differs })
}
