//! One self-contained HTML page about a run: it opens without a network and works in light and dark.

mod axis;
mod chart;
mod page;
mod series;

pub use page::{Facts, html};
pub use series::Series;
