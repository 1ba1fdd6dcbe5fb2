//! Sums as events carry them: 128 bits that are aligned as 64 are.

use crate::quantity::Notional;

/// A sum of quantities, held in 16 bytes aligned to 8 so that events stay small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Total([u64; 2]);

/// A signed sum of quantities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Surplus(pub(crate) [u64; 2]);

/// A fee in ticks × lots, held in 16 bytes aligned to 8 so that events stay small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fee([u64; 2]);

macro_rules! wide {
    ($name:ident, $wide:ty) => {
        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self([0; 2]);

            /// From the wide integer.
            #[must_use]
            #[inline]
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the two halves of the same 128 bits; signed for two of the three types"
            )]
            pub const fn new(value: $wide) -> Self {
                Self([value as u64, (value >> 64) as u64])
            }

            /// As the wide integer.
            #[must_use]
            #[inline]
            pub const fn get(self) -> $wide {
                (self.0[0] as $wide) | ((self.0[1] as $wide) << 64)
            }
        }
    };
}
wide!(Total, u128);
wide!(Surplus, i128);
wide!(Fee, i128);

impl Total {
    /// The sum, or the largest `u64` where it is larger.
    #[must_use]
    pub const fn saturating_u64(self) -> u64 {
        if self.0[1] == 0 { self.0[0] } else { u64::MAX }
    }
}

impl Fee {
    /// The fee as what it is worth.
    #[must_use]
    pub const fn notional(self) -> Notional {
        Notional(self.get())
    }
}
