//! All strategies of a venue and how they stand, with what they were started with.

use serde_json::Value;

use crate::host::Host;
use crate::http::StrategyLine;
use crate::seat::Seat;

/// What is known of each seat, in the order of their numbers, and its parameters, a line each.
#[derive(Clone, Debug)]
pub struct Roll(Vec<(StrategyLine, String)>);

impl Roll {
    /// Looks at all seats.
    #[must_use]
    pub fn call(host: &Host) -> Self {
        let line = |seat: &Seat| (StrategyLine::of(seat), seat.params().to_owned());
        Self(host.seats().iter().map(line).collect())
    }

    /// One value for each seat, as `/v1/strategies` has them, and its parameters besides.
    #[must_use]
    pub fn json(&self) -> Vec<Value> {
        let value = |(line, params): &(StrategyLine, String)| {
            let mut line = line.json();
            line["parameters"] = params.lines().collect();
            line
        };
        self.0.iter().map(value).collect()
    }
}
