//! Numbers that must lie in a range.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Within<MIN, MAX> {
    /// A number that is known to lie there.
    ///
    /// # Panics
    ///
    /// Where it does not.
    #[must_use]
    pub const fn new(value: u64) -> Self {
        assert!(MIN <= value && value <= MAX);
        Self(value)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number, where the range ends below 2³².
    ///
    /// # Panics
    ///
    /// Where it has more than 32 bits.
    #[must_use]
    pub fn get_u32(self) -> u32 {
        u32::try_from(self.0).expect("the range has 32 bits")
    }

    /// The number, to count what is in memory.
    ///
    /// # Panics
    ///
    /// Where it has more bits than an address.
    #[must_use]
    pub fn get_usize(self) -> usize {
        usize::try_from(self.0).expect("memory is addressed with 64 bits")
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Within<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(Range::<MIN, MAX>).map(Self)
    }
}

struct Range<const MIN: u64, const MAX: u64>;

impl<const MIN: u64, const MAX: u64> Visitor<'_> for Range<MIN, MAX> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<u64, E> {
        match u64::try_from(value) {
            Ok(value) => self.visit_u64(value),
            Err(_) => Err(E::custom(format!("{value} is out of range; give {}", InWords(&self)))),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<u64, E> {
        if (MIN..=MAX).contains(&value) {
            return Ok(value);
        }
        Err(E::custom(format!("{value} is out of range; give {}", InWords(&self))))
    }
}

struct InWords<'a, const MIN: u64, const MAX: u64>(&'a Range<MIN, MAX>);

impl<const MIN: u64, const MAX: u64> fmt::Display for InWords<'_, MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }
}
