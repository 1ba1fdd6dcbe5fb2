//! Which strategies of a venue go on from their images, and which begin afresh.

use ringfence_core::{Event, Interest};

use super::strategies::Loader;
use super::tell;
use crate::comeback::{Comeback, Returned, WhyAfresh};
use crate::config::{Config, StrategyConfig};
use crate::error::RunError;
use crate::host::Host;
use crate::journal::Entry;
use crate::keeper::{self, Keeper};
use crate::plain::plain;
use crate::recovery::Witness;
use crate::seat::{OpenOrders, Seat, SeatImage, Standing};
use crate::sequencer::Stamp;

/// Strategies on their way back to their seats.
pub(super) struct Returning {
    keeper: Option<Keeper>,
    comeback: Comeback,
    /// Those who begin afresh, and why.
    afresh: Vec<(u16, WhyAfresh)>,
    /// Whether there was an earlier run.
    is_again: bool,
}

impl Returning {
    /// Restores what there are images of, ahead of recovery.
    pub(super) fn begin(config: &Config, loader: &mut Loader) -> Result<Self, RunError> {
        let journal = &config.journal;
        let comeback = Comeback::new(journal.tells_groups());
        let mut all = Self { keeper: None, comeback, afresh: Vec::new(), is_again: false };
        if !config.images.enabled.0 {
            return Ok(all);
        }
        let keeper = all.keeper.insert(Keeper::open(&journal.folder.join(FOLDER))?);
        for (number, strategy) in (0..).zip(&config.strategies) {
            match restored(keeper, strategy, number, loader)? {
                Ok((seat, image)) => all.comeback.add(seat, image),
                Err(why) => all.comeback.add_afresh(number, why),
            }
        }
        Ok(all)
    }

    /// Where images are kept; nowhere where that is switched off.
    pub(super) fn keeper(&self) -> Option<Keeper> {
        self.keeper.clone()
    }

    /// Seats those who go on, right after recovery: they hear of all that happens from then on.
    pub(super) fn go_on(&mut self, host: &mut Host, config: &Config) -> Result<(), RunError> {
        self.is_again = host.sequencer().last().place > 0;
        for (number, strategy) in (0..).zip(&config.strategies) {
            match self.comeback.take(number) {
                Ok(returned) => {
                    say(&returned);
                    let seated = host.seat_again(returned.seat, &returned.image);
                    seated.map_err(|error| unusable(strategy, &error.to_string()))?;
                }
                Err(why) => self.afresh.push((number, why)),
            }
        }
        // The journal is this process's own by now.
        self.keeper.as_ref().map_or(Ok(()), Keeper::tidy)?;
        Ok(())
    }

    /// Seats everybody else, and says why they do not go on.
    pub(super) fn begin_afresh(
        &mut self,
        host: &mut Host,
        config: &Config,
        loader: &mut Loader,
    ) -> Result<(), RunError> {
        for (number, why) in std::mem::take(&mut self.afresh) {
            let strategy = &config.strategies[usize::from(number)];
            if self.is_again && self.keeper.is_some() {
                tell(&format!(
                    "the strategy {} begins afresh: {}\n",
                    strategy.name(),
                    plain(&why.to_string())
                ));
            }
            host.seat(loader.seat(strategy, number)?);
            if strategy.orders_at_start == OpenOrders::Cancel {
                host.cancel_left_over(number);
            }
        }
        self.leave_empty(host)?;
        host.cancel_orphans();
        Ok(())
    }

    /// Seats that were given by hand, and are nobody's now, stay given.
    fn leave_empty(&self, host: &mut Host) -> Result<(), RunError> {
        let Some(keeper) = &self.keeper else { return Ok(()) };
        let seated = host.seats().len();
        let numbers = keeper.numbers()?;
        let given = numbers.last().map_or(0, |&last| usize::from(last) + 1);
        for number in (seated..given).filter_map(|number| u16::try_from(number).ok()) {
            host.seat(Seat::left(number));
            if keeper.kept(number)?.is_empty() {
                continue;
            }
            tell(&format!(
                "the strategy of seat {number} is not there any more: its orders are cancelled; its \
                 image is kept, in case it is added to [[strategies]] again\n"
            ));
        }
        Ok(())
    }
}

impl Witness for Returning {
    fn interest(&self) -> Interest {
        self.comeback.interest()
    }

    fn begin_group(&mut self) {
        self.comeback.begin_group();
    }

    fn see(&mut self, entry: &Entry, events: &[Event]) {
        self.comeback.see(entry, events);
    }

    fn recall(&mut self, last: Stamp, notes: &[u8]) {
        self.comeback.recall(last, notes);
    }
}

/// The newest image of a strategy that it can go on from.
fn restored(
    keeper: &Keeper,
    strategy: &StrategyConfig,
    number: u16,
    loader: &mut Loader,
) -> Result<Result<(Seat, SeatImage), WhyAfresh>, RunError> {
    let mut why = WhyAfresh::NoImage;
    for path in keeper.kept(number)? {
        let image = match keeper::read(&path) {
            Ok(image) => image,
            Err(error) => {
                why = WhyAfresh::Unusable(error.to_string());
                continue;
            }
        };
        if image.params() != strategy.lines() {
            let problem = "it was started with other parameters than it has now";
            return Ok(Err(WhyAfresh::Unusable(problem.to_owned())));
        }
        match loader.seat_again(strategy, &image) {
            Ok(seat) => return Ok(Ok((seat, image))),
            Err(error) => why = WhyAfresh::Unusable(error.to_string()),
        }
    }
    Ok(Err(why))
}

fn say(returned: &Returned) {
    let Returned { seat, taken, commands, .. } = returned;
    let stands = match seat.standing() {
        Standing::Running => String::new(),
        standing => {
            let fault = seat.fault().map(ToString::to_string).unwrap_or_default();
            format!(", where it is {}: it {}", standing.name(), plain(&fault))
        }
    };
    tell(&format!(
        "the strategy {} goes on from its image of place {} and {commands} commands since{stands}\n",
        seat.name(),
        taken.place
    ));
}

fn unusable(strategy: &StrategyConfig, problem: &str) -> RunError {
    let (file, problem) = (strategy.file.display().to_string(), problem.to_owned());
    RunError::Strategy { file, problem }
}

/// Beside the journal's segments.
const FOLDER: &str = "strategies";
