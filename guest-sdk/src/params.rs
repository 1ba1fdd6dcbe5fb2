//! The parameters of a strategy: what it declares, and what its user gave.

use core::fmt;
use core::str::FromStr;

use arrayvec::ArrayString;
use ringfence_core::{InstrumentId, Qty, Side};

/// One parameter that a strategy declares.
///
/// ```
/// use ringfence_guest::Param;
/// const PARAMS: &[Param] = &[Param::u64("size", "100", "Lots on each side.")];
/// assert_eq!(PARAMS[0].name, "size");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name, in lower case.
    pub name: &'static str,
    /// What its value looks like.
    pub kind: ParamKind,
    /// The value where the user gives none.
    pub default: &'static str,
    /// One sentence for the user.
    pub about: &'static str,
}

/// What the value of a parameter looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// A whole number, maybe negative.
    I64,
    /// A whole number.
    U64,
    /// `true` or `false`.
    Bool,
    /// `buy` or `sell`.
    Side,
    /// Anything.
    Text,
}

impl ParamKind {
    /// Its name in the manifest.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::I64 => "i64",
            Self::U64 => "u64",
            Self::Bool => "bool",
            Self::Side => "side",
            Self::Text => "text",
        }
    }
}

impl Param {
    /// A whole number, maybe negative.
    #[must_use]
    pub const fn i64(name: &'static str, default: &'static str, about: &'static str) -> Self {
        Self { name, kind: ParamKind::I64, default, about }
    }

    /// A whole number.
    #[must_use]
    pub const fn u64(name: &'static str, default: &'static str, about: &'static str) -> Self {
        Self { name, kind: ParamKind::U64, default, about }
    }

    /// `true` or `false`.
    #[must_use]
    pub const fn bool(name: &'static str, default: &'static str, about: &'static str) -> Self {
        Self { name, kind: ParamKind::Bool, default, about }
    }

    /// `buy` or `sell`.
    #[must_use]
    pub const fn side(name: &'static str, default: &'static str, about: &'static str) -> Self {
        Self { name, kind: ParamKind::Side, default, about }
    }

    /// Any text of one line.
    #[must_use]
    pub const fn text(name: &'static str, default: &'static str, about: &'static str) -> Self {
        Self { name, kind: ParamKind::Text, default, about }
    }
}

/// The values of a strategy's parameters: those given, and the defaults of the others.
///
/// ```
/// use ringfence_guest::{Param, Params};
/// let declared = [Param::u64("size", "100", ""), Param::i64("edge", "-5", "")];
/// let params = Params::parse("size=20\n", &declared)?;
/// assert_eq!(params.u64("size")?, 20);
/// assert_eq!(params.i64("edge")?, -5);
/// assert!(Params::parse("sise=20", &declared).is_err());
/// # Ok::<(), ringfence_guest::ParamError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Params<'a> {
    text: &'a str,
    declared: &'a [Param],
}

impl<'a> Params<'a> {
    /// Reads `key=value` lines.
    ///
    /// # Errors
    ///
    /// [`ParamError`] where a line is not of this form, names something that is not declared, or
    /// repeats a name.
    pub fn parse(text: &'a str, declared: &'a [Param]) -> Result<Self, ParamError> {
        for (number, line) in lines(text).enumerate() {
            let Some((name, _)) = cut(line, b'=') else {
                return Err(ParamError::new(line, Problem::NoEquals));
            };
            if !declared.iter().any(|param| param.name == name) {
                return Err(ParamError::new(name, Problem::Unknown));
            }
            let is_same = |earlier: &str| cut(earlier, b'=').is_some_and(|(n, _)| n == name);
            if lines(text).take(number).any(is_same) {
                return Err(ParamError::new(name, Problem::Repeated));
            }
        }
        Ok(Self { text, declared })
    }

    /// A whole number, maybe negative.
    ///
    /// # Errors
    ///
    /// [`ParamError`] where the value is not one.
    pub fn i64(&self, name: &str) -> Result<i64, ParamError> {
        self.number(name)
    }

    /// A whole number.
    ///
    /// # Errors
    ///
    /// [`ParamError`] where the value is not one.
    pub fn u64(&self, name: &str) -> Result<u64, ParamError> {
        self.number(name)
    }

    /// A whole number within bounds, both included.
    ///
    /// # Errors
    ///
    /// [`ParamError`] where the value is not a number or is outside.
    pub fn u64_in(&self, name: &str, least: u64, most: u64) -> Result<u64, ParamError> {
        let value = self.u64(name)?;
        if (least..=most).contains(&value) {
            Ok(value)
        } else {
            Err(ParamError::new(name, Problem::OutOfRange { least, most }))
        }
    }

    /// A whole number within bounds, both included.
    ///
    /// # Errors
    ///
    /// [`ParamError`] where the value is not a number or is outside.
    pub fn i64_in(&self, name: &str, least: i64, most: i64) -> Result<i64, ParamError> {
        let value = self.i64(name)?;
        if (least..=most).contains(&value) {
            Ok(value)
        } else {
            Err(ParamError::new(name, Problem::OutOfRangeSigned { least, most }))
        }
    }

    /// A quantity of at least one lot and at most `most`.
    ///
    /// # Errors
    ///
    /// [`ParamError`] where the value is not a number or is outside.
    pub fn qty(&self, name: &str, most: u64) -> Result<Qty, ParamError> {
        self.u64_in(name, 1, most).map(Qty)
    }

    /// A time given in whole milliseconds, as nanoseconds; at most a day.
    ///
    /// # Errors
    ///
    /// [`ParamError`] where the value is not a number or is outside.
    pub fn ms(&self, name: &str) -> Result<u64, ParamError> {
        Ok(self.u64_in(name, 0, DAY_MS)? * 1_000_000)
    }

    /// The number of an instrument.
    ///
    /// # Errors
    ///
    /// [`ParamError`] where the value is not one.
    pub fn instrument(&self, name: &str) -> Result<InstrumentId, ParamError> {
        let number = self.u64(name)?;
        let number = u32::try_from(number);
        number.map(InstrumentId).map_err(|_| ParamError::new(name, Problem::NotNumber))
    }

    /// `true` or `false`.
    ///
    /// # Errors
    ///
    /// [`ParamError`] where the value is neither.
    pub fn bool(&self, name: &str) -> Result<bool, ParamError> {
        match self.value(name)? {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(ParamError::new(name, Problem::NotBool)),
        }
    }

    /// `buy` or `sell`.
    ///
    /// # Errors
    ///
    /// [`ParamError`] where the value is neither.
    pub fn side(&self, name: &str) -> Result<Side, ParamError> {
        match self.value(name)? {
            "buy" => Ok(Side::Buy),
            "sell" => Ok(Side::Sell),
            _ => Err(ParamError::new(name, Problem::NotSide)),
        }
    }

    /// The value as it was written.
    ///
    /// # Errors
    ///
    /// [`ParamError`] where no parameter of this name is declared.
    pub fn text(&self, name: &str) -> Result<&'a str, ParamError> {
        self.value(name)
    }

    fn number<N: FromStr>(&self, name: &str) -> Result<N, ParamError> {
        self.value(name)?.parse().map_err(|_| ParamError::new(name, Problem::NotNumber))
    }

    fn value(&self, name: &str) -> Result<&'a str, ParamError> {
        let declared = self.declared.iter().find(|param| param.name == name);
        let default = declared.ok_or_else(|| ParamError::new(name, Problem::Unknown))?.default;
        let mut given = lines(self.text).filter_map(|line| cut(line, b'='));
        Ok(given.find(|(key, _)| *key == name).map_or(default, |(_, value)| value))
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    let lines = core::iter::from_fn(move || {
        let (line, after) = match cut(rest?, b'\n') {
            Some((line, after)) => (line, Some(after)),
            None => (rest?, None),
        };
        rest = after;
        Some(line.trim_ascii_end())
    });
    lines.filter(|line| !line.is_empty())
}

/// What stands before and after the first `mark`. Smaller than `str::split_once`, which brings a
/// general search into every guest.
fn cut(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == mark)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// What is wrong with a parameter, and with which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParamError {
    /// The name, or its beginning.
    pub name: ArrayString<NAME_SHOWN_MAX>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A line has no `=`.
    NoEquals,
    /// No such parameter is declared.
    Unknown,
    /// It is given twice.
    Repeated,
    /// It is not a whole number.
    NotNumber,
    /// It is neither `true` nor `false`.
    NotBool,
    /// It is neither `buy` nor `sell`.
    NotSide,
    /// It is too small or too large.
    OutOfRange {
        /// The least that is allowed.
        least: u64,
        /// The most that is allowed.
        most: u64,
    },
    /// It is too small or too large, and could be negative.
    OutOfRangeSigned {
        /// The least that is allowed.
        least: i64,
        /// The most that is allowed.
        most: i64,
    },
    /// It does not go with another one; the text says why.
    Unfit(&'static str),
}

impl ParamError {
    /// A problem with the parameter of this name.
    #[must_use]
    pub fn new(name: &str, problem: Problem) -> Self {
        let mut shown = ArrayString::new();
        for letter in name.chars() {
            if shown.try_push(letter).is_err() {
                break;
            }
        }
        Self { name: shown, problem }
    }

    /// The parameter does not go with another one; `why` says so in a few words.
    #[must_use]
    pub fn unfit(name: &str, why: &'static str) -> Self {
        Self::new(name, Problem::Unfit(why))
    }
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("parameter `")?;
        f.write_str(&self.name)?;
        f.write_str("` ")?;
        match self.problem {
            Problem::NoEquals => f.write_str("has no value: write name=value"),
            Problem::Unknown => f.write_str("is not one of this strategy's"),
            Problem::Repeated => f.write_str("is given twice"),
            Problem::NotNumber => f.write_str("is not a whole number that fits"),
            Problem::NotBool => f.write_str("is neither true nor false"),
            Problem::NotSide => f.write_str("is neither buy nor sell"),
            Problem::OutOfRange { least, most } => write!(f, "is not from {least} to {most}"),
            Problem::OutOfRangeSigned { least, most } => {
                write!(f, "is not from {least} to {most}")
            }
            Problem::Unfit(why) => f.write_str(why),
        }
    }
}

impl core::error::Error for ParamError {}

const DAY_MS: u64 = 86_400_000;

/// How much of a wrong name an error shows.
const NAME_SHOWN_MAX: usize = 32;

#[cfg(test)]
mod tests;
