//! `ringfence run`.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};

use super::{Outcome, strategies, tell};
use crate::config::Config;
use crate::error::RunError;
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
    let config = Config::load(&args.config)?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .map_err(|error| RunError::Usage(format!("cannot wait for signals: {error}")))?;
    }
    let (services, mut beside) = Services::start(&config)?;
    let mut venue = Venue::open(&config, &services)?;
    tell(&format!("{}\n", venue.findings()));
    strategies::take_seats(venue.host_mut(), &config, None, true)?;
    for seat in venue.host().seats() {
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
    let (place, state) =
        (venue.host().sequencer().last().place, venue.host().engine().state_hash());
    tell(&format!("ended in order after place {place}; state {state:016x}\n"));
    Ok(Outcome::AsWished)
}
