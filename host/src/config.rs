//! What a venue is made of: a file in TOML, and four options from the environment besides.
//!
//! Every option is explained in `examples/venue.toml`. A key that is not known is an error, and so
//! is a value out of range: both name line and column.

mod address;
mod admin;
mod environment;
mod feed;
mod gateway;
mod http;
mod images;
mod journal;
mod limits;
mod names;
mod on_fault;
mod parameter;
mod secrets;
mod strategies;
mod venue;
mod within;
mod workers;

use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use admin::AdminConfig;
pub use feed::FeedConfig;
pub use gateway::{AccountConfig, GatewayConfig, SECRET_LEN_MAX, Secret, SlowConsumer};
pub use http::HttpConfig;
pub use images::ImagesConfig;
pub use journal::{JournalConfig, PolicyName, SnapshotConfig};
pub use limits::LimitsConfig;
pub use on_fault::OnFaultConfig;
pub use parameter::Parameter;
pub use strategies::{ClassName, RuntimeName, StrategyConfig};
pub use venue::{CapacityConfig, VenueConfig};
pub use within::Within;
pub use workers::WorkersConfig;

use crate::error::RunError;
use crate::ordinary;
use names::{Taken, taken};

/// Everything that `ringfence run` can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The venue's thread never sleeps: it asks its sockets again and again.
    pub low_latency_mode: bool,
    /// Processors that threads are bound to: the first is the venue's own thread's, the others are
    /// dealt out to the threads beside it.
    pub cpu_affinity: Vec<u16>,
    /// Small packets leave at once (`TCP_NODELAY`), and where the kernel allows, it asks the network
    /// card instead of waiting for it (`SO_BUSY_POLL`).
    pub network_optimization: Switch,
    /// Compiled strategies are kept on the disk.
    pub cache_enabled: Switch,
    /// So many milliseconds of real time one call of a strategy may take, whatever its gas; 0 is no
    /// limit.
    pub watchdog_ms: WatchdogMs,
    /// Instruments and room.
    pub venue: VenueConfig,
    /// Where commands are kept.
    pub journal: JournalConfig,
    /// Who may send commands, and how.
    pub gateway: GatewayConfig,
    /// Market data; none where the section is missing.
    pub feed: Option<FeedConfig>,
    /// Health, metrics and books by HTTP; none where the section is missing.
    pub http: Option<HttpConfig>,
    /// Where strategies are loaded, replaced and unloaded while the venue runs; nowhere where the
    /// section is missing.
    pub admin: Option<AdminConfig>,
    /// What strategies go on from at the next start.
    pub images: ImagesConfig,
    /// Threads on which strategies answer.
    pub workers: WorkersConfig,
    /// Strategies that trade here, in the order of their seats.
    pub strategies: Vec<StrategyConfig>,
}

/// Milliseconds that a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct WatchdogMs(pub Within<0, 3_600_000>);

impl Default for WatchdogMs {
    /// What the usual limits allow one call takes 3 ms at most in compiled code, and 85 ms in the
    /// slowest interpreter; an answer to thousands of events is many calls.
    fn default() -> Self {
        Self(Within::new(1_000))
    }
}

/// Something that is on unless it is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Switch(pub bool);

impl Default for Switch {
    fn default() -> Self {
        Self(true)
    }
}

impl Config {
    /// Reads a venue's file, its secrets, and what the environment of this process says besides. Paths
    /// are meant from the file's folder.
    ///
    /// # Errors
    ///
    /// [`RunError`] where a file cannot be read, or something in it or in the environment is wrong.
    pub fn load(path: &Path) -> Result<Self, RunError> {
        let mut config = Self::read(path)?;
        config.gateway.take_secrets()?;
        config.gateway.check()?;
        Ok(config)
    }

    /// As [`load`](Self::load), without what only a venue needs to open its doors: secrets.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn read(path: &Path) -> Result<Self, RunError> {
        let file = path.display().to_string();
        let bytes = ordinary::handwritten(path, "a venue's TOML file")?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let problem =
                format!("is not text in UTF-8 from byte {at} on; name a venue's TOML file");
            RunError::File { file: file.clone(), problem }
        })?;
        let mut config = Self::parse(&file, &text)?;
        config.take_environment(|name| std::env::var(name).ok())?;
        config.resolve(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// [`RunError::Line`] where something in it is wrong.
    pub fn parse(file: &str, text: &str) -> Result<Self, RunError> {
        let wrong = |at: usize, problem: String| {
            let (line, column) = line_and_column(text, at);
            RunError::Line { file: file.to_owned(), line, column, problem }
        };
        let config: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            wrong(at, error.message().trim_end().to_owned())
        })?;
        config.check_workers().map_err(|(at, problem)| wrong(at, problem))?;
        if let Some(Taken { name, places: (first, again) }) = taken(&config.strategies, text) {
            let (line, column) = line_and_column(text, first);
            let problem = format!(
                "another strategy is called {name:?} already, in line {line}, column {column}; give one \
                 of the two a `name` of its own"
            );
            return Err(wrong(again, problem));
        }
        Ok(config)
    }

    /// Whether there are the workers that strategies name; where one is not, where that is said, and a
    /// sentence.
    fn check_workers(&self) -> Result<(), (usize, String)> {
        let count = self.workers.count.get();
        let named = self.strategies.iter().filter_map(|strategy| strategy.worker.as_ref());
        match named.into_iter().find(|worker| worker.get_ref().get() >= count) {
            None => Ok(()),
            Some(worker) => Err((
                worker.span().start,
                format!(
                    "there is no worker {}: the first is 0, and [workers] has count = {count}; raise it, or \
                     leave `worker` out",
                    worker.get_ref().get()
                ),
            )),
        }
    }

    fn resolve(&mut self, folder: &Path) {
        let resolve = |path: &mut PathBuf| *path = folder.join(&*path);
        resolve(&mut self.journal.folder);
        self.venue.instruments.iter_mut().for_each(resolve);
        self.gateway.secrets_file.iter_mut().for_each(resolve);
        self.admin.iter_mut().for_each(|admin| resolve(&mut admin.socket));
        self.strategies.iter_mut().for_each(|strategy| resolve(&mut strategy.file));
    }
}

/// Where a byte is, counted from 1, in characters.
fn line_and_column(text: &str, at: usize) -> (u64, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() as u64 + 1;
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before[begin..].chars().count() + 1)
}

#[cfg(test)]
mod tests;
