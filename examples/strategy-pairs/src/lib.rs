//! Trades two instruments that go together: where their difference is far from what it lately was, it
//! sells the dear one and buys the cheap one, and is out of both when the difference is back.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails may panic"))]

use ringfence_guest::{Window, prelude::*};

ringfence_guest::export!(Pairs);

/// The pairs trader: flat, or long one leg and as much short the other.
#[derive(Debug)]
pub struct Pairs {
    legs: [Leg; 2],
    size: i64,
    entry: u64,
    least: u64,
    differences: Window<SAMPLES>,
    /// Lots wanted of the first leg; of the second, as many on the other side.
    target: i64,
}

/// One of the two instruments.
#[derive(Debug)]
struct Leg {
    instrument: InstrumentId,
    bbo: Option<Bbo>,
    taker: Taker,
}

/// How many samples of the difference, one each second, make what it lately was.
pub const SAMPLES: usize = 32;

impl Strategy for Pairs {
    const NAME: &'static str = "pairs";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const PARAMS: &'static [Param] = &[
        Param::u64("first", "0", "One instrument."),
        Param::u64("second", "1", "The instrument that goes with it."),
        Param::u64("size", "100", "Lots of each."),
        Param::u64(
            "entry",
            "200",
            "How far off it must be to go in, in hundredths of a deviation.",
        ),
        Param::u64("least", "2", "How far off it must be at least, in ticks."),
        Param::u64("slip", "500", "How far through the best price it takes, in ticks."),
    ];
    const SUBSCRIPTIONS: Interest = Interest::L1;
    const TIMER_NS: u64 = 1_000_000_000;

    fn new(params: &Params<'_>) -> Result<Self, ParamError> {
        let slip = params.u64_in("slip", 0, NUMBER_MAX)?;
        let leg = |name| {
            let instrument = params.instrument(name)?;
            Ok(Leg { instrument, bbo: None, taker: Taker::new(instrument, slip) })
        };
        let legs = [leg("first")?, leg("second")?];
        if legs[0].instrument == legs[1].instrument {
            return Err(ParamError::unfit("second", "must be another instrument than first"));
        }
        Ok(Self {
            legs,
            size: params.qty("size", NUMBER_MAX)?.0.cast_signed(),
            entry: params.u64_in("entry", 1, NUMBER_MAX)?,
            least: params.u64_in("least", 0, NUMBER_MAX)?,
            differences: Window::new(),
            target: 0,
        })
    }

    fn on_export(&self, state: &mut StateWriter<'_>) {
        state.i64(self.target);
    }

    fn on_import(&mut self, state: &mut StateReader<'_>, version: u32) -> Result<(), StateError> {
        if version != Self::STATE_VERSION {
            return Err(StateError::Unfit("is not of this pair trader"));
        }
        self.target = state.i64()?.clamp(-self.size, self.size);
        Ok(())
    }

    fn on_bbo(&mut self, bbo: &Bbo, _context: &mut Context<'_>) {
        if let Some(leg) = self.legs.iter_mut().find(|leg| leg.instrument == bbo.instrument) {
            leg.bbo = Some(*bbo);
        }
    }

    fn on_timer(&mut self, context: &mut Context<'_>) {
        let Some(difference) = self.difference() else { return };
        if let Some(target) = self.wanted(difference) {
            self.target = target;
            context.metric(0, target);
        }
        self.differences.sample(Price(difference));
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>) {
        // What one leg lacks it is brought to, whatever became of the other.
        for (leg, target) in self.legs.iter_mut().zip([self.target, -self.target]) {
            if let Some(bbo) = leg.bbo {
                // What has no room now is asked for again after the next batch.
                _ = leg.taker.bring_to(context, &bbo, target);
            }
        }
    }
}

impl Pairs {
    /// The first middle less the second, in ticks; none while a side of either is empty.
    fn difference(&self) -> Option<i64> {
        let [first, second] = &self.legs;
        first.bbo?.mid()?.0.checked_sub(second.bbo?.mid()?.0)
    }

    /// What to hold of the first leg at this difference; none: as before.
    fn wanted(&self, difference: i64) -> Option<i64> {
        if !self.differences.is_full() {
            return None;
        }
        let off = difference.checked_sub(self.differences.mean()?.0)?;
        let far = self.differences.deviation()?.saturating_mul(self.entry) / 100;
        if off.unsigned_abs() > far.max(self.least) {
            return Some(if off > 0 { -self.size } else { self.size });
        }
        // Back, or over to the other side.
        let is_back = off == 0 || (off > 0) == (self.target > 0);
        is_back.then_some(0)
    }
}

/// The largest parameter.
const NUMBER_MAX: u64 = 1_000_000_000;

#[cfg(test)]
mod tests;
