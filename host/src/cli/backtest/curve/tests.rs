use super::*;

#[track_caller]
fn check(points: &[(u64, i128)], drawn: &str) {
    assert_eq!(draw(points.iter().copied(), 8), drawn, "{points:?}");
}

#[test]
fn each_slice_of_time_shows_its_last_value() {
    check(&[], "");
    check(&[(5, 3)], "▁▁▁▁▁▁▁▁");
    check(&[(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7)], "▁▂▃▄▅▆▇█");
    check(&[(0, 0), (70, 7), (71, -7), (79, 0)], "▄▄▄▄▄▄▄▄");
    check(&[(0, -700), (1, 700), (79, 700)], "████████");
    check(&[(0, 0), (40, 7), (79, 7)], "▁▁▁▁████");
}

#[test]
fn the_largest_numbers_fit() {
    check(&[(0, i128::MIN), (u64::MAX, i128::MAX)], "▁▁▁▁▁▁▁█");
}
