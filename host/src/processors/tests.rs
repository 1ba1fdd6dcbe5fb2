use rustix::thread::sched_getaffinity;

use super::{Processors, bind};

/// Tries it on a thread of its own, and returns how many processors that is left with.
fn on_a_thread(bind: impl FnOnce() -> std::io::Result<()> + Send) -> Result<u32, String> {
    std::thread::scope(|scope| {
        let bound = scope.spawn(|| bind().map(|()| sched_getaffinity(None).unwrap().count()));
        bound.join().unwrap().map_err(|error| error.to_string())
    })
}

/// A processor that this process may run on, and how many there are.
fn own() -> (u16, u32) {
    let all = sched_getaffinity(None).unwrap();
    ((0..1_024).find(|&number| all.is_set(number.into())).unwrap(), all.count())
}

#[test]
fn a_thread_runs_where_it_is_bound() {
    let (one, all) = own();
    assert_eq!(on_a_thread(|| bind(&[one])), Ok(1));
    assert_eq!(on_a_thread(|| bind(&[])), Ok(all));
    let problem = on_a_thread(|| bind(&[1_023])).unwrap_err();
    assert!(problem.contains("may not run on processor 1023; `nproc --all`"), "{problem}");
    let problem = on_a_thread(|| bind(&[one, 1_023])).unwrap_err();
    assert!(problem.contains(&format!("processors {one}, 1023;")), "{problem}");
    let problem = on_a_thread(|| bind(&[u16::MAX, 3])).unwrap_err();
    assert!(problem.contains("processors 65535, 3;"), "{problem}");
}

#[test]
fn the_first_is_the_venues_own_and_the_others_are_left() {
    let (one, all) = own();
    assert!(Processors(&[]).left().is_empty());
    assert!(Processors(&[5]).left().is_empty());
    assert_eq!(Processors(&[5, 6, 7]).left(), [6, 7]);
    assert_eq!(on_a_thread(|| Processors(&[]).bind_helpers()), Ok(all));
    // Alone, it is shared.
    assert_eq!(on_a_thread(|| Processors(&[one]).bind_helpers()), Ok(1));
    assert_eq!(on_a_thread(|| Processors(&[one, u16::MAX]).bind_own()), Ok(1));
    assert!(on_a_thread(|| Processors(&[one, u16::MAX]).bind_helpers()).is_err());
}
