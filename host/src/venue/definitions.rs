//! The file of instruments: what a venue trades, and the limits of accounts.

use ringfence_core::{
    AccountSpec, Command, Engine, Event, EventSink, Interest, Reject, Time, What,
};

use super::now;
use crate::error::RunError;
use crate::host::Host;
use crate::publisher::Outlet;
use crate::replay::input::Lines;
use crate::replay::jsonl::parse_line;
use crate::seat::FIRST_ACCOUNT;
use crate::sequencer::Stamped;

/// A line for each instrument and account of the largest venue, and more.
const COMMANDS_MAX: usize = 1 << 20;

/// A command of the file, and where it stands.
struct Line {
    number: u64,
    command: Command,
}

/// Sequences what a file says: all of it where nothing was sequenced before, and later the
/// instruments that are new. Whoever goes on answers to each of those, as if the market were open.
/// Returns a sentence for each line that asks for something else than the journal has.
///
/// # Errors
///
/// [`RunError`] where a line is no command, or one that the engine refuses: nothing of the file is
/// sequenced then, so that it counts as a whole once it is mended.
pub(super) fn define(
    host: &mut Host,
    file: &str,
    outlet: &mut impl Outlet,
) -> Result<Vec<String>, RunError> {
    let begins = host.sequencer().last().place == 0;
    let (mut taken, mut notes) = (Vec::new(), Vec::new());
    // The same commands, tried on an engine that nobody sees.
    let mut trial = None;
    for Line { number, command } in read(file)? {
        let engine = host.engine();
        if !begins && !defines_another(engine, &command) {
            let what = what_stays(engine, &command);
            notes.extend(what.map(|what| format!("{file}, line {number}: {what}")));
            continue;
        }
        let stamped = Stamped { at: Time(now()), command };
        let trial = trial.get_or_insert_with(|| engine.clone());
        if let Some(reason) = refusal(trial, &stamped) {
            let problem = format!(
                "the engine refuses this: {}; docs/semantics.md says when it does: mend the line, or \
                 leave it out",
                reason.name()
            );
            return Err(RunError::Line { file: file.to_owned(), line: number, column: 1, problem });
        }
        taken.push(stamped);
    }
    for stamped in taken {
        host.turn(stamped, outlet)?;
    }
    Ok(notes)
}

fn read(file: &str) -> Result<Vec<Line>, RunError> {
    let mut input = Lines::open(file)?;
    let mut lines = Vec::new();
    let mut number = 0;
    while let Some(line) = input.next_line()? {
        number += 1;
        if line.trim().is_empty() {
            continue;
        }
        let parsed = parse_line(line);
        let stamped = parsed.map_err(|error| input.error(error.column, error.to_string()))?;
        if lines.len() >= COMMANDS_MAX {
            return Err(input.error(1, format!("no file has more than {COMMANDS_MAX} commands")));
        }
        lines.push(Line { number, command: stamped.command });
    }
    Ok(lines)
}

/// Whether a command defines an instrument that is not known.
fn defines_another(engine: &Engine, command: &Command) -> bool {
    matches!(command, Command::Instrument(spec) if engine.book(spec.instrument).is_none())
}

/// What stays as it is, though a command asks for something else.
fn what_stays(engine: &Engine, command: &Command) -> Option<String> {
    match command {
        Command::Instrument(spec) => {
            let known = engine.book(spec.instrument)?;
            (known.spec() != &**spec).then(|| {
                format!(
                    "instrument {} stays as the journal has it, which is another definition; only a \
                     new journal takes this one",
                    spec.instrument
                )
            })
        }
        Command::Account(spec) => {
            let known = engine.account(spec.account);
            known.is_none_or(|known| has_others(known.spec(), spec)).then(|| {
                format!(
                    "account {} keeps the limits that the journal has, which are others; only a new \
                     journal takes these",
                    spec.account
                )
            })
        }
        _ => None,
    }
}

/// Whether an account has other limits than those. How many orders of a strategy may be open is its
/// entry's to say.
fn has_others(known: &AccountSpec, asked: &AccountSpec) -> bool {
    let mut asked = asked.clone();
    if asked.account.0 >= FIRST_ACCOUNT {
        asked.max_open_orders = known.max_open_orders;
    }
    *known != asked
}

/// Why the engine refuses a command, if it does.
fn refusal(engine: &mut Engine, stamped: &Stamped) -> Option<Reject> {
    let mut listener = Listener(None);
    engine.apply(stamped.at, &stamped.command, &mut listener);
    listener.0
}

/// Hears refusals.
struct Listener(Option<Reject>);

impl EventSink for Listener {
    fn interest(&self) -> Interest {
        Interest::PRIVATE
    }

    fn push(&mut self, event: Event) {
        if let What::Rejected { reason, .. } = event.what {
            self.0.get_or_insert(reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use ringfence_core::{AccountId, AccountSpec};

    use super::{FIRST_ACCOUNT, has_others};

    #[test]
    fn open_orders_of_a_strategy_are_not_the_files_to_say() {
        for (account, differs) in [(1, true), (FIRST_ACCOUNT - 1, true), (FIRST_ACCOUNT, false)] {
            let known = AccountSpec { account: AccountId(account), ..AccountSpec::default() };
            let open = AccountSpec { max_open_orders: Some(5), ..known.clone() };
            let qty = AccountSpec { max_order_qty: Some(5), ..known.clone() };
            assert!(!has_others(&known, &known));
            assert_eq!(has_others(&known, &open), differs, "{account}");
            assert!(has_others(&known, &qty));
        }
    }
}
