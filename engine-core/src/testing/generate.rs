//! Commands to try an engine with: any mix from a seed or from a fuzzer's bytes, or a trading day.

mod auctions;
mod day;
mod mix;
mod plain;

use alloc::vec::Vec;

use crate::command::Command;
use crate::quantity::Time;

pub use self::auctions::small_auction;
pub use self::day::TradingDay;
use self::mix::Mix;
pub use self::plain::PlainCommands;

/// Where decisions come from.
pub trait Choice {
    /// A number below `bound`, which is at least 1.
    fn below(&mut self, bound: u64) -> u64;

    /// Whether something happens that does so in `per_hundred` cases of a hundred.
    fn chance(&mut self, per_hundred: u64) -> bool {
        self.below(100) < per_hundred
    }

    /// One of `options`.
    fn pick<T: Copy>(&mut self, options: &[T]) -> T {
        let index = self.below(options.len() as u64);
        options[usize::try_from(index).expect("below a length")]
    }
}

/// A stream of numbers from a seed: splitmix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Copy, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

impl Choice for Random {
    fn below(&mut self, bound: u64) -> u64 {
        // The upper half of the product spreads the stream evenly enough over any bound.
        let product = u128::from(self.next()) * u128::from(bound);
        u64::try_from(product >> 64).expect("the upper half of 128 bits")
    }
}

/// Decisions read from bytes, so that a fuzzer that changes a byte changes a decision.
#[derive(Clone, Copy, Debug)]
struct Bytes<'a>(&'a [u8]);

impl Choice for Bytes<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        let mut number = 0;
        let mut range = 1_u64;
        while range < bound {
            let Some((&first, rest)) = self.0.split_first() else {
                break;
            };
            self.0 = rest;
            number = number << 8 | u64::from(first);
            range = range.saturating_mul(256);
        }
        number % bound
    }
}

/// Random commands without end: valid mostly, on few names and prices, so that they meet.
#[derive(Clone, Debug)]
pub struct RandomCommands {
    random: Random,
    mix: Mix,
}

impl RandomCommands {
    /// The commands of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), mix: Mix::default() }
    }
}

impl Iterator for RandomCommands {
    type Item = (Time, Command);

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.mix.next(&mut self.random))
    }
}

/// The commands that these bytes spell, until they are used up. Any bytes spell some.
#[must_use]
pub fn commands_from_bytes(bytes: &[u8]) -> Vec<(Time, Command)> {
    let mut bytes = Bytes(bytes);
    let mut mix = Mix::default();
    let mut commands = Vec::new();
    while !bytes.0.is_empty() || commands.len() < mix::INSTRUMENTS {
        commands.push(mix.next(&mut bytes));
    }
    commands
}
