//! Axes: which values get a label, and where on the picture a value lies.

use crate::metrics::Span;

/// Coordinates of a picture go from 0 to this, both ways.
pub(super) const PICTURE: i128 = 10_000;

/// A linear axis from its least to its greatest value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    pub(super) least: i128,
    pub(super) most: i128,
    pub(super) step: i128,
}

impl Axis {
    /// An axis that shows all of `values`, from a round value to a round value.
    pub(super) fn round(values: impl Iterator<Item = i128>) -> Self {
        let (least, most) = bounds(values);
        let step = round_step((most - least).max(1), LABELS);
        let least = least.div_euclid(step) * step;
        let most = -(-most).div_euclid(step) * step;
        Self { least, most: most.max(least + step), step }
    }

    /// A time axis that begins and ends with the times given.
    pub(super) fn time(values: impl Iterator<Item = i128>) -> Self {
        let (least, most) = bounds(values);
        let most = most.max(least + 1);
        let wanted = (most - least) / TIME_LABELS;
        let step = TIME_STEPS_NS.into_iter().find(|&step| step >= wanted);
        let step = if wanted < SECOND_NS {
            round_step(most - least, LABELS)
        } else {
            step.unwrap_or(DAY_NS)
        };
        Self { least, most, step }
    }

    /// Where a value lies.
    pub(super) fn place(self, value: i128) -> i128 {
        let range = self.most.abs_diff(self.least);
        // Of a range beyond this only what is far less than a pixel is left out.
        let unit = range.div_ceil(1 << 100).max(1);
        let along = value.max(self.least).abs_diff(self.least) / unit;
        let place = along * PICTURE.unsigned_abs() / (range / unit).max(1);
        i128::try_from(place).unwrap_or(PICTURE)
    }

    /// The values that get a label.
    pub(super) fn labels(self) -> impl Iterator<Item = i128> {
        let first = -(-self.least).div_euclid(self.step) * self.step;
        let step = self.step.max(1);
        let values = std::iter::successors(Some(first), move |value| value.checked_add(step));
        values.take_while(move |&value| value <= self.most)
    }

    /// A time's label: of the day, or for short runs since the first command.
    pub(super) fn time_label(self, at_ns: i128) -> String {
        if self.step < SECOND_NS {
            let since = u64::try_from(at_ns - self.least).unwrap_or_default();
            return format!("+{}", Span(since));
        }
        let seconds = at_ns / SECOND_NS % (24 * 3_600);
        let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        match self.step % (60 * SECOND_NS) {
            0 => format!("{hours:02}:{minutes:02}"),
            _ => format!("{hours:02}:{minutes:02}:{rest:02}"),
        }
    }
}

const SECOND_NS: i128 = 1_000_000_000;
const DAY_NS: i128 = 24 * 3_600 * SECOND_NS;

/// About so many labels on an axis.
const LABELS: i128 = 6;
const TIME_LABELS: i128 = 7;

/// Steps at which people read a clock.
const TIME_STEPS_NS: [i128; 18] = {
    let seconds = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
        86_400,
    ];
    let mut steps = [0; 18];
    let mut place = 0;
    while place < steps.len() {
        steps[place] = seconds[place] * SECOND_NS;
        place += 1;
    }
    steps
};

/// The least of 1, 2, 5, 10, 20, 50, … that divides `range` into at most about `labels` parts.
fn round_step(range: i128, labels: i128) -> i128 {
    let mut unit = 1;
    loop {
        for factor in [1, 2, 5] {
            let step: i128 = unit * factor;
            if step.saturating_mul(labels) >= range {
                return step;
            }
        }
        unit *= 10;
    }
}

fn bounds(values: impl Iterator<Item = i128>) -> (i128, i128) {
    let ends = values.fold(None, |ends, value| match ends {
        None => Some((value, value)),
        Some((least, most)) => Some((value.min(least), value.max(most))),
    });
    ends.unwrap_or((0, 1))
}

/// A thousand times the logarithm to base 2, straight between powers of two; 0 for 0.
pub(super) fn log2_thousandths(value: u64) -> i128 {
    let Some(whole) = value.checked_ilog2() else { return 0 };
    let power = 1_u128 << whole;
    let part = (u128::from(value) - power) * 1_000 / power;
    i128::from(whole) * 1_000 + i128::try_from(part).unwrap_or_default()
}

#[cfg(test)]
mod tests;
