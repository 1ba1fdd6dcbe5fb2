//! What strategies are made of: as the venue's file says now, or as was said when they were loaded.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::No;
use crate::config::{Config, StrategyConfig};

/// What is known of those who have a seat, and where more is said.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The venue's own configuration, to be read again.
    file: Option<PathBuf>,
    /// What is said of those who have a seat.
    seated: BTreeMap<u16, StrategyConfig>,
}

impl Known {
    pub(super) fn new(
        file: PathBuf,
        seated: impl IntoIterator<Item = (u16, StrategyConfig)>,
    ) -> Self {
        Self { file: Some(file), seated: seated.into_iter().collect() }
    }

    /// Notes of what a strategy was made.
    pub(super) fn note(&mut self, number: u16, strategy: StrategyConfig) {
        self.seated.insert(number, strategy);
    }

    /// Forgets one that left.
    pub(super) fn forget(&mut self, number: u16) {
        self.seated.remove(&number);
    }

    /// Of what the strategy at a seat was made.
    pub(super) fn at(&self, number: u16) -> Result<&StrategyConfig, No> {
        self.seated.get(&number).ok_or_else(|| {
            No::Wrong(format!(
                "nobody sits at seat {number}, or it is not known what it is made of: name a module"
            ))
        })
    }

    /// What a strategy of the venue's file is made of.
    pub(super) fn named(&self, name: &str) -> Result<StrategyConfig, No> {
        let Some(file) = &self.file else {
            return Err(No::Wrong("this venue has no file of its own: name the module".to_owned()));
        };
        self.look_up(name, None)?.ok_or_else(|| {
            No::Wrong(format!(
                "{} has no strategy {name:?}: add it to [[strategies]], or name a module",
                file.display()
            ))
        })
    }

    /// What a new version of the strategy at a seat is made of: the module, with what is known of the
    /// old one, its name too; without one what the venue's file has of it now, or what was loaded by
    /// hand.
    pub(super) fn version(
        &self,
        number: u16,
        module: Option<PathBuf>,
    ) -> Result<StrategyConfig, No> {
        let known = self.seated.get(&number);
        match (module, known) {
            (Some(file), Some(known)) => {
                Ok(StrategyConfig { file, name: Some(known.name()), ..known.clone() })
            }
            (Some(file), None) => Ok(StrategyConfig::new(file)),
            (None, _) => {
                let known = self.at(number)?;
                let said = self.look_up(&known.name(), Some(number))?;
                Ok(said.unwrap_or_else(|| known.clone()))
            }
        }
    }

    /// The entry of this name in the venue's file, as it stands there now; where there are several, the
    /// one that has that seat.
    fn look_up(&self, name: &str, number: Option<u16>) -> Result<Option<StrategyConfig>, No> {
        let Some(file) = &self.file else { return Ok(None) };
        let strategies = Config::read(file)?.strategies;
        let is_called = |it: &&StrategyConfig| it.name() == name;
        let own = number.and_then(|number| strategies.get(usize::from(number)));
        if let Some(own) = own.filter(is_called) {
            return Ok(Some(own.clone()));
        }
        let mut called = strategies.iter().filter(is_called);
        let found = called.next().cloned();
        if called.next().is_none() {
            return Ok(found);
        }
        Err(No::Wrong(format!(
            "{} has several strategies {name:?}: give each a name of its own, or name a module",
            file.display()
        )))
    }
}
