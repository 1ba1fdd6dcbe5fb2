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

#[test]
fn what_was_put_down_goes_on_to_the_last_part() {
    for per_second in [0, 1, 7, 1_000, u64::MAX] {
        let mut allowance = Allowance::new(per_second);
        allowance.spend(per_second - per_second / 3);
        allowance.offer(123_456_789, 1);
        let (left, refilled_ns) = allowance.parts();
        let mut resumed = Allowance::resume(per_second, left, refilled_ns);
        assert_eq!(resumed.parts(), allowance.parts(), "{per_second}");
        for at in [200_000_000, 200_000_001, 999_999_999, 7 * SECOND] {
            assert_eq!(resumed.offer(at, u64::MAX), allowance.offer(at, u64::MAX), "{per_second}");
            allowance.spend(5);
            resumed.spend(5);
        }
    }
    let more = Allowance::resume(10, u128::MAX, 3).parts();
    assert_eq!(more, (10 * u128::from(SECOND), 3), "never more than a second allows");
}

/// The same in one number of 128 bits.
#[test]
fn it_is_what_one_number_of_billionths_would_be() {
    let mut seed = 1_u64;
    let mut random = move |below: u64| {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (seed >> 33) % below
    };
    for per_second in [1, 3, 999, 5_000_000_000, 1 << 63] {
        let mut allowance = Allowance::new(per_second);
        let full = u128::from(per_second) * u128::from(SECOND);
        let (mut left, mut at) = (full, 0);
        for _ in 0..2_000 {
            let bits = 1 + random(31);
            let passed = random(1 << bits);
            at += passed;
            let earned = u128::from(passed.min(SECOND)) * u128::from(per_second);
            left = (left + earned).min(full);
            let whole = u64::try_from(left / u128::from(SECOND)).unwrap();
            assert_eq!(allowance.offer(at, u64::MAX), whole);
            let used = per_second / (1 + random(9));
            allowance.spend(used);
            left = left.saturating_sub(u128::from(used) * u128::from(SECOND));
            assert_eq!(allowance.parts(), (left, at));
        }
    }
}
