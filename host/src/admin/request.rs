//! What can be asked for at the admin door: a line of JSON each.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::{Parameter, RuntimeName, StrategyConfig};
use crate::seat::OpenOrders;

/// A request. Paths are absolute: the venue does not know where its client stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// All strategies and how they stand.
    List {},
    /// A strategy takes a seat of its own: that of a file, or the one that the venue's configuration
    /// calls so.
    Load {
        /// Its module.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<PathBuf>,
        /// What people call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// What runs it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        runtime: Option<RuntimeName>,
        /// What its manifest asks for and is not to be as there.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        parameters: BTreeMap<String, Parameter>,
    },
    /// A strategy leaves for good.
    Unload {
        /// Which.
        strategy: Whom,
        /// What becomes of its open orders.
        #[serde(default)]
        orders: OpenOrders,
    },
    /// A new version takes a strategy's seat: that of a file, or the one that the venue's
    /// configuration has of it now.
    Replace {
        /// Which.
        strategy: Whom,
        /// The new module.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<PathBuf>,
        /// What runs it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        runtime: Option<RuntimeName>,
        /// Those that are to be others than the old version's.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        parameters: BTreeMap<String, Parameter>,
        /// What becomes of its open orders.
        #[serde(default = "keep")]
        orders: OpenOrders,
    },
    /// A strategy, or all, is kept as an image.
    Snapshot {
        /// Which; all where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        strategy: Option<Whom>,
        /// The file that it is written to, besides the venue's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<PathBuf>,
    },
    /// A strategy goes on with the memory that an image has.
    Restore {
        /// Which.
        strategy: Whom,
        /// The image's file.
        image: PathBuf,
        /// What becomes of its open orders.
        #[serde(default)]
        orders: OpenOrders,
    },
}

/// A strategy, by the number of its seat or by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a strategy is the number of its seat, from 0 to 65535, or its name")]
pub enum Whom {
    /// The number of its seat, from 0.
    Number(u16),
    /// Its name.
    Name(String),
}

impl Whom {
    /// As people write it: a number is that of a seat.
    #[must_use]
    pub fn new(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Number)
    }
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => write!(f, "{name:?}"),
        }
    }
}

/// A hot swap keeps orders unless it is told otherwise.
const fn keep() -> OpenOrders {
    OpenOrders::Keep
}

impl Request {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// A sentence, where it is no request: what is wrong, and where in the line.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        let request: Self = serde_json::from_slice(line).map_err(|error| {
            format!("not a request: {error}; docs/operations.md lists what can be asked for")
        })?;
        request.check()?;
        Ok(request)
    }

    /// The line that says it.
    #[must_use]
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("a request is text and numbers")
    }

    fn check(&self) -> Result<(), String> {
        let paths = match self {
            Self::Load { file, .. } | Self::Replace { file, .. } => file.as_ref(),
            Self::Snapshot { to, .. } => to.as_ref(),
            Self::Restore { image, .. } => Some(image),
            Self::List {} | Self::Unload { .. } => None,
        };
        if let Some(path) = paths.filter(|path| !path.is_absolute()) {
            return Err(format!("the path {path:?} is not absolute: name the file from the root"));
        }
        match self {
            Self::Load { file: None, name: None, .. } => {
                Err("neither a file nor a name: which strategy is to be loaded?".to_owned())
            }
            Self::Load { name: Some(name), .. } => check_name(name),
            Self::Load { file: Some(file), .. } => check_stem(&StrategyConfig::new(file.clone())),
            Self::Snapshot { strategy: None, to: Some(_) } => {
                Err("one file holds the image of one strategy: name it".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// A name that people can read back, and that is not a number.
fn check_name(name: &str) -> Result<(), String> {
    let is_plain = name.chars().all(|letter| !letter.is_control());
    let is_number = name.parse::<u16>().is_ok();
    if is_plain && !is_number && (1..=NAME_LEN_MAX).contains(&name.chars().count()) {
        return Ok(());
    }
    Err(format!(
        "{name:?} is no name: give 1 to {NAME_LEN_MAX} letters, no line breaks, and not a number alone"
    ))
}

/// A file's own name, where no other is given, is not a number either.
fn check_stem(strategy: &StrategyConfig) -> Result<(), String> {
    let name = strategy.name();
    if name.parse::<u16>().is_err() {
        return Ok(());
    }
    Err(format!(
        "called as its file, {name:?}, it would be taken for the seat {name}: give it a name"
    ))
}

/// Letters of a name.
const NAME_LEN_MAX: usize = 64;

#[cfg(test)]
mod tests;
