//! One self-contained HTML page about a run: it opens without a network and works in light and dark.

mod axis;
mod chart;
mod page;
mod series;
mod tally;

pub use page::{Facts, html};
pub use series::Series;
pub use tally::Tally;
