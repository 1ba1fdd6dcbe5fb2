//! Spreads names over positions.

use super::Name;
use crate::id::OrderId;

/// A number whose bits ids are flipped by, and an odd one that they are then multiplied by. The part
/// of 2⁶⁴ that this is, is badly approximated by fractions, so that ids that count up spread evenly
/// (the three-distance theorem). Whoever does not know both cannot tell which names meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mixer {
    flips: u64,
    factor: u64,
}

/// The golden ratio's part of 2⁶⁴.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The first partial quotients of a multiplier's continued fraction are no larger: a table of 2²⁸
/// positions sees no more of them.
const QUOTIENT_MAX: u128 = 8;
const QUOTIENTS: usize = 20;

impl Mixer {
    /// The golden ratio, the worst approximated of all, which everybody knows.
    pub(crate) const GOLDEN: Self = Self { flips: 0, factor: GOLDEN };

    /// That of a key: one in thirty numbers will do.
    pub(crate) fn of_key(key: u64) -> Self {
        let numbers = core::iter::successors(Some(key), |at| Some(at.wrapping_add(GOLDEN)));
        let mut numbers = numbers.map(shuffled);
        let flips = numbers.next().unwrap_or_default();
        let mut mixers = numbers.map(|number| Self { flips, factor: number | 1 });
        mixers.find(|mixer| mixer.spreads()).expect("there is no end of them")
    }

    /// The upper half of a product of the id with its halves folded, so that ids which differ in the
    /// upper half only do not meet; and a permutation of the book's number, so that the same id in
    /// two books has two mixes.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "halves of a product")]
    pub(super) const fn mix(self, name: Name) -> u32 {
        let Name { book, id: OrderId(id) } = name;
        let id = id ^ self.flips;
        let product = (id ^ id >> 32).wrapping_mul(self.factor);
        (product >> 32) as u32 ^ book.wrapping_mul(GOLDEN as u32)
    }

    /// Whether numbers that count up spread evenly.
    fn spreads(self) -> bool {
        let (mut whole, mut part) = (1u128 << 64, u128::from(self.factor));
        (0..QUOTIENTS).all(|_| {
            if part == 0 || whole / part > QUOTIENT_MAX {
                return false;
            }
            (whole, part) = (part, whole % part);
            true
        })
    }
}

/// A number of which every bit depends on every bit of another (`SplitMix64`'s last steps).
pub(super) const fn shuffled(number: u64) -> u64 {
    let x = (number ^ number >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ x >> 31
}
