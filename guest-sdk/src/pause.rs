//! A pause after something was done.

use ringfence_core::Time;

use crate::context::Context;

/// A pause after something was done, by the time of commands: so much time must go by before it is
/// done again. Before the first time there is none.
///
/// ```
/// # use ringfence_guest::{Full, Pause, prelude::*};
/// # fn example(pause: &mut Pause, context: &mut Context<'_>) -> Result<(), Full> {
/// // Made once, in `new`, by `Pause::of_ns(params.ms("pause_ms")?)`.
/// if pause.is_over(context) {
///     context.market(InstrumentId(0), Side::Buy, Qty(1))?;
///     pause.begin(context);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    ns: u64,
    since: Option<Time>,
}

impl Pause {
    /// A pause of so many nanoseconds that has not begun.
    #[must_use]
    pub const fn of_ns(ns: u64) -> Self {
        Self { ns, since: None }
    }

    /// Begins it, now.
    pub fn begin(&mut self, context: &Context<'_>) {
        self.since = Some(context.time());
    }

    /// Ends it before its time.
    pub fn end(&mut self) {
        self.since = None;
    }

    /// Whether it has gone by, or has not begun.
    #[must_use]
    pub fn is_over(&self, context: &Context<'_>) -> bool {
        self.since.is_none_or(|since| context.time().0.saturating_sub(since.0) >= self.ns)
    }
}

#[cfg(test)]
mod tests;
