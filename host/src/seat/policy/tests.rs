use ringfence_core::Time;

use super::{FaultPolicy, Standing};

#[test]
fn each_fault_doubles_the_wait_up_to_quarantine() {
    let policy = FaultPolicy {
        restart: true,
        back_off_ns: 10,
        back_off_max_ns: 50,
        quarantine_after: 6,
        ..FaultPolicy::default()
    };
    let until: Vec<_> = (1..=7).map(|count| policy.after_fault(count, Time(100))).collect();
    let waits = [10, 20, 40, 50, 50].map(|wait| Standing::BacksOff { until: Time(100 + wait) });
    assert_eq!(until[..5], waits);
    assert_eq!(until[5..], [Standing::Quarantined; 2]);
}

#[test]
fn who_is_not_to_be_started_again_stays_out() {
    assert_eq!(FaultPolicy::default().after_fault(1, Time(0)), Standing::Stopped);
}

#[test]
fn no_numbers_are_too_large() {
    let policy = FaultPolicy {
        restart: true,
        back_off_ns: u64::MAX,
        back_off_max_ns: u64::MAX,
        quarantine_after: u32::MAX,
        ..FaultPolicy::default()
    };
    let end = Standing::BacksOff { until: Time(u64::MAX) };
    assert_eq!(policy.after_fault(1_000, Time(7)), end);
    let at_once = FaultPolicy { back_off_ns: 0, ..policy };
    assert_eq!(at_once.after_fault(1, Time(7)), Standing::BacksOff { until: Time(8) });
}
