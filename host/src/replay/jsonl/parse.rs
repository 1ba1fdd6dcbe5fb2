//! One line of JSON becomes one command, or a sentence about what is wrong with it and where.

mod definitions;
mod orders;

use std::borrow::Cow;

use ringfence_core::{AccountId, Command, InstrumentId, Phase, Scope, Time};

use super::field::{Field, Object};
use crate::sequencer::Stamped;

/// Why a line is not a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct LineError {
    /// Where in the line, in characters from 1.
    pub column: usize,
    /// The key that it is about, where it is about one.
    pub key: Option<String>,
    /// What is wrong and what to do.
    pub problem: String,
}

impl LineError {
    fn sentence(&self) -> String {
        match &self.key {
            Some(key) => format!("key `{key}`: {}", self.problem),
            None => self.problem.clone(),
        }
    }
}

/// Reads one line as a command.
///
/// A command without `at` comes back with time 0, which the engine takes for its present.
///
/// ```
/// use ringfence_host::replay::jsonl::parse_line;
/// let line = r#"{"op":"cancel","instrument":1,"id":7}"#;
/// assert!(parse_line(line).is_ok());
/// let error = parse_line(r#"{"op":"cancel","instrument":1,"id":7.5}"#).expect_err("not whole");
/// assert_eq!((error.column, error.key.as_deref()), (36, Some("id")));
/// ```
///
/// # Errors
///
/// [`LineError`] where the line is not one JSON object with the keys of one command.
pub fn parse_line(line: &str) -> Result<Stamped, LineError> {
    let object = Object::read(line)?;
    let fields = Fields::new(&object)?;
    let at = fields.iter().find(|field| field.key == "at");
    let at = at.map(|field| field.u64().map(Time)).transpose()?;
    if fields.op == "time" {
        return Ok(Stamped { at: fields.time(at)?, command: Command::Time });
    }
    Ok(Stamped { at: at.unwrap_or_default(), command: fields.command()? })
}

/// Every name of a command.
const OPS: &str = "instrument, account, new, cancel, reduce, replace, quote, mass_cancel, kill, \
                   unblock, phase, uncross, time";

const SCOPE_KEYS: &str = "account, instrument, side";
const PHASE_KEYS: &str = "instrument, phase";

/// The fields of one command.
struct Fields<'a> {
    op: Cow<'a, str>,
    op_column: usize,
    all: &'a Object<'a>,
}

impl<'a> Fields<'a> {
    fn new(all: &'a Object<'a>) -> Result<Self, LineError> {
        let Some(op) = all.fields.iter().find(|field| field.key == "op") else {
            let problem = format!("missing; it says which command this is: {OPS}");
            return Err(LineError { column: 1, key: Some("op".into()), problem });
        };
        Ok(Self { op: op.text()?, op_column: op.column(), all })
    }

    /// All but `op` and `at`, which every command has room for.
    fn own(&self) -> impl Iterator<Item = &Field<'a>> {
        self.iter().filter(|field| field.key != "op" && field.key != "at")
    }

    fn iter(&self) -> impl Iterator<Item = &Field<'a>> {
        self.all.fields.iter()
    }

    fn command(&self) -> Result<Command, LineError> {
        Ok(match &*self.op {
            "instrument" => Command::Instrument(Box::new(self.instrument()?)),
            "account" => Command::Account(Box::new(self.account()?)),
            "new" => Command::New(self.new_order()?),
            "cancel" => Command::Cancel(self.cancel()?),
            "reduce" => Command::Reduce(self.reduce()?),
            "replace" => Command::Replace(self.replace()?),
            "quote" => Command::Quote(self.quote()?),
            "mass_cancel" => Command::MassCancel(self.scope()?),
            "kill" => Command::Kill(self.scope()?),
            "unblock" => Command::Unblock(self.scope()?),
            "phase" => {
                let (instrument, phase) = self.phase()?;
                Command::Phase { instrument, phase: self.needed(phase, "phase")? }
            }
            "uncross" => {
                let (instrument, phase) = self.phase()?;
                Command::Uncross { instrument, then: phase.unwrap_or(Phase::Continuous) }
            }
            other => {
                let problem = format!("no command is called `{other}`; there are {OPS}");
                return Err(LineError { column: self.op_column, key: Some("op".into()), problem });
            }
        })
    }

    fn time(&self, at: Option<Time>) -> Result<Time, LineError> {
        let mut now = None;
        for field in self.own() {
            match &*field.key {
                "now" => now = Some(Time(field.u64()?)),
                _ => return Err(field.unknown(&self.op, "now")),
            }
        }
        let now = self.needed(now, "now")?;
        if at.is_some_and(|at| at != now) {
            let at = self.iter().find(|field| field.key == "at");
            let at = at.expect("it was read a moment ago");
            return Err(at.error("differs from `now`; a `time` needs only `now`"));
        }
        Ok(now)
    }

    fn scope(&self) -> Result<Scope, LineError> {
        let mut scope = Scope::default();
        for field in self.own() {
            match &*field.key {
                "account" => scope.account = Some(AccountId(field.u32()?)),
                "instrument" => scope.instrument = Some(InstrumentId(field.u32()?)),
                "side" => scope.side = Some(field.side()?),
                _ => return Err(field.unknown(&self.op, SCOPE_KEYS)),
            }
        }
        Ok(scope)
    }

    fn phase(&self) -> Result<(InstrumentId, Option<Phase>), LineError> {
        let (mut instrument, mut phase) = (None, None);
        for field in self.own() {
            match &*field.key {
                "instrument" => instrument = Some(InstrumentId(field.u32()?)),
                "phase" => phase = Some(field.one_of(Phase::ALL, Phase::name)?),
                _ => return Err(field.unknown(&self.op, PHASE_KEYS)),
            }
        }
        Ok((self.needed(instrument, "instrument")?, phase))
    }

    fn needed<T>(&self, value: Option<T>, key: &str) -> Result<T, LineError> {
        value.ok_or_else(|| LineError {
            column: self.op_column,
            key: Some(key.into()),
            problem: format!("missing; `{}` needs it", self.op),
        })
    }
}
