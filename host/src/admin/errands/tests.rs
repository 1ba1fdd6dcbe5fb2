use std::thread;

use ringfence_core::{Capacity, Command, Time};

use super::{Undone, errands};
use crate::host::Host;
use crate::journal::Journal;
use crate::sequencer::Stamped;

#[test]
fn an_errand_is_done_by_whoever_has_the_host() {
    let (sender, inbox) = errands();
    let mut host = Host::new(Capacity::SMALL, Journal::none());
    assert!(!inbox.do_one(&mut host), "nobody wants anything");
    let asks = thread::spawn(move || {
        let turn = Stamped { at: Time(3), command: Command::Time };
        let first = sender.run(move |host| host.turn(turn, &mut ()).map(|()| host.seats().len()));
        (first, sender.run(|host| host.sequencer().last().at))
    });
    let mut done = 0;
    while done < 2 {
        done += u32::from(inbox.do_one(&mut host));
    }
    let (first, second) = asks.join().expect("it asks and is answered");
    assert_eq!(first, Ok(Ok(0)));
    assert_eq!(second, Ok(Time(3)));
}

#[test]
fn where_the_venue_ends_nobody_waits() {
    let (sender, inbox) = errands();
    let waits = {
        let sender = sender.clone();
        thread::spawn(move || sender.run(|host| host.seats().len()))
    };
    thread::sleep(std::time::Duration::from_millis(20));
    drop(inbox);
    assert_eq!(waits.join().expect("it is answered"), Err(Undone::Ended));
    assert_eq!(sender.run(|_| ()), Err(Undone::Ended));
}
