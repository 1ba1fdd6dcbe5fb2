//! What strategies are called: no other has a name that is said.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::StrategyConfig;

/// A name that is there twice.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) name: String,
    /// Where it is said first, and again: bytes of the text.
    pub(super) places: (usize, usize),
}

/// The first strategy that is called like one before it, where one of the two is given that name. Those
/// that are called by their file alone may be several: the number of a seat stands before its name.
pub(super) fn taken(strategies: &[StrategyConfig], text: &str) -> Option<Taken> {
    let mut known: BTreeMap<String, (usize, bool)> = BTreeMap::new();
    for (number, strategy) in strategies.iter().enumerate() {
        let (name, is_said) = (strategy.name(), strategy.name.is_some());
        match known.get(&name) {
            Some(&(first, was_said)) if is_said || was_said => {
                return Some(Taken { places: places(text, first, number), name });
            }
            Some(_) => {}
            None => _ = known.insert(name, (number, is_said)),
        }
    }
    None
}

/// Where two strategies get their names. The text is read once more: what is well named needs no places.
fn places(text: &str, first: usize, again: usize) -> (usize, usize) {
    let entries = toml::from_str::<Entries>(text).map(|it| it.strategies).unwrap_or_default();
    let place = |number: usize| {
        let entry = entries.get(number);
        entry.map_or(0, |it| it.name.as_ref().map_or(it.file.span(), Spanned::span).start)
    };
    (place(first), place(again))
}

#[derive(Deserialize)]
struct Entries {
    strategies: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    file: Spanned<PathBuf>,
    name: Option<Spanned<String>>,
}
