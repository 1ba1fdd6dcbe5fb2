//! All strategies of a venue and how they stand, with what they were started with.

use serde_json::Value;

use crate::host::Host;
use crate::http::StrategyLine;

/// One value for each seat, as `/v1/strategies` has them, and its parameters besides.
#[must_use]
pub fn roll(host: &Host) -> Vec<Value> {
    let line = |seat: &crate::seat::Seat| {
        let mut line = StrategyLine::of(seat).json();
        line["parameters"] = seat.params().lines().collect();
        line
    };
    host.seats().iter().map(line).collect()
}
