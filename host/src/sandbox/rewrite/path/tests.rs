use super::*;

fn walked(functions: usize, calls: &[usize]) -> Vec<usize> {
    let steps = calls.iter().fold(0_u64, |path, &at| {
        let Step { number, bits } = Step::of(at, functions);
        path << bits | u64::from(number)
    });
    Path { steps, functions }.functions().collect()
}

#[test]
fn the_innermost_calls_are_read_back() {
    assert_eq!(walked(3, &[]), Vec::<usize>::new());
    assert_eq!(walked(1, &[0, 0]), [0, 0]);
    assert_eq!(walked(100, &[4, 99, 0]), [0, 99, 4]);
    // 7 bits each: nine of them fit.
    let deep: Vec<usize> = (0..100).collect();
    assert_eq!(walked(100, &deep), [99, 98, 97, 96, 95, 94, 93, 92, 91]);
    assert_eq!(walked(20_000, &[19_999, 7]), [7, 19_999]);
}
