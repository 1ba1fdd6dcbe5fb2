use ringfence_core::{Capacity, Command, Time};

use super::{EVERY, Images};
use crate::host::Host;
use crate::journal::Journal;
use crate::keeper::{Keeper, KeeperThread};
use crate::seat::{Nobody, Seat, Subscription};
use crate::sequencer::Stamped;

/// A host with three seats, and what is kept of it.
fn begin(name: &str) -> (Host, Images) {
    let folder =
        std::env::temp_dir().join(format!("ringfence-images-{}-{name}", std::process::id()));
    let keeper = Keeper::open(&folder).expect("it can be made");
    std::fs::remove_dir(&folder).expect("it is empty");
    let thread = KeeperThread::start(keeper, |said| panic!("{said}")).expect("there are threads");
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    for number in 0..3 {
        // There are no images of code of the host's own.
        let guest = Box::new(Nobody);
        host.seat(Seat::new(number.to_string(), number, guest, Subscription::NOTHING));
    }
    (host, Images::new(thread))
}

fn time_passes(host: &mut Host, commands: u64) {
    for _ in 0..commands {
        let command = Stamped { at: Time(0), command: Command::Time };
        host.turn(command, &mut ()).expect("nothing is kept");
    }
}

#[test]
fn whoever_waits_keeps_its_place_when_all_are_due_again() {
    let (mut host, mut images) = begin("again");
    images.all_are_due(&host);
    images.tend(&mut host);
    images.all_are_due(&host);
    assert_eq!(images.due, [1, 2, 0], "nobody waits for ever, however often that is");
    for _ in 0..3 {
        images.tend(&mut host);
    }
    assert!(!images.is_busy());
}

#[test]
fn images_are_due_before_too_much_has_come_to_be_told_again() {
    let (mut host, mut images) = begin("often");
    images.all_are_due(&host);
    images.due.clear();
    time_passes(&mut host, EVERY - 1);
    images.tend(&mut host);
    assert!(!images.is_busy());
    time_passes(&mut host, 1);
    images.tend(&mut host);
    assert_eq!(images.due, [1, 2]);
    for _ in 0..2 {
        images.tend(&mut host);
    }
    assert!(!images.is_busy(), "they are due once");
}
