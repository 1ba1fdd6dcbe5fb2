//! `ringfence run`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};

use super::returning::Returning;
use super::strategies::{self, Loader};
use super::{Outcome, tell};
use crate::admin::{Desk, Door, Request};
use crate::config::Config;
use crate::descriptors;
use crate::error::RunError;
use crate::keeper::{Courier, Keeper, KeeperThread};
use crate::plain::plain;
use crate::summary;
use crate::venue::{Services, Venue};

/// What `ringfence run` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ringfence run --config examples/venue.toml
  LOW_LATENCY_MODE=true CPU_AFFINITY=0,1 ringfence run --config venue.toml

SIGTERM and SIGINT end it in order: nothing more is taken in, what was taken is finished and on the \
disk, clients are told. Exit status: 0 ended so; 2 an option, a file or the journal is wrong.")]
pub(super) struct Args {
    /// Everything there is to say; examples/venue.toml explains each option
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Outcome, RunError> {
    let mut config = Config::load(&args.config)?;
    if let Some(advice) = descriptors::keep_within(&mut config)? {
        tell(&format!("ringfence: {advice}\n"));
    }
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .map_err(|error| RunError::Usage(format!("cannot wait for signals: {error}")))?;
    }
    let (services, mut beside) = Services::start(&config)?;
    let mut loader = Loader::new(config.cache_enabled.0, None);
    let mut returning = Returning::begin(&config, &mut loader)?;
    let mut venue =
        Venue::open_before(&config, &services, &mut returning, |host, findings, returning| {
            tell(&format!("{findings}\n"));
            strategies::take_the_floor(host, &config, true)?;
            returning.go_on(host, &config)
        })?;
    for note in venue.notes() {
        tell(&format!("ringfence: {}\n", plain(note)));
    }
    // What is traded is known by now, and does not change any more.
    let engine = venue.host().engine();
    config.strategies.iter().try_for_each(|strategy| strategy.check_instruments(engine))?;
    returning.begin_afresh(venue.host_mut(), &config, &mut loader)?;
    let courier = keep(returning.keeper(), &mut venue)?;
    let _door = open_door(&config, &args.config, loader, courier, &mut venue)?;
    for seat in venue.host().seats().iter().filter(|seat| seat.is_there()) {
        tell(&format!("strategy {} has account {}\n", seat.name(), seat.account()));
    }
    let address = venue.net().address().map_err(RunError::Network)?;
    tell(&format!("commands are taken at {address}\n"));
    if let Some(address) = services.feed_address() {
        tell(&format!("market data is told at {address}\n"));
    }
    if let Some(address) = services.http_address() {
        tell(&format!("http is answered at {address}\n"));
    }
    venue.settle_down(&config)?;
    venue.run(&stop, &mut beside)?;
    tell(&summary::last_words(venue.host()));
    let (place, state) =
        (venue.host().sequencer().last().place, venue.host().engine().state_hash());
    tell(&format!("ended in order after place {place}; state {state:016x}\n"));
    Ok(Outcome::AsWished)
}

/// Has the venue keep images, where there is a place for them.
fn keep(keeper: Option<Keeper>, venue: &mut Venue) -> Result<Option<Courier>, RunError> {
    let Some(keeper) = keeper else { return Ok(None) };
    let complain = |said| tell(&format!("ringfence: {said}\n"));
    let thread = KeeperThread::start(keeper, complain)
        .map_err(|error| RunError::Usage(format!("no thread writes images: {error}")))?;
    let courier = thread.courier();
    venue.keep_images(thread);
    Ok(Some(courier))
}

/// Says what was changed by hand.
fn note(line: &[u8], answer: &str) {
    if let Ok(request) = Request::parse(line)
        && request != (Request::List {})
    {
        let said = format!("asked to {}: {answer}", request.to_line());
        tell(&format!("{}\n", plain(&said)));
    }
}

/// Opens the admin door, where one is configured.
fn open_door(
    config: &Config,
    file: &Path,
    loader: Loader,
    courier: Option<Courier>,
    venue: &mut Venue,
) -> Result<Option<Door>, RunError> {
    let Some(admin) = &config.admin else { return Ok(None) };
    let mut desk = Desk::new(venue.take_errands(), Box::new(loader))
        .reading(file.to_owned(), (0..).zip(config.strategies.iter().cloned()))
        .keeping(courier);
    let answer = move |line: &[u8]| {
        let answer = desk.answer(line);
        note(line, &answer);
        answer
    };
    let door = Door::open(&admin.socket, answer)?;
    tell(&format!("strategies are loaded and unloaded at {}\n", door.path().display()));
    Ok(Some(door))
}
