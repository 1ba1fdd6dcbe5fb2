//! Replays commands in JSON Lines and writes the events that they cause.

mod command;
mod field;
mod parse;
mod print;

use std::io::Write;

use ringfence_core::{Event, Interest};

pub use command::write_command;
pub use parse::{LineError, parse_line};
pub use print::{state_line, write_depth, write_event};

use super::input::Lines;
use super::run::Run;
use crate::error::RunError;
use crate::publisher::Outlet;
use crate::sequencer::Stamp;

/// What a replay writes besides applying.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tape {
    /// Events to write.
    pub interest: Interest,
    /// Whether bad lines are passed over.
    pub keep_going: bool,
    /// Levels per side to end with.
    pub depth: Option<usize>,
    /// Whether to end with the state hash.
    pub hash: bool,
}

/// What a replay found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Lines that were not commands.
    pub bad_lines: u64,
}

/// Replays `lines` and writes to `out`; `report` is told of each bad line that is passed over.
///
/// # Errors
///
/// [`RunError`] where a line is bad and the run does not keep going, and where reading or writing
/// fails.
pub fn replay(
    tape: Tape,
    lines: &mut Lines,
    out: &mut impl Write,
    run: &mut Run,
    report: &mut impl FnMut(&RunError),
) -> Result<Findings, RunError> {
    let mut findings = Findings::default();
    let mut writer = Writer { interest: tape.interest, out, failed: None };
    loop {
        let parsed = match lines.next_line() {
            Ok(None) => break,
            Ok(Some(line)) if line.trim().is_empty() => continue,
            Ok(Some(line)) => {
                parse_line(line).map_err(|error| lines.error(error.column, error.to_string()))
            }
            Err(error) => Err(error),
        };
        match parsed {
            Ok(stamped) => {
                run.turn(stamped, &mut writer)?;
                writer.check()?;
            }
            Err(error) => {
                if !tape.keep_going || !matches!(error, RunError::Line { .. }) {
                    writer.flush()?;
                    return Err(error);
                }
                findings.bad_lines += 1;
                report(&error);
            }
        }
        if lines.would_wait() {
            writer.flush()?;
        }
        run.show_progress(lines);
    }
    run.finish(&mut writer)?;
    run.end_progress();
    if let Some(depth) = tape.depth {
        writer.depth(depth, run)?;
    }
    if tape.hash {
        writer.raw(&state_line(run.host.engine()))?;
    }
    writer.flush()?;
    Ok(findings)
}

/// Writes events as they happen.
struct Writer<'a, W> {
    interest: Interest,
    out: &'a mut W,
    failed: Option<std::io::Error>,
}

impl<W: Write> Outlet for Writer<'_, W> {
    fn interest(&self) -> Interest {
        self.interest
    }

    fn tell(&mut self, _stamp: Stamp, events: &[Event]) {
        for event in events.iter().filter(|event| self.interest.wants(event.what.class())) {
            if let Err(error) = write_event(event, self.out) {
                self.failed.get_or_insert(error);
                return;
            }
        }
    }
}

impl<W: Write> Writer<'_, W> {
    fn check(&mut self) -> Result<(), RunError> {
        self.failed.take().map_or(Ok(()), |error| Err(RunError::write(STANDARD_OUTPUT, error)))
    }

    fn flush(&mut self) -> Result<(), RunError> {
        self.check()?;
        self.out.flush().map_err(|error| RunError::write(STANDARD_OUTPUT, error))
    }

    /// Every instrument's best levels and live orders.
    fn depth(&mut self, depth: usize, run: &Run) -> Result<(), RunError> {
        let written = write_depth(run.host.engine(), depth, self.out);
        written.map_err(|error| RunError::write(STANDARD_OUTPUT, error))
    }

    fn raw(&mut self, text: &str) -> Result<(), RunError> {
        let written = self.out.write_all(text.as_bytes());
        written.map_err(|error| RunError::write(STANDARD_OUTPUT, error))
    }
}

/// What messages call the place where events go.
const STANDARD_OUTPUT: &str = "to standard output";

#[cfg(test)]
mod tests;
