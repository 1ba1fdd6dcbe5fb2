//! `ringfence load`.

use std::path::PathBuf;
use std::time::Duration;

use super::{Outcome, tell};
use crate::config::Config;
use crate::error::RunError;
use crate::load::Load;

/// What `ringfence load` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ringfence load --config examples/venue.toml --rate 200000 --seconds 10 --connections 2

The loop is open: an order is meant to leave at its time whether or not the answers keep up, and its \
latency counts from then. Every other order sells, the next one buys as much, whatever the price. Exit status: 0 \
every order was answered; 1 not every one; 2 the venue refused.")]
pub(super) struct Args {
    /// The venue's own configuration: its address, accounts and secrets
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Orders a second, all connections together
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    rate: u64,
    /// How long
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    seconds: u64,
    /// How many accounts send, each over its own connection
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    connections: u64,
    /// Which instrument
    #[arg(long, default_value_t = 1)]
    instrument: u32,
    /// Where to write the distribution of latencies, in µs, as HdrHistogram's plotters read it
    #[arg(long, value_name = "FILE")]
    histogram: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Outcome, RunError> {
    let config = Config::load(&args.config)?;
    let wanted = usize::try_from(args.connections).unwrap_or(usize::MAX);
    let accounts: Vec<_> = config
        .gateway
        .accounts
        .iter()
        .filter_map(|one| Some((one.account.get_u32(), one.secret.as_ref()?.text().to_owned())))
        .take(wanted)
        .collect();
    if accounts.len() < wanted {
        return Err(RunError::Usage(format!(
            "{} lists {} accounts, and --connections asks for {wanted}; add some, or ask for fewer",
            args.config.display(),
            accounts.len()
        )));
    }
    let load = Load {
        address: config.gateway.address,
        accounts,
        rate: args.rate,
        lasts: Duration::from_secs(args.seconds),
        instrument: args.instrument,
    };
    let report = load.run().map_err(|error| RunError::Usage(error.to_string()))?;
    tell(&report.to_string());
    if let Some(path) = &args.histogram {
        let mut text = Vec::new();
        let written =
            report.write_distribution(&mut text).and_then(|()| std::fs::write(path, &text));
        written.map_err(|error| {
            RunError::Usage(format!("{} cannot be written: {error}", path.display()))
        })?;
    }
    Ok(if report.is_complete { Outcome::AsWished } else { Outcome::Differs })
}
