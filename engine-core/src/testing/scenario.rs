//! Golden scenarios: commands as JSON Lines, each followed by the events that it must cause.
//!
//! The format is that of `docs/jsonl.md`; `engine-core/scenarios/README.md` adds the few
//! rules for tapes.

mod parse;
mod print;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::testing::venue::Venue;

pub use self::parse::{BadLine, parse_command};
pub use self::print::{command_line, event_line};

/// Where a tape and a venue part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Line of the tape, counted from 1.
    pub line: usize,
    /// The latest command.
    pub command: String,
    /// What the tape says; nothing where the venue told more than the tape.
    pub expected: Option<String>,
    /// What the venue told; nothing where it told less, or the line itself is wrong.
    pub told: Option<String>,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_nothing = |line: &Option<String>| line.clone().unwrap_or_else(|| "nothing".into());
        writeln!(f, "line {}, after {}", self.line, self.command)?;
        writeln!(f, "  expected {}", or_nothing(&self.expected))?;
        write!(f, "  told     {}", or_nothing(&self.told))
    }
}

impl core::error::Error for Mismatch {}

/// Plays a tape on a fresh venue and compares every line.
///
/// # Errors
///
/// [`Mismatch`] at the first line that differs or is not part of a tape.
pub fn run_scenario(tape: &str, venue: &mut impl Venue) -> Result<(), Mismatch> {
    let mut player = Player { venue, command: String::new(), told: Vec::new() };
    let mut last = 0;
    for (index, line) in tape.lines().enumerate() {
        last = index + 1;
        player.play(last, line)?;
    }
    player.nothing_more(last)
}

/// The tape that a venue makes of the same commands: what was expected is replaced.
///
/// For writing tapes; whoever uses it reads the result line by line.
///
/// # Errors
///
/// [`Mismatch`] at a line that is neither a command, an event nor a note.
pub fn rewrite_scenario(tape: &str, venue: &mut impl Venue) -> Result<String, Mismatch> {
    let mut player = Player { venue, command: String::new(), told: Vec::new() };
    let mut out = String::new();
    for (index, line) in tape.lines().enumerate() {
        if line.starts_with("{\"ev\":") {
            continue;
        }
        player.told.clear();
        player.play(index + 1, line)?;
        for line in core::iter::once(line).chain(player.told.iter().rev().map(String::as_str)) {
            out.push_str(line);
            out.push('\n');
        }
    }
    Ok(out)
}

struct Player<'a, V> {
    venue: &'a mut V,
    command: String,
    /// What the latest command caused and the tape has not mentioned yet, latest first.
    told: Vec<String>,
}

impl<V: Venue> Player<'_, V> {
    fn play(&mut self, number: usize, line: &str) -> Result<(), Mismatch> {
        if line.starts_with("{\"ev\":") {
            let told = self.told.pop();
            if told.as_deref() == Some(line) {
                return Ok(());
            }
            return Err(self.mismatch(number, Some(line.to_string()), told));
        }
        self.nothing_more(number)?;
        if line.starts_with("{\"note\":") {
            return Ok(());
        }
        self.command = line.to_string();
        let (at, command) = parse_command(line).map_err(|bad| {
            self.mismatch(number, Some("a command".into()), Some(bad.to_string()))
        })?;
        let mut events = Vec::new();
        self.venue.apply(at, &command, &mut events);
        self.venue.check_invariants();
        self.told = events.iter().rev().map(event_line).collect();
        Ok(())
    }

    fn nothing_more(&mut self, number: usize) -> Result<(), Mismatch> {
        match self.told.pop() {
            None => Ok(()),
            told => Err(self.mismatch(number, None, told)),
        }
    }

    fn mismatch(&self, line: usize, expected: Option<String>, told: Option<String>) -> Mismatch {
        Mismatch { line, command: self.command.clone(), expected, told }
    }
}
