use ringfence_core::Time;

use super::{SEATS_MAX, Times, Waiting};

#[test]
fn seats_come_out_in_order_and_once() {
    let mut waiting = Waiting::default();
    let last = u16::try_from(SEATS_MAX - 1).expect("a number of a seat");
    for number in [700, 3, 64, 63, 3, last, 0] {
        waiting.insert(number);
    }
    let out: Vec<u16> = std::iter::from_fn(|| waiting.pop()).collect();
    assert_eq!(out, [0, 3, 63, 64, 700, last]);
    waiting.insert(5);
    assert_eq!((waiting.pop(), waiting.pop()), (Some(5), None));
}

#[test]
fn what_is_due_comes_out_earliest_first() {
    let mut due = Times::default();
    for (at, number) in [(30, 1), (10, 2), (20, 3), (10, 1)] {
        due.push(Time(at), number);
    }
    let mut out = Vec::new();
    while let Some((at, number)) = due.pop(Time(20)) {
        out.push((at.0, number));
    }
    assert_eq!(out, [(10, 1), (10, 2), (20, 3)]);
    assert_eq!(due.pop(Time(29)), None);
    assert_eq!(due.pop(Time(30)), Some((Time(30), 1)));
}
