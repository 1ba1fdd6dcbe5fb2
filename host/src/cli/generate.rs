//! `ringfence generate`.

use std::fs::File;
use std::io::BufWriter;

use super::Outcome;
use crate::error::RunError;
use crate::replay::generate::{Recipe, generate};

/// What `ringfence generate` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The same seed and count make the same day, on every machine. The day begins with an empty book, so \
that `ringfence replay --format lobster --verify` finds every row equal.")]
pub(super) struct Args {
    /// Which day
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// How many messages
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// Where the messages go
    #[arg(long, value_name = "FILE")]
    messages: String,
    /// Where the ten best levels after each message go
    #[arg(long, value_name = "FILE")]
    orderbook: String,
}

pub(super) fn run(args: &Args) -> Result<Outcome, RunError> {
    let create = |file: &str| {
        let created = File::create(file);
        created.map_err(|source| RunError::Open { file: file.to_owned(), source })
    };
    let mut messages = BufWriter::new(create(&args.messages)?);
    let mut orderbook = BufWriter::new(create(&args.orderbook)?);
    let recipe = Recipe { seed: args.seed, count: args.count };
    let to = format!("{} and {}", args.messages, args.orderbook);
    generate(recipe, &mut messages, &mut orderbook)
        .map_err(|source| RunError::write(&to, source))?;
    Ok(Outcome::AsWished)
}
