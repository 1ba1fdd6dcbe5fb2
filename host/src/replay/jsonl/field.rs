//! The keys and values of one line of JSON, each with its column.

use std::borrow::Cow;
use std::fmt;

use arrayvec::{ArrayString, ArrayVec};
use ringfence_core::limits::{MAKERS_MAX, SYMBOL_LEN_MAX, TICK_RANGES_MAX};
use ringfence_core::{AccountId, PostOnly, Price, Side};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::parse::LineError;

/// More keys than any command has; a line with more repeats one or has an unknown one.
const KEYS_MAX: usize = 48;

/// One line: a JSON object, each key once.
pub(super) struct Object<'a> {
    /// In the order in which they stand.
    pub(super) fields: ArrayVec<Field<'a>, KEYS_MAX>,
}

impl<'a> Object<'a> {
    pub(super) fn read(line: &'a str) -> Result<Self, LineError> {
        let mut object: Self = serde_json::from_str(line).map_err(|error| syntax(line, &error))?;
        for place in 0..object.fields.len() {
            let (before, rest) = object.fields.split_at_mut(place);
            let field = &mut rest[0];
            field.line = line;
            if before.iter().any(|other| other.key == field.key) {
                return Err(field.key_error("stands twice in this line; keep one of them"));
            }
        }
        Ok(object)
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one JSON object, such as {\"op\":\"time\",\"now\":1}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = ArrayVec::new();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let value = map.next_value::<&'de RawValue>()?.get();
            let field = Field { key: key.0, value, line: value };
            if fields.try_push(field).is_err() {
                return Err(A::Error::custom("more keys than any command has; remove some"));
            }
        }
        Ok(Object { fields })
    }
}

#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// One key with its value, as they stand in the line.
pub(super) struct Field<'a> {
    /// The key.
    pub(super) key: Cow<'a, str>,
    value: &'a str,
    line: &'a str,
}

impl<'a> Field<'a> {
    /// Where the value begins, in characters from 1.
    pub(super) fn column(&self) -> usize {
        self.column_of(self.value)
    }

    pub(super) fn error(&self, problem: impl Into<String>) -> LineError {
        let (column, key) = (self.column(), Some(self.key.to_string()));
        LineError { column, key, problem: problem.into() }
    }

    /// An error of the key itself.
    fn key_error(&self, problem: impl Into<String>) -> LineError {
        let error = self.error(problem);
        match &self.key {
            // A key without escapes is a part of the line; its quotation mark stands before it.
            Cow::Borrowed(key) => LineError { column: self.column_of(key) - 1, ..error },
            Cow::Owned(_) => error,
        }
    }

    /// Where a part of the line begins, in characters from 1.
    fn column_of(&self, part: &str) -> usize {
        let start = part.as_ptr().addr() - self.line.as_ptr().addr();
        self.line[..start].chars().count() + 1
    }

    pub(super) fn unknown(&self, op: &str, keys: &str) -> LineError {
        let problem = format!("`{op}` has no such key; it has {keys}, and `at`");
        self.key_error(problem)
    }

    pub(super) fn u64(&self) -> Result<u64, LineError> {
        // The usual case without the detour through a wider integer.
        match self.value.parse() {
            Ok(number) if self.value.as_bytes()[0].is_ascii_digit() => Ok(number),
            _ => self.within(0, i128::from(u64::MAX)),
        }
    }

    pub(super) fn i64(&self) -> Result<i64, LineError> {
        self.within(i128::from(i64::MIN), i128::from(i64::MAX))
    }

    pub(super) fn u32(&self) -> Result<u32, LineError> {
        self.within(0, i128::from(u32::MAX))
    }

    pub(super) fn i32(&self) -> Result<i32, LineError> {
        self.within(i128::from(i32::MIN), i128::from(i32::MAX))
    }

    /// A whole number from `least` to `most`, which `T` must hold.
    pub(super) fn within<T: TryFrom<i128>>(&self, least: i128, most: i128) -> Result<T, LineError> {
        let bytes = self.value.as_bytes();
        if !matches!(bytes[0], b'-' | b'0'..=b'9') {
            return Err(self.error(format!("{} is not a whole number", self.shown())));
        }
        if bytes.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
            let problem = format!(
                "{} is not a whole number; count in ticks, lots and nanoseconds",
                self.shown()
            );
            return Err(self.error(problem));
        }
        let number = self.value.parse::<i128>().ok();
        let number = number.filter(|number| (least..=most).contains(number));
        number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| {
            self.error(format!("{} is out of range; it goes from {least} to {most}", self.shown()))
        })
    }

    pub(super) fn boolean(&self) -> Result<bool, LineError> {
        match self.value {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self.error(format!("{} is neither true nor false", self.shown()))),
        }
    }

    pub(super) fn text(&self) -> Result<Cow<'a, str>, LineError> {
        match serde_json::from_str::<Key<'a>>(self.value) {
            Ok(Key(text)) => Ok(text),
            Err(_) => Err(self.error(format!("{} is not a string", self.shown()))),
        }
    }

    pub(super) fn one_of<T: Copy>(
        &self,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Result<T, LineError> {
        let text = self.text()?;
        all.iter().copied().find(|&value| name(value) == text).ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|&value| name(value)).collect();
            self.error(format!("{} is not one of {}", self.shown(), names.join(", ")))
        })
    }

    pub(super) fn side(&self) -> Result<Side, LineError> {
        self.one_of(&Side::BOTH, |side| match side {
            Side::Buy => "buy",
            Side::Sell => "sell",
        })
    }

    pub(super) fn post_only(&self) -> Result<PostOnly, LineError> {
        match self.value {
            "true" | "\"reject\"" => Ok(PostOnly::Reject),
            "false" => Ok(PostOnly::No),
            "\"slide\"" => Ok(PostOnly::Slide),
            _ => {
                Err(self
                    .error(format!("{} is not true, false, \"reject\" or \"slide\"", self.shown())))
            }
        }
    }

    pub(super) fn symbol(&self) -> Result<ArrayString<SYMBOL_LEN_MAX>, LineError> {
        ArrayString::from(&self.text()?).map_err(|_| {
            self.error(format!("{} is longer than {SYMBOL_LEN_MAX} bytes", self.shown()))
        })
    }

    /// A list of `[from_price, tick]`, rising.
    pub(super) fn ticks(&self) -> Result<ArrayVec<(Price, u64), TICK_RANGES_MAX>, LineError> {
        let list: Vec<(i64, u64)> = serde_json::from_str(self.value).map_err(|_| {
            let problem = "is not a list of [from_price, tick], whole numbers both";
            self.error(format!("{} {problem}", self.shown()))
        })?;
        if list.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err(self.error("the prices of this list must rise"));
        }
        if list.len() > TICK_RANGES_MAX {
            return Err(self.error(format!("has more than {TICK_RANGES_MAX} ranges")));
        }
        Ok(list.into_iter().map(|(from, tick)| (Price(from), tick)).collect())
    }

    /// A list of `[account, percent]`.
    pub(super) fn makers(&self) -> Result<ArrayVec<(AccountId, u8), MAKERS_MAX>, LineError> {
        let list: Vec<(u32, u8)> = serde_json::from_str(self.value).map_err(|_| {
            let problem = "is not a list of [account, percent], whole numbers both";
            self.error(format!("{} {problem}", self.shown()))
        })?;
        if list.len() > MAKERS_MAX {
            return Err(self.error(format!("has more than {MAKERS_MAX} accounts")));
        }
        Ok(list.into_iter().map(|(account, percent)| (AccountId(account), percent)).collect())
    }

    /// The value as it stands, shortened.
    fn shown(&self) -> String {
        match self.value.char_indices().nth(SHOWN_MAX) {
            Some((end, _)) => format!("{}…", &self.value[..end]),
            None => self.value.to_owned(),
        }
    }
}

/// Characters of a value that a message repeats.
const SHOWN_MAX: usize = 40;

fn syntax(line: &str, error: &serde_json::Error) -> LineError {
    let text = error.to_string();
    let problem = text.rsplit_once(" at line ").map_or(text.as_str(), |(problem, _)| problem);
    // serde_json counts bytes, and points behind the last one read.
    let bytes = error.column().saturating_sub(1).min(line.len());
    let start = line.floor_char_boundary(bytes);
    let column = line[..start].chars().count() + 1;
    LineError { column, key: None, problem: format!("this is not a command: {problem}") }
}
