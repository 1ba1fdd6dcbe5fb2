//! Where a guest is, in one number: the functions that run, the innermost in the lowest bits.
//!
//! Each function puts its own number behind those of its callers, and the number that it found back
//! when it ends. So a trap leaves the innermost calls behind, the same ones on every engine.

/// What a function appends to the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Step {
    /// Its number among the module's own functions, from 1: no function is 0.
    pub(super) number: u32,
    /// Bits that each number takes.
    pub(super) bits: u32,
}

impl Step {
    /// The step of the function at `at`, of so many.
    pub(super) fn of(at: usize, functions: usize) -> Self {
        let number = u32::try_from(at).map_or(u32::MAX, |at| at.saturating_add(1));
        Self { number, bits: bits(functions) }
    }
}

/// What a trap left of the path, in a module of so many functions of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Path {
    pub(in crate::sandbox) steps: u64,
    pub(in crate::sandbox) functions: usize,
}

impl Path {
    /// Places of the functions among the module's own, the innermost first. A number that is whole
    /// only in part, because the rest of it fell off in front, is left out.
    pub(in crate::sandbox) fn functions(self) -> impl Iterator<Item = usize> {
        let bits = bits(self.functions);
        let number = move |at: u32| self.steps >> (at * bits) & ((1 << bits) - 1);
        (0..u64::BITS / bits)
            .map_while(move |at| usize::try_from(number(at)).ok()?.checked_sub(1))
            .filter(move |at| *at < self.functions)
    }
}

/// Bits in which the numbers from 0 to `functions` fit.
fn bits(functions: usize) -> u32 {
    (usize::BITS - functions.leading_zeros()).clamp(1, 32)
}

#[cfg(test)]
mod tests;
