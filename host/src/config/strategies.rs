//! `[[strategies]]`: who trades inside the venue.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected};

/// A strategy and its seat.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrategyConfig {
    /// Its module.
    pub file: PathBuf,
    /// What runs it.
    pub runtime: Option<RuntimeName>,
    /// What its manifest asks for and is not to be as there.
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
}

/// A Wasm engine, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuntimeName {
    /// wasmtime.
    Wasmtime,
    /// WasmEdge.
    Wasmedge,
}

/// A parameter of a strategy: a whole number, `true` or `false`, or a line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter(String);

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Parameter {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let expected = &"a whole number, true, false, or text of one line";
        match toml::Value::deserialize(from)? {
            toml::Value::Integer(number) => Ok(Self(number.to_string())),
            toml::Value::Boolean(is_so) => Ok(Self(is_so.to_string())),
            toml::Value::String(text) if !text.contains(['\n', '\r']) => Ok(Self(text)),
            other => Err(D::Error::invalid_value(Unexpected::Other(other.type_str()), expected)),
        }
    }
}

impl StrategyConfig {
    /// Its parameters, a line each, as strategies read them.
    #[must_use]
    pub fn lines(&self) -> String {
        self.parameters.iter().map(|(key, value)| format!("{key}={value}\n")).collect()
    }
}
