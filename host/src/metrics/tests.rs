use std::time::Duration;

use super::{Decimal, Grouped, Metrics, Span};

#[test]
fn numbers_are_grouped_by_three() {
    let texts =
        [0, 999, 1_000, -1_000, 91_907, -1_234_567].map(|number| Grouped(number).to_string());
    assert_eq!(texts, ["0", "999", "1,000", "-1,000", "91,907", "-1,234,567"]);
}

#[test]
fn spans_keep_three_digits() {
    let texts =
        [0, 999, 1_000, 12_345, 999_999, 1_500_000, 61_000_000_000].map(|ns| Span(ns).to_string());
    assert_eq!(texts, ["0 ns", "999 ns", "1.00 µs", "12.3 µs", "999 µs", "1.50 ms", "61.0 s"]);
}

#[test]
fn worth_is_shown_by_the_scale() {
    let text = |units, scale| Decimal { units, scale }.to_string();
    assert_eq!(text(-5, 4), "-0.0005");
    assert_eq!(text(12_345_678, 2), "123,456.78");
    assert_eq!(text(-7, 0), "-7");
}

#[test]
fn percentiles_are_those_of_what_was_recorded() {
    let mut metrics = Metrics::default();
    for nanoseconds in 1..=1_000 {
        metrics.record(Duration::from_nanos(nanoseconds));
    }
    assert_eq!(metrics.commands(), 1_000);
    assert_eq!(metrics.percentile_ns(5_000), 500);
    assert_eq!(metrics.percentile_ns(9_990), 999);
    assert_eq!(metrics.max_ns(), 1_000);
    assert_eq!(metrics.count_between(1, 101), 100);
    assert_eq!(metrics.per_second(Duration::from_millis(500)), 2_000);
}
