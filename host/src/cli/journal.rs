//! `ringfence journal`.

mod stat;
mod verify;

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use ringfence_core::{Event, EventSink, Interest, Time};

use super::Outcome;
use super::replay::Class;
use crate::error::RunError;
use crate::journal::{Entry, Folder, Reader};
use crate::recovery::Past;
use crate::replay::jsonl::{state_line, write_command, write_depth, write_event};

/// What `ringfence journal` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ringfence journal verify /var/lib/ringfence/journal
  ringfence journal dump /var/lib/ringfence/journal | ringfence replay --events none --hash -
  ringfence journal replay --until 1000 --depth 5 --hash /var/lib/ringfence/journal

SEQ is the place of a command in the journal, counted from 1. Where the first commands are in a \
snapshot only, `dump` begins with those that are there, and `replay` with the snapshot. A journal is only read, and may be in \
use. Exit status: 0 as wished; 1 `verify` found damage; 2 an option or a file is wrong, damage \
included.")]
pub(super) struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Read everything and say whether it is whole
    Verify {
        /// The journal's folder
        folder: PathBuf,
    },
    /// Write the commands as JSON Lines, as `ringfence replay` reads them
    Dump {
        /// The journal's folder
        folder: PathBuf,
        #[command(flatten)]
        range: Range,
    },
    /// Apply the commands again and show what came of them
    Replay(Replay),
    /// Say what is in it
    Stat {
        /// The journal's folder
        folder: PathBuf,
    },
}

/// Which commands.
#[derive(Debug, clap::Args)]
struct Range {
    /// From this command on
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    from: u64,
    /// Up to this command, which is the last
    #[arg(long, value_name = "SEQ", default_value_t = u64::MAX, hide_default_value = true)]
    until: u64,
    /// From this time on, in nanoseconds since 1970
    #[arg(long, value_name = "NS", default_value_t = 0)]
    from_time: u64,
    /// Up to this time, included
    #[arg(long, value_name = "NS", default_value_t = u64::MAX, hide_default_value = true)]
    until_time: u64,
}

#[derive(Debug, clap::Args)]
struct Replay {
    /// The journal's folder
    folder: PathBuf,
    /// Stop after this command
    #[arg(long, value_name = "SEQ", default_value_t = u64::MAX, hide_default_value = true)]
    until: u64,
    /// Which events to write, as `ringfence replay` does [default: none]
    #[arg(long, value_name = "CLASS,…", value_delimiter = ',')]
    events: Vec<Class>,
    /// End with the N best levels of each side and every live order
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
    /// End with the hash of the engine's state
    #[arg(long)]
    hash: bool,
}

pub(super) fn run(args: &Args) -> Result<Outcome, RunError> {
    let mut out = BufWriter::with_capacity(OUT_LEN, std::io::stdout().lock());
    let outcome = match &args.task {
        Task::Verify { folder } => verify::run(folder, &mut out)?,
        Task::Dump { folder, range } => dump(folder, range, &mut out)?,
        Task::Replay(replay) => replay.run(&mut out)?,
        Task::Stat { folder } => stat::run(folder, &mut out)?,
    };
    out.flush().map_err(to_output)?;
    Ok(outcome)
}

/// Bytes of output gathered before they are written.
const OUT_LEN: usize = 1 << 16;

fn to_output(source: std::io::Error) -> RunError {
    RunError::write("to standard output", source)
}

fn dump(folder: &Path, range: &Range, out: &mut impl Write) -> Result<Outcome, RunError> {
    let mut storage = Folder::read(folder)?;
    let mut reader = Reader::open_at(&mut storage, range.from)?;
    let mut failed = Ok(());
    loop {
        match reader.next_entry() {
            Ok(Some(entry)) if range.is_over(&entry) => break,
            Ok(Some(entry)) if !range.holds(&entry) => {}
            Ok(Some(Entry { stamp, command, .. })) => {
                write_command(stamp.at, &command, out).map_err(to_output)?;
            }
            Ok(None) => break,
            Err(error) => {
                failed = Err(error);
                break;
            }
        }
    }
    // What comes before the damage is sound, and is there to be used.
    out.flush().map_err(to_output)?;
    failed?;
    Ok(Outcome::AsWished)
}

impl Range {
    fn holds(&self, entry: &Entry) -> bool {
        entry.stamp.place >= self.from && entry.stamp.at >= Time(self.from_time)
    }

    /// Whether this command and all behind it are left out.
    fn is_over(&self, entry: &Entry) -> bool {
        entry.stamp.place > self.until || entry.stamp.at > Time(self.until_time)
    }
}

impl Replay {
    fn run(&self, out: &mut impl Write) -> Result<Outcome, RunError> {
        let interest = Class::all_of(&self.events).unwrap_or(Interest::NONE);
        let mut sink = Lines { interest, out, failed: Ok(()) };
        let mut storage = Folder::read(&self.folder)?;
        let past = Past { until: self.until, is_told: interest != Interest::NONE };
        let engine = past.of(&mut storage, &mut sink)?;
        sink.failed.map_err(to_output)?;
        if let Some(depth) = self.depth {
            write_depth(&engine, depth, out).map_err(to_output)?;
        }
        if self.hash {
            out.write_all(state_line(&engine).as_bytes()).map_err(to_output)?;
        }
        Ok(Outcome::AsWished)
    }
}

/// Writes events as they come.
struct Lines<'a, W> {
    interest: Interest,
    out: &'a mut W,
    failed: std::io::Result<()>,
}

impl<W: Write> EventSink for Lines<'_, W> {
    fn interest(&self) -> Interest {
        self.interest
    }

    fn push(&mut self, event: Event) {
        if self.failed.is_ok() && self.interest.wants(event.what.class()) {
            self.failed = write_event(&event, self.out);
        }
    }
}
