//! `[[strategies]]`: who trades inside the venue.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ringfence_core::{Engine, InstrumentId, Interest};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{LimitsConfig, OnFaultConfig, Parameter, Within};
use crate::error::RunError;
use crate::floor::WORKERS_MAX;
use crate::sandbox::SandboxConfig;
use crate::seat::{OpenOrders, Subscription};

/// A strategy and its seat.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrategyConfig {
    /// Its module.
    pub file: PathBuf,
    /// What people call it; that of the file where nothing is said.
    pub name: Option<String>,
    /// What runs it.
    pub runtime: Option<RuntimeName>,
    /// What its manifest asks for and is not to be as there.
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
    /// Public events that it hears of; what its manifest asks for where nothing is said, and
    /// everything where it has none.
    pub subscriptions: Option<Vec<ClassName>>,
    /// Public events of these instruments alone; of all where none is named.
    #[serde(default)]
    pub instruments: Vec<u32>,
    /// How often its timer rings, in nanoseconds of command time, 0 never; what its manifest asks for
    /// where nothing is said.
    pub timer_ns: Option<Within<0, { i64::MAX as u64 }>>,
    /// Where its random numbers start; the number of its seat where nothing is said.
    pub seed: Option<Within<0, { i64::MAX as u64 }>>,
    /// The worker that it answers on, from 0; the venue's own thread where nothing is said.
    pub worker: Option<Spanned<Within<0, { WORKERS_MAX as u64 - 1 }>>>,
    /// What becomes of orders that an earlier run of the venue left open.
    #[serde(default)]
    pub orders_at_start: OpenOrders,
    /// What it may use and ask for.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// What becomes of it when it fails.
    #[serde(default)]
    pub on_fault: OnFaultConfig,
}

/// A Wasm engine, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RuntimeName {
    /// wasmtime.
    Wasmtime,
    /// WasmEdge.
    Wasmedge,
}

/// A class of public events, as manifests name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClassName {
    /// Trades.
    Trades,
    /// Best prices.
    L1,
    /// Price levels.
    L2,
    /// Displayed orders.
    L3,
    /// Phases, indicative prices and uncrossings.
    Phase,
}

impl ClassName {
    const fn interest(self) -> Interest {
        match self {
            Self::Trades => Interest::TRADES,
            Self::L1 => Interest::L1,
            Self::L2 => Interest::L2,
            Self::L3 => Interest::L3,
            Self::Phase => Interest::STATUS,
        }
    }
}

impl StrategyConfig {
    /// A strategy with nothing but its module said.
    #[must_use]
    pub fn new(file: PathBuf) -> Self {
        Self {
            file,
            name: None,
            runtime: None,
            parameters: BTreeMap::new(),
            subscriptions: None,
            instruments: Vec::new(),
            timer_ns: None,
            seed: None,
            worker: None,
            orders_at_start: OpenOrders::default(),
            limits: LimitsConfig::default(),
            on_fault: OnFaultConfig::default(),
        }
    }

    /// Its parameters, a line each, as strategies read them.
    #[must_use]
    pub fn lines(&self) -> String {
        self.parameters.iter().map(|(key, value)| format!("{key}={value}\n")).collect()
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> String {
        let of_file = || self.file.file_stem().unwrap_or(self.file.as_os_str()).to_string_lossy();
        self.name.clone().unwrap_or_else(|| of_file().into_owned())
    }

    /// What its sandbox is given, at the seat of this number.
    #[must_use]
    pub fn sandbox(&self, number: u16, cache_enabled: bool) -> SandboxConfig {
        SandboxConfig {
            params: self.lines(),
            seed: self.seed.map_or(number.into(), Within::get),
            cache_enabled,
            ..self.limits.sandbox()
        }
    }

    /// What it hears of, where its manifest asks for `asked`.
    #[must_use]
    pub fn subscription(&self, asked: Subscription) -> Subscription {
        let classes = self
            .subscriptions
            .as_ref()
            .map(|names| names.iter().fold(Interest::NONE, |all, name| all.and(name.interest())));
        Subscription {
            interest: classes.unwrap_or(asked.interest),
            instruments: self.instruments.iter().copied().map(InstrumentId).collect(),
            timer_ns: self.timer_ns.map_or(asked.timer_ns, Within::get),
        }
    }

    /// Whether there are all instruments that it is to hear of, where no others come.
    ///
    /// # Errors
    ///
    /// [`RunError::Strategy`] with those that there are not.
    pub fn check_instruments(&self, engine: &Engine) -> Result<(), RunError> {
        let is_missing = |&&number: &&u32| engine.book(InstrumentId(number)).is_none();
        let missing: Vec<_> = self.instruments.iter().filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let problem = format!(
            "its `instruments` name {missing:?}, which this venue does not trade; define them in the \
             venue's file of instruments, or leave them out"
        );
        Err(RunError::Strategy { file: self.file.display().to_string(), problem })
    }

    /// The worker that it answers on, from 0.
    #[must_use]
    pub fn worker(&self) -> Option<u16> {
        let worker = self.worker.as_ref()?.get_ref().get();
        Some(u16::try_from(worker).expect("under WORKERS_MAX"))
    }
}
