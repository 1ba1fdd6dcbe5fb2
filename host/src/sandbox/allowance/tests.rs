use super::Allowance;

const SECOND: u64 = 1_000_000_000;

#[test]
fn a_second_gives_back_what_a_second_allows() {
    let mut allowance = Allowance::new(100);
    assert_eq!(allowance.offer(5, u64::MAX), 100);
    allowance.spend(80);
    assert_eq!(allowance.offer(5, u64::MAX), 20);
    assert_eq!(allowance.offer(5 + SECOND / 2, u64::MAX), 70);
    assert_eq!(
        allowance.offer(5 + 9 * SECOND, u64::MAX),
        100,
        "nothing is saved up beyond a second's worth"
    );
    allowance.spend(u64::MAX);
    assert_eq!(allowance.offer(5 + 9 * SECOND, u64::MAX), 0);
    assert_eq!(allowance.offer(u64::MAX, u64::MAX), 100);
}

#[test]
fn small_steps_earn_as_much_as_one_large_one() {
    let (mut steps, mut leap) = (Allowance::new(1_000), Allowance::new(1_000));
    steps.spend(1_000);
    leap.spend(1_000);
    let earned = (1..=1_000).map(|step| steps.offer(step * 300_000, u64::MAX)).last();
    assert_eq!(steps.offer(0, 299), 299);
    assert_eq!(earned, Some(300));
    assert_eq!(leap.offer(300_000_000, u64::MAX), 300);
}

#[test]
fn time_that_passes_while_nothing_is_used_is_not_saved_up() {
    let mut allowance = Allowance::new(100);
    assert_eq!(allowance.offer(10 * SECOND, u64::MAX), 100);
    allowance.spend(100);
    assert_eq!(allowance.offer(10 * SECOND + SECOND / 10, u64::MAX), 10);
}

#[test]
fn an_allowance_without_bound_is_never_used_up() {
    let mut allowance = Allowance::new(u64::MAX);
    allowance.spend(1 << 40);
    assert_eq!(allowance.offer(SECOND, u64::MAX), u64::MAX);
}
