//! Who answers at the admin door.

mod known;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::errands::{Errands, Undone};
use super::{ANSWER_LEN_MAX, Request, Roll, Whom};
use crate::config::StrategyConfig;
use crate::error::RunError;
use crate::floor::SEATS_MAX;
use crate::keeper::{self, Courier, KeepError};
use crate::sandbox::Fault;
use crate::seat::{HandOver, OpenOrders, Seat, SeatImage, SeatImageError, SwapError, Swapped};
use known::Known;

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
    /// To where images are kept.
    courier: Option<Courier>,
    known: Known,
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
        Self { errands, loader, courier: None, known: Known::default() }
    }

    /// The same, where strategies are described in this file, of which these have seats.
    #[must_use]
    pub fn reading(
        mut self,
        config: PathBuf,
        known: impl IntoIterator<Item = (u16, StrategyConfig)>,
    ) -> Self {
        self.known = Known::new(config, known);
        self
    }

    /// The same, where images are kept.
    #[must_use]
    pub fn keeping(mut self, courier: Option<Courier>) -> Self {
        self.courier = courier;
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
                let roll = self.errands.run(|host| Roll::call(host))?;
                Ok(json!({ "strategies": roll.json() }))
            }
            Request::Load { file, name, runtime, parameters } => {
                let mut strategy = match (file, &name) {
                    (Some(file), _) => StrategyConfig { name, ..StrategyConfig::new(file) },
                    (None, Some(name)) => self.known.named(name)?,
                    (None, None) => return Err(No::Wrong("neither a file nor a name".to_owned())),
                };
                strategy.runtime = runtime.or(strategy.runtime);
                strategy.parameters.extend(parameters);
                self.load(strategy)
            }
            Request::Unload { strategy, orders } => self.unload(&strategy, orders),
            Request::Replace { strategy, file, runtime, parameters, orders } => {
                let number = self.find(&strategy)?;
                let mut version = self.known.version(number, file)?;
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
        self.check_instruments(&strategy)?;
        let seat = self.loader.seat(&strategy, number)?;
        let name = seat.name().to_owned();
        let account = seat.account().0;
        self.errands.run(move |host| host.seat(seat))?;
        self.known.note(number, strategy);
        let not_kept = self.keep(number);
        Ok(json!({ "seat": number, "name": name, "account": account, "not_kept": not_kept }))
    }

    fn unload(&mut self, strategy: &Whom, orders: OpenOrders) -> Result<Value, No> {
        let number = self.find(strategy)?;
        let last_words = self.errands.run(move |host| host.unload(number, orders))??;
        self.known.forget(number);
        let left = self.courier.as_ref().map_or(Ok(()), |courier| courier.leave(number));
        let not_kept = left.err().map(|error| error.to_string());
        let last_words = said(last_words);
        Ok(json!({ "seat": number, "last_words": last_words, "not_kept": not_kept }))
    }

    fn replace(
        &mut self,
        number: u16,
        version: StrategyConfig,
        orders: OpenOrders,
    ) -> Result<Value, No> {
        self.check_instruments(&version)?;
        let seat = self.loader.seat(&version, number)?;
        let name = seat.name().to_owned();
        let Swapped { state, last_words } =
            self.errands.run(move |host| host.renew(seat, orders))??;
        self.known.note(number, version);
        let not_kept = self.keep(number);
        let (state, bytes, why) = match state {
            HandOver::Taken { bytes } => ("taken", bytes, None),
            HandOver::Nothing => ("none", 0, None),
            HandOver::Lost(fault) => ("lost", 0, Some(fault.to_string())),
        };
        Ok(json!({
            "seat": number, "name": name, "state": state, "bytes": bytes, "why": why,
            "last_words": said(last_words), "not_kept": not_kept,
        }))
    }

    fn snapshot(&mut self, strategy: Option<&Whom>, to: Option<&Path>) -> Result<Value, No> {
        let numbers = match strategy {
            Some(strategy) => vec![self.find(strategy)?],
            None => self.errands.run(|host| {
                let there = host.seats().iter().filter(|seat| seat.is_there());
                there.map(Seat::number).collect()
            })?,
        };
        if to.is_none() && self.courier.is_none() {
            return Err(No::Wrong(
                "this venue keeps no images of its own: name a file with --to".to_owned(),
            ));
        }
        let mut kept = Vec::new();
        for number in numbers {
            let image = self.errands.run(move |host| host.image(number))??;
            let bytes = image.to_bytes();
            let (place, name) = (image.taken().place, image.name());
            kept.push(
                json!({ "seat": number, "name": name, "place": place, "bytes": bytes.len() }),
            );
            if let Some(to) = to {
                keeper::write(to, &bytes)?;
            }
            if let Some(courier) = &self.courier {
                courier.write(image, bytes)?;
            }
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
        let strategy = self.known.at(number)?;
        check(&image, strategy)?;
        let seat = self.loader.seat_again(strategy, &image)?;
        let last_words = self.errands.run(move |host| host.put_back(seat, orders))??;
        let not_kept = self.keep(number);
        let (name, place) = (image.name(), image.taken().place);
        Ok(json!({
            "seat": number, "name": name, "place": place, "last_words": said(last_words),
            "not_kept": not_kept,
        }))
    }

    /// Whether the venue has all instruments that a strategy is to hear of.
    fn check_instruments(&self, strategy: &StrategyConfig) -> Result<(), No> {
        let strategy = strategy.clone();
        Ok(self.errands.run(move |host| strategy.check_instruments(host.engine()))??)
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

    /// Has the newest state of a strategy kept: what was kept of it before is of another one. Says why
    /// it is not; it is tried again when images are due.
    fn keep(&self, number: u16) -> Option<String> {
        let courier = self.courier.as_ref()?;
        let image = match self.errands.run(move |host| host.image(number)) {
            Ok(Ok(image)) => image,
            Ok(Err(error)) => return Some(error.to_string()),
            Err(undone) => return Some(undone.to_string()),
        };
        let bytes = image.to_bytes();
        courier.write(image, bytes).err().map(|error| error.to_string())
    }
}

/// Whether a strategy could go on from an image: one of other parameters decides otherwise, and who did
/// not run has no memory to go on with.
fn check(image: &SeatImage, strategy: &StrategyConfig) -> Result<(), No> {
    let stands = image.standing().name();
    let problem = if image.params() != strategy.lines() {
        "of other parameters than it has now; replace it by one that has those".to_owned()
    } else if image.guest().is_none() {
        format!("of when it was {stands}, and has no memory to go on with; use another image")
    } else {
        return Ok(());
    };
    Err(No::Verdict(format!("the image of {:?} is {problem}", image.name())))
}

/// What a strategy that is gone is to be told of: that it failed in its last words.
fn said(last_words: Option<Fault>) -> Option<String> {
    last_words.map(|fault| fault.to_string())
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
