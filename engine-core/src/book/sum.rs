//! Sums of quantities, in 96 bits: as many as there can be orders of 64 bits each.

use core::ops::{AddAssign, SubAssign};

use crate::quantity::Qty;

/// A sum of quantities of orders that live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, packed(4))]
pub(crate) struct Sum {
    low: u64,
    high: u32,
}

impl Sum {
    /// Its value.
    #[inline]
    pub(crate) fn get(self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }
}

impl AddAssign<Qty> for Sum {
    #[inline(always)]
    fn add_assign(&mut self, qty: Qty) {
        let (low, carry) = { self.low }.overflowing_add(qty.0);
        self.low = low;
        self.high += u32::from(carry);
    }
}

impl SubAssign<Qty> for Sum {
    #[inline(always)]
    fn sub_assign(&mut self, qty: Qty) {
        let (low, borrow) = { self.low }.overflowing_sub(qty.0);
        self.low = low;
        self.high -= u32::from(borrow);
    }
}

#[cfg(test)]
mod tests {
    use super::Sum;
    use crate::quantity::Qty;

    #[test]
    fn a_sum_goes_beyond_64_bits_and_back() {
        let mut sum = Sum::default();
        for qty in [u64::MAX, 1, u64::MAX, 5] {
            sum += Qty(qty);
        }
        assert_eq!(sum.get(), 2 * u128::from(u64::MAX) + 6);
        sum -= Qty(u64::MAX);
        sum -= Qty(7);
        assert_eq!(sum.get(), u128::from(u64::MAX) - 1);
        sum -= Qty(u64::MAX - 1);
        assert_eq!(sum, Sum::default());
    }
}
