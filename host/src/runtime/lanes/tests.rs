use std::sync::Weak;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// The thread of the first lane.
const FIRST: &str = "ringfence-compiler-0";

/// What was done, and by which thread.
type Done = (u32, String);

/// Lanes, and what is done on them in order.
fn lanes(patience: Duration) -> (Lanes, Sender<Done>, Receiver<Done>) {
    let (tell, told) = channel();
    (Lanes::start(patience).expect("there are threads"), tell, told)
}

fn says(number: u32, tell: &Sender<Done>) -> Job {
    let tell = tell.clone();
    Box::new(move || {
        let thread = thread::current().name().unwrap_or_default().to_owned();
        tell.send((number, thread)).expect("somebody listens");
    })
}

/// What was done next; a minute is more than it takes.
fn done(told: &Receiver<Done>, count: usize) -> Vec<Done> {
    let next = |_| told.recv_timeout(Duration::from_secs(60)).expect("it is done");
    (0..count).map(next).collect()
}

/// A job that has begun, and ends when what is returned is dropped.
fn hold_up(lanes: &Lanes) -> Sender<()> {
    let (go_on, until) = channel::<()>();
    let (begin, begun) = channel();
    let job = move || {
        begin.send(thread::current().name() == Some(FIRST)).expect("somebody listens");
        _ = until.recv();
    };
    assert!(lanes.take(Box::new(job)).is_ok());
    assert_eq!(begun.recv(), Ok(true), "the first lane takes what comes first");
    go_on
}

#[test]
fn who_takes_long_holds_nobody_up() {
    let (lanes, tell, told) = lanes(Duration::ZERO);
    let held = hold_up(&lanes);
    for number in 1..=3 {
        assert!(lanes.take(says(number, &tell)).is_ok());
    }
    // The first one still runs.
    let numbers: Vec<u32> = done(&told, 3).into_iter().map(|(number, _)| number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    drop(held);
}

#[test]
fn nobody_helps_out_while_nobody_takes_long() {
    let (lanes, tell, told) = lanes(Duration::from_secs(3_600));
    let held = hold_up(&lanes);
    for number in 1..=3 {
        assert!(lanes.take(says(number, &tell)).is_ok());
    }
    drop(held);
    let first = FIRST.to_owned();
    assert_eq!(done(&told, 3), [(1, first.clone()), (2, first.clone()), (3, first)]);
}

#[test]
fn what_was_taken_is_done_though_nothing_more_comes() {
    let (lanes, tell, told) = lanes(Duration::from_secs(3_600));
    let held = hold_up(&lanes);
    assert!(lanes.take(says(1, &tell)).is_ok());
    let shared = Arc::downgrade(&lanes.0);
    drop(lanes);
    drop((held, tell));
    assert_eq!(done(&told, 1)[0].0, 1);
    let until = Instant::now() + Duration::from_secs(60);
    while Weak::strong_count(&shared) > 0 {
        assert!(Instant::now() < until, "its threads end");
        thread::yield_now();
    }
}

#[test]
fn no_more_wait_than_there_are_seats() {
    let (lanes, tell, told) = lanes(Duration::from_secs(3_600));
    let held = hold_up(&lanes);
    for _ in 0..JOBS_MAX {
        assert!(lanes.take(says(1, &tell)).is_ok());
    }
    assert!(lanes.take(says(2, &tell)).is_err());
    drop(held);
    assert!(done(&told, JOBS_MAX).iter().all(|(number, _)| *number == 1));
}
