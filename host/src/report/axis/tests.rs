use super::{Axis, PICTURE, log2_thousandths};
use crate::seat::SUM_MAX;

#[test]
fn an_axis_is_round_and_holds_all_values() {
    let axis = Axis::round([-37, 5, 112].into_iter());
    assert_eq!(axis, Axis { least: -50, most: 150, step: 50 });
    assert_eq!(axis.labels().collect::<Vec<_>>(), [-50, 0, 50, 100, 150]);
    assert_eq!((axis.place(-50), axis.place(150)), (0, PICTURE));
}

#[test]
fn an_axis_goes_as_far_as_sums_do() {
    for values in [[-SUM_MAX, SUM_MAX], [0, SUM_MAX], [-SUM_MAX, 3]] {
        let axis = Axis::round(values.into_iter());
        assert!((1..=9).contains(&axis.labels().count()), "{axis:?}");
        for value in values.into_iter().chain(axis.labels()) {
            assert!((0..=PICTURE).contains(&axis.place(value)), "{value} on {axis:?}");
        }
        assert!(axis.place(values[0]) + PICTURE / 10 < axis.place(values[1]), "{axis:?}");
    }
}

#[test]
fn an_axis_of_one_value_still_has_a_length() {
    let axis = Axis::round([7].into_iter());
    assert!(axis.least <= 7 && axis.most > axis.least);
    let none = Axis::round(std::iter::empty());
    assert!(none.most > none.least);
}

#[test]
fn an_hour_is_labelled_by_the_clock_and_a_moment_by_its_length() {
    let seconds = |seconds: i128| seconds * 1_000_000_000;
    let hour = Axis::time([seconds(34_200), seconds(37_800)].into_iter());
    let labels: Vec<_> = hour.labels().map(|at| hour.time_label(at)).collect();
    assert_eq!(labels, ["09:30", "09:40", "09:50", "10:00", "10:10", "10:20", "10:30"]);
    let moment = Axis::time([0, 1_000].into_iter());
    assert_eq!(moment.time_label(400), "+400 ns");
}

#[test]
fn the_logarithm_rises_from_power_to_power() {
    assert_eq!([0, 1, 2, 3, 1_024].map(log2_thousandths), [0, 0, 1_000, 1_500, 10_000]);
}
