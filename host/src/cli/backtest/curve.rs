//! A line of text that shows how a number went over time.

/// Values at rising times, drawn into so many columns: the last value of each slice of time; a
/// slice without one shows the value before it.
pub(super) fn draw(points: impl Iterator<Item = (u64, i128)> + Clone, columns: u64) -> String {
    let times = points.clone().map(|(at, _)| at);
    let values = points.clone().map(|(_, value)| value);
    let (Some(begin), Some(end)) = (times.clone().min(), times.max()) else {
        return String::new();
    };
    let (Some(least), Some(most)) = (values.clone().min(), values.max()) else {
        return String::new();
    };
    let span = u128::from(end - begin) + 1;
    let column = |at: u64| u128::from(at - begin) * u128::from(columns) / span;
    let mut points = points.peekable();
    let mut latest = points.peek().map_or(0, |(_, value)| *value);
    let mut line = String::new();
    for place in 0..u128::from(columns) {
        while let Some((_, value)) = points.next_if(|(at, _)| column(*at) <= place) {
            latest = value;
        }
        line.push(block(latest, least, most));
    }
    line
}

/// How high a value stands between two others.
fn block(value: i128, least: i128, most: i128) -> char {
    let height = value.abs_diff(least);
    let range = most.abs_diff(least).max(1);
    // A range beyond this is no position: nothing of it is lost but the finest step.
    let unit = range.div_ceil(u128::from(u64::MAX)).max(1);
    let step = (height / unit) * (BLOCKS.len() as u128 - 1) / (range / unit).max(1);
    BLOCKS[usize::try_from(step).unwrap_or(usize::MAX).min(BLOCKS.len() - 1)]
}

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

#[cfg(test)]
mod tests;
