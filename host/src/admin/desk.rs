//! Who answers at the admin door.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::errands::{Errands, Undone};
use super::{ANSWER_LEN_MAX, Request, Whom, roll};
use crate::config::{Config, StrategyConfig};
use crate::error::RunError;
use crate::floor::SEATS_MAX;
use crate::keeper::{self, KeepError, Keeper};
use crate::seat::{HandOver, OpenOrders, Seat, SeatImage, SeatImageError, SwapError};

/// Who makes strategies of what is said about them.
pub trait Loads: Send {
    /// A strategy that begins, at the seat of this number.
    ///
    /// # Errors
    ///
    /// [`RunError`] where it cannot be loaded.
    fn seat(&mut self, strategy: &StrategyConfig, number: u16) -> Result<Seat, RunError>;

    /// A strategy that goes on with the memory that an image has.
    ///
    /// # Errors
    ///
    /// [`RunError`] where it cannot be loaded, or the image is of another one.
    fn seat_again(
        &mut self,
        strategy: &StrategyConfig,
        image: &SeatImage,
    ) -> Result<Seat, RunError>;
}

/// Answers requests: makes what they need, and has the venue's thread put it in its place.
pub struct Desk {
    errands: Errands,
    loader: Box<dyn Loads>,
    /// The venue's own configuration, to be read again.
    config: Option<PathBuf>,
    keeper: Option<Keeper>,
    /// What is said of those who have a seat.
    known: BTreeMap<u16, StrategyConfig>,
}

/// Why a request was not done.
enum No {
    /// The request cannot be done.
    Wrong(String),
    /// What was handed in was looked at and turned down.
    Verdict(String),
}

impl From<Undone> for No {
    fn from(undone: Undone) -> Self {
        Self::Wrong(undone.to_string())
    }
}

impl From<RunError> for No {
    /// A module that is not admitted is a verdict; a file that is not there is not.
    fn from(error: RunError) -> Self {
        match error {
            RunError::Strategy { .. } => Self::Verdict(error.to_string()),
            error => Self::Wrong(error.to_string()),
        }
    }
}

impl From<SwapError> for No {
    fn from(error: SwapError) -> Self {
        match error {
            SwapError::Refused(_) => Self::Verdict(error.to_string()),
            error => Self::Wrong(error.to_string()),
        }
    }
}

impl From<SeatImageError> for No {
    fn from(error: SeatImageError) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<KeepError> for No {
    fn from(error: KeepError) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl Desk {
    /// A desk of the venue that does these errands, and whose seats are `known` so.
    #[must_use]
    pub fn new(errands: Errands, loader: Box<dyn Loads>) -> Self {
        Self { errands, loader, config: None, keeper: None, known: BTreeMap::new() }
    }

    /// The same, where strategies are described in this file, of which these have seats.
    #[must_use]
    pub fn reading(
        mut self,
        config: PathBuf,
        known: impl IntoIterator<Item = (u16, StrategyConfig)>,
    ) -> Self {
        self.config = Some(config);
        self.known = known.into_iter().collect();
        self
    }

    /// The same, where images are kept.
    #[must_use]
    pub fn keeping(mut self, keeper: Option<Keeper>) -> Self {
        self.keeper = keeper;
        self
    }

    /// Answers one line with one line, without its end.
    pub fn answer(&mut self, line: &[u8]) -> String {
        let done = Request::parse(line).map_err(No::Wrong).and_then(|request| self.run(request));
        let text = match done {
            Ok(Value::Object(mut answer)) => {
                answer.insert("ok".to_owned(), Value::Bool(true));
                Value::Object(answer).to_string()
            }
            Ok(_) => json!({ "ok": true }).to_string(),
            Err(No::Wrong(problem)) => refusal(&problem),
            Err(No::Verdict(problem)) => {
                json!({ "ok": false, "verdict": true, "error": problem }).to_string()
            }
        };
        if text.len() < ANSWER_LEN_MAX {
            return text;
        }
        refusal("it is done; the answer would be too long to be sent")
    }

    fn run(&mut self, request: Request) -> Result<Value, No> {
        match request {
            Request::List {} => {
                let strategies = self.errands.run(|host| roll(host))?;
                Ok(json!({ "strategies": strategies }))
            }
            Request::Load { file, name, runtime, parameters } => {
                let mut strategy = match (file, &name) {
                    (Some(file), _) => StrategyConfig { name, ..StrategyConfig::new(file) },
                    (None, Some(name)) => self.configured(name)?,
                    (None, None) => return Err(No::Wrong("neither a file nor a name".to_owned())),
                };
                strategy.runtime = runtime.or(strategy.runtime);
                strategy.parameters.extend(parameters);
                self.load(strategy)
            }
            Request::Unload { strategy, orders } => self.unload(&strategy, orders),
            Request::Replace { strategy, file, runtime, parameters, orders } => {
                let number = self.find(&strategy)?;
                let mut version = self.version(number, file)?;
                version.runtime = runtime.or(version.runtime);
                version.parameters.extend(parameters);
                self.replace(number, version, orders)
            }
            Request::Snapshot { strategy, to } => self.snapshot(strategy.as_ref(), to.as_deref()),
            Request::Restore { strategy, image, orders } => self.restore(&strategy, &image, orders),
        }
    }

    fn load(&mut self, strategy: StrategyConfig) -> Result<Value, No> {
        let name = strategy.name();
        let (number, taken) = self.errands.run(move |host| {
            let mut seats = host.seats().iter().filter(|seat| seat.is_there());
            let taken = seats.find(|seat| is_called(seat, &name)).map(Seat::number);
            (host.seats().len(), taken)
        })?;
        if let Some(taken) = taken {
            return Err(No::Wrong(format!(
                "there is a strategy {:?} already, at seat {taken}: replace it, or give this one \
                 another name",
                strategy.name()
            )));
        }
        let number = u16::try_from(number).ok().filter(|&it| usize::from(it) < SEATS_MAX);
        let number = number.ok_or_else(|| {
            No::Wrong(format!(
                "all {SEATS_MAX} seats are given; restart the venue without old ones"
            ))
        })?;
        let seat = self.loader.seat(&strategy, number)?;
        let name = seat.name().to_owned();
        let account = seat.account().0;
        self.errands.run(move |host| host.seat(seat))?;
        self.known.insert(number, strategy);
        self.keep(number);
        Ok(json!({ "seat": number, "name": name, "account": account }))
    }

    fn unload(&mut self, strategy: &Whom, orders: OpenOrders) -> Result<Value, No> {
        let number = self.find(strategy)?;
        self.errands.run(move |host| host.unload(number, orders))??;
        self.known.remove(&number);
        if let Some(keeper) = &self.keeper {
            keeper.leave(number)?;
        }
        Ok(json!({ "seat": number }))
    }

    fn replace(
        &mut self,
        number: u16,
        version: StrategyConfig,
        orders: OpenOrders,
    ) -> Result<Value, No> {
        let seat = self.loader.seat(&version, number)?;
        let name = seat.name().to_owned();
        let handed = self.errands.run(move |host| host.renew(seat, orders))??;
        self.known.insert(number, version);
        self.keep(number);
        let (state, bytes, why) = match handed {
            HandOver::Taken { bytes } => ("taken", bytes, None),
            HandOver::Nothing => ("none", 0, None),
            HandOver::Lost(fault) => ("lost", 0, Some(fault.to_string())),
        };
        Ok(json!({ "seat": number, "name": name, "state": state, "bytes": bytes, "why": why }))
    }

    fn snapshot(&mut self, strategy: Option<&Whom>, to: Option<&Path>) -> Result<Value, No> {
        let numbers = match strategy {
            Some(strategy) => vec![self.find(strategy)?],
            None => self.errands.run(|host| {
                let there = host.seats().iter().filter(|seat| seat.is_there());
                there.map(Seat::number).collect()
            })?,
        };
        if to.is_none() && self.keeper.is_none() {
            return Err(No::Wrong(
                "this venue keeps no images of its own: name a file with --to".to_owned(),
            ));
        }
        let mut kept = Vec::new();
        for number in numbers {
            let image = self.errands.run(move |host| host.image(number))??;
            let bytes = image.to_bytes();
            if let Some(keeper) = &self.keeper {
                keeper.write(&image, &bytes)?;
            }
            if let Some(to) = to {
                keeper::write(to, &bytes)?;
            }
            let (place, name) = (image.taken().place, image.name());
            kept.push(
                json!({ "seat": number, "name": name, "place": place, "bytes": bytes.len() }),
            );
        }
        Ok(json!({ "images": kept }))
    }

    fn restore(&mut self, whom: &Whom, image: &Path, orders: OpenOrders) -> Result<Value, No> {
        let number = self.find(whom)?;
        let image = keeper::read(image)?;
        if image.number() != number {
            let here = number;
            return Err(SeatImageError::OtherSeat { of: image.number(), here }.into());
        }
        let strategy = self.known.get(&number).ok_or_else(|| {
            No::Wrong(format!("nothing is said of the strategy {number}; replace it instead"))
        })?;
        let seat = self.loader.seat_again(strategy, &image)?;
        self.errands.run(move |host| host.put_back(seat, orders))??;
        self.keep(number);
        Ok(json!({ "seat": number, "name": image.name(), "place": image.taken().place }))
    }

    /// What a strategy of the venue's configuration is made of, as it stands there now.
    fn configured(&self, name: &str) -> Result<StrategyConfig, No> {
        let Some(file) = &self.config else {
            return Err(No::Wrong("this venue has no file of its own: name the module".to_owned()));
        };
        let config = Config::read(file)?;
        let mut strategies = config.strategies.into_iter();
        strategies.find(|strategy| strategy.name() == name).ok_or_else(|| {
            No::Wrong(format!(
                "{} has no strategy {name:?}: add it to [[strategies]], or name a module",
                file.display()
            ))
        })
    }

    /// What a new version of the strategy at a seat is made of: the file, with what is known of the old
    /// one; without a file what the venue's configuration has of it now, or what was loaded by hand.
    fn version(&self, number: u16, file: Option<PathBuf>) -> Result<StrategyConfig, No> {
        let known = self.known.get(&number).cloned();
        match (file, known) {
            (Some(file), Some(known)) => Ok(StrategyConfig { file, ..known }),
            (Some(file), None) => Ok(StrategyConfig::new(file)),
            (None, Some(known)) if self.config.is_some() => {
                self.configured(&known.name()).or(Ok(known))
            }
            (None, Some(known)) => Ok(known),
            (None, None) => {
                let problem = format!("nothing is said of the strategy {number}; name a module");
                Err(No::Wrong(problem))
            }
        }
    }

    /// The number of a strategy that is there.
    fn find(&self, whom: &Whom) -> Result<u16, No> {
        let name = match whom {
            Whom::Number(number) => return Ok(*number),
            Whom::Name(name) => name.clone(),
        };
        let found: Vec<u16> = self.errands.run(move |host| {
            let there = host.seats().iter().filter(|seat| seat.is_there());
            there.filter(|seat| is_called(seat, &name)).map(Seat::number).collect()
        })?;
        match found[..] {
            [number] => Ok(number),
            [] => Err(No::Wrong(format!(
                "there is no strategy {whom}; `ringfence strategy list` shows them"
            ))),
            _ => Err(No::Wrong(format!(
                "the strategies {found:?} are all called {whom}: name one by its number"
            ))),
        }
    }

    /// Has the newest state of a strategy kept: what was kept of it before is of another one.
    fn keep(&self, number: u16) {
        let Some(keeper) = &self.keeper else { return };
        if let Ok(Ok(image)) = self.errands.run(move |host| host.image(number)) {
            // It is tried again with the next snapshot.
            _ = keeper.write(&image, &image.to_bytes());
        }
    }
}

/// Whether people call a seat so, with or without the number that stands before its name.
fn is_called(seat: &Seat, name: &str) -> bool {
    let bare = seat.name().split_once(' ').map_or(seat.name(), |(_, bare)| bare);
    seat.name() == name || bare == name
}

/// A request that was not done, as a line.
pub(super) fn refusal(problem: &str) -> String {
    json!({ "ok": false, "error": problem }).to_string()
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("known", &self.known).finish_non_exhaustive()
    }
}
