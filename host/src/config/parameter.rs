//! What a strategy is told at its start.

use std::fmt;

use serde::de::{Deserializer, Error, Unexpected};
use serde::{Deserialize, Serialize};

/// A parameter of a strategy: a whole number, `true` or `false`, or a line of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Parameter(String);

impl Parameter {
    /// A parameter; `None` where it is more than a line.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        (!text.contains(['\n', '\r'])).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Parameter {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let expected = &"a whole number, true, false, or text of one line";
        let value = toml::Value::deserialize(from)?;
        let parameter = match &value {
            toml::Value::Integer(number) => Some(Self(number.to_string())),
            toml::Value::Boolean(is_so) => Some(Self(is_so.to_string())),
            toml::Value::String(text) => Self::new(text),
            _ => None,
        };
        parameter
            .ok_or_else(|| D::Error::invalid_value(Unexpected::Other(value.type_str()), expected))
    }
}
