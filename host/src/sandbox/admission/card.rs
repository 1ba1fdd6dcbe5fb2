//! What of a manifest a host reads, in the one form that it has.

use ringfence_core::Interest;
use serde::Deserialize;

use crate::runtime::Import;

/// A manifest, of which anything may be missing, and which may have more: that is for other readers.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Card {
    abi: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) params: Option<Vec<Param>>,
    pub(crate) subscriptions: Option<Vec<String>>,
    pub(crate) timer_ns: Option<u64>,
    pub(crate) state_version: Option<u32>,
    pub(crate) imports: Option<Vec<String>>,
}

/// A parameter that the strategy takes.
#[derive(Debug, Deserialize)]
pub(crate) struct Param {
    pub(crate) name: String,
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) default: String,
    #[serde(default)]
    pub(crate) about: String,
}

impl Card {
    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// Why a host cannot read it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = str::from_utf8(bytes).map_err(|error| error.to_string())?;
        // A list of values without names would be read as well.
        if !text.trim_start().starts_with('{') {
            return Err("it is no JSON object".to_owned());
        }
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// What of it a host does not know and would pass over: a sentence.
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(abi) = &self.abi
            && self.abi_version().is_none()
        {
            return Err(format!("\"abi\" is {abi:?}; write it as \"1.0\""));
        }
        let unknown = |word: &&String| Self::class(word).is_none() && *word != TIMER;
        if let Some(word) = self.subscriptions.iter().flatten().find(unknown) {
            let words: Vec<&str> = CLASSES.iter().map(|(name, _)| *name).collect();
            return Err(format!(
                "\"subscriptions\" has {word:?}; there are {} and {TIMER}",
                words.join(", ")
            ));
        }
        let unknown = |word: &&String| !Import::ALL.iter().any(|import| import.name() == *word);
        if let Some(word) = self.imports.iter().flatten().find(unknown) {
            let words = Import::ALL.map(Import::name);
            return Err(format!("\"imports\" has {word:?}; a host offers {}", words.join(", ")));
        }
        Ok(())
    }

    /// The version of the ABI that the module was built for, if it says so.
    pub(crate) fn abi_version(&self) -> Option<(u16, u16)> {
        let (major, minor) = self.abi.as_deref()?.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    }

    /// The public events that it wants; none where it does not say.
    pub(crate) fn interest(&self) -> Option<Interest> {
        let classes = self.subscriptions.as_ref()?.iter().filter_map(|word| Self::class(word));
        Some(classes.fold(Interest::NONE, Interest::and))
    }

    fn class(word: &str) -> Option<Interest> {
        CLASSES.iter().find(|(name, _)| *name == word).map(|(_, class)| *class)
    }
}

/// Public events by the words that ask for them.
const CLASSES: [(&str, Interest); 5] = [
    ("trades", Interest::TRADES),
    ("l1", Interest::L1),
    ("l2", Interest::L2),
    ("l3", Interest::L3),
    ("phase", Interest::STATUS),
];

/// The word by which guests say that they have a timer: `timer_ns` says which.
const TIMER: &str = "timer";
