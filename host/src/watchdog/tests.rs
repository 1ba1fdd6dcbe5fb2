use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Watchdog;

const LIMIT: Duration = Duration::from_millis(40);

#[test]
fn a_call_that_takes_too_long_is_found() {
    let dog = Watchdog::new(LIMIT, false);
    let (watch, other) = (dog.watch(), dog.watch());
    watch.enter();
    let begun = Instant::now();
    other.enter();
    assert_eq!(other.leave(), None, "a short call is in time");
    while begun.elapsed() < LIMIT * 20 && watch.late.load(super::Ordering::Relaxed) == 0 {
        sleep(LIMIT / 8);
    }
    assert!(begun.elapsed() >= LIMIT);
    assert_eq!(watch.leave(), Some(40));
    watch.enter();
    assert_eq!(watch.leave(), None, "the next call begins anew");
}

#[test]
fn whoever_does_not_run_is_not_late() {
    let dog = Watchdog::new(Duration::from_millis(2), false);
    let watch = dog.watch();
    for _ in 0..3 {
        sleep(Duration::from_millis(10));
        watch.enter();
        assert_eq!(watch.leave(), None);
    }
}
