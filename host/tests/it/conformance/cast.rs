//! Who plays: the guests of `examples/`, with parameters from the seed.

use std::fmt::Write as _;

use ringfence_host::sandbox::LoadError;
use ringfence_host::sequencer::Stamped;
use ringfence_host::testing::Random;
use strategy_hostile::Attack;
use strategy_imbalance::Imbalance;
use strategy_momentum::Momentum;
use strategy_pairs::Pairs;
use strategy_quoter::Quoter;
use strategy_trend::Trend;
use strategy_twap::Twap;

use super::lanes::Native;
use super::venue::{Conditions, Played, play};

/// A guest, and how it is told to play.
pub struct Role {
    /// Its file's name.
    pub module: &'static str,
    /// How many commands the day has in which it plays.
    pub commands: usize,
    /// Draws its parameters.
    pub params: fn(&mut Random) -> String,
    /// The same strategy as ordinary code.
    pub native: Option<Natively>,
}

type Natively = fn(&[Stamped], &String, &Conditions) -> Result<Played, LoadError>;

/// Those that mean well.
pub const HONEST: [Role; 8] = [
    role("strategy-quoter", 160, quoter, play::<Native<Quoter>>),
    role("strategy-quoter-c", 160, quoter, play::<Native<Quoter>>),
    role("strategy-quoter-as", 160, quoter, play::<Native<Quoter>>),
    role("strategy-momentum", 160, momentum, play::<Native<Momentum>>),
    role("strategy-twap", 160, twap, play::<Native<Twap>>),
    role("strategy-imbalance", 160, imbalance, play::<Native<Imbalance>>),
    role("strategy-trend", 900, trend, play::<Native<Trend>>),
    role("strategy-pairs", 900, pairs, play::<Native<Pairs>>),
];

const fn role(
    module: &'static str,
    commands: usize,
    params: fn(&mut Random) -> String,
    native: Natively,
) -> Role {
    Role { module, commands, params, native: Some(native) }
}

/// The one that does not; [`orders`] tells it how to misbehave.
pub const HOSTILE: Role =
    Role { module: "strategy-hostile", commands: 24, params: |_| String::new(), native: None };

/// What the hostile one is told.
pub fn orders(attack: Attack, random: &mut Random) -> String {
    let pages = 1 << 16;
    let ptr = match random.below(4) {
        0 => random.below(pages),
        1 => random.below(40) * pages + random.below(64),
        2 => 40 * pages - random.below(256),
        _ => u64::from(u32::MAX) - random.below(256),
    };
    let len = random.one_of(&[0, 1, 64, 65, 127, 128, 129, 4_096, 1 << 31, u64::from(u32::MAX)]);
    format!("attack={}\ninstrument=0\nptr={ptr}\nlen={len}", attack.name())
}

fn quoter(random: &mut Random) -> String {
    let size = 20 * random.below(12);
    let spread = random.below(12);
    params(&[
        ("instrument", random.below(2)),
        ("size", size),
        ("max_position", 1 + random.below(600)),
        ("spread", spread),
        ("skew", random.below(20)),
        ("tick", 1 + random.below(3)),
    ])
}

fn momentum(random: &mut Random) -> String {
    let fast = 1 + random.below(4);
    params(&[
        ("instrument", random.below(2)),
        ("fast", fast),
        ("slow", fast + random.below(6)),
        ("threshold", random.below(3)),
        ("size", 1 + random.below(300)),
        ("max_position", 1 + random.below(600)),
        ("slip", random.below(20)),
        ("cooldown_ms", 1 + random.below(200)),
    ])
}

fn twap(random: &mut Random) -> String {
    let mut text = params(&[
        ("instrument", random.below(2)),
        ("qty", 1 + random.below(3_000)),
        ("start_s", random.below(2)),
        ("duration_s", 1 + random.below(20)),
        ("slices", 1 + random.below(20)),
        ("slip", random.below(20)),
    ]);
    text.push_str(random.one_of(&["side=buy\n", "side=sell\n"]));
    text
}

fn imbalance(random: &mut Random) -> String {
    params(&[
        ("instrument", random.below(2)),
        ("levels", 1 + random.below(6)),
        ("ratio", 100 + random.below(200)),
        ("size", 1 + random.below(300)),
        ("max_position", 1 + random.below(600)),
        ("cooldown_ms", 1 + random.below(200)),
    ])
}

fn trend(random: &mut Random) -> String {
    params(&[
        ("instrument", random.below(2)),
        ("size", 1 + random.below(300)),
        ("trail", 1 + random.below(10)),
        ("slip", random.below(20)),
        ("pause_ms", random.below(200)),
    ])
}

fn pairs(random: &mut Random) -> String {
    let first = random.below(2);
    params(&[
        ("first", first),
        ("second", if random.once_in(20) { first } else { 1 - first }),
        ("size", 1 + random.below(300)),
        ("entry", 1 + random.below(150)),
        ("least", random.below(3)),
        ("slip", random.below(20)),
    ])
}

fn params(given: &[(&str, u64)]) -> String {
    given.iter().fold(String::new(), |mut text, (name, value)| {
        writeln!(text, "{name}={value}").expect("memory has room");
        text
    })
}
