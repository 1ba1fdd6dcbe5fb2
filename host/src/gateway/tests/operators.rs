//! Who is told of a command that was refused.

use ringfence_core::wire::{CommandRecord, EventRecord, kind};
use ringfence_core::{AccountId, Command, InstrumentId, InstrumentSpec, Op, Phase, Reject, Scope};

use super::{Hall, record};
use crate::sequencer::{Origin, Stamped};

const UNKNOWN: InstrumentId = InstrumentId(99);

/// What an operator may ask for in vain, and why it is refused.
fn refused() -> Vec<(CommandRecord, Reject)> {
    let instrument = InstrumentId(1);
    let of = |account: u32| Scope {
        account: (account != 0).then_some(AccountId(account)),
        instrument: Some(UNKNOWN),
        side: None,
    };
    let nobody = Scope::default();
    let commands = [
        (Command::Phase { instrument: UNKNOWN, phase: Phase::Halted }, Reject::UnknownInstrument),
        (
            Command::Uncross { instrument: UNKNOWN, then: Phase::Continuous },
            Reject::UnknownInstrument,
        ),
        (Command::Uncross { instrument, then: Phase::Continuous }, Reject::Phase),
        (Command::Kill(nobody), Reject::UnknownAccount),
        (Command::Unblock(nobody), Reject::UnknownAccount),
        (Command::MassCancel(of(0)), Reject::UnknownInstrument),
        (Command::MassCancel(of(2)), Reject::UnknownInstrument),
        (Command::Kill(of(2)), Reject::UnknownInstrument),
        (Command::Unblock(of(2)), Reject::UnknownInstrument),
    ];
    commands.iter().map(|(command, reason)| (record(command), *reason)).collect()
}

fn answer(event: &EventRecord) -> (u8, u64, u16) {
    (event.kind, event.aux0, event.flags)
}

#[test]
fn who_sent_a_command_is_told_that_it_was_refused_and_nobody_else() {
    let mut hall = Hall::new("");
    let (mut one, mut two) = (hall.log_in(1), hall.log_in(2));
    for (command, reason) in refused() {
        one.session.send(&command);
        hall.talk(&mut one).unwrap();
        let (_, event) = one.heard.pop().expect("it is told");
        assert_eq!(answer(&event), (kind::REJECTED, u64::from(command.op), reason as u16));
        assert!(one.heard.is_empty());
    }
    hall.listen(&mut two).unwrap();
    assert!(two.heard.is_empty(), "{:?}", two.heard);
    // An account that is no operator is told of its own.
    let scope = Scope { instrument: Some(UNKNOWN), ..Scope::default() };
    two.session.send(&record(&Command::MassCancel(scope)));
    hall.talk(&mut two).unwrap();
    let (_, event) = two.heard.pop().expect("it is told");
    let reason = Reject::UnknownInstrument as u16;
    assert_eq!(answer(&event), (kind::REJECTED, Op::MassCancel as u64, reason));
    let [kept, again] = hall.notes();
    assert_eq!(kept, again, "a crash would leave something else");
}

#[test]
fn what_nobody_sent_is_refused_in_silence() {
    let mut hall = Hall::new("");
    let (mut one, mut two) = (hall.log_in(1), hall.log_in(2));
    one.session.send(&refused()[0].0);
    hall.talk(&mut one).unwrap();
    let spec = InstrumentSpec::new(InstrumentId(1), "A");
    let scope = Scope { account: Some(AccountId(2)), instrument: Some(UNKNOWN), side: None };
    for command in [Command::Instrument(Box::new(spec)), Command::MassCancel(scope)] {
        let at = ringfence_core::Time(hall.now);
        let stamped = Stamped { at, command };
        hall.requests.push(crate::host::Request { origin: Origin::default(), stamped });
    }
    hall.turn();
    for (caller, heard) in [(&mut one, 1), (&mut two, 0)] {
        hall.listen(caller).unwrap();
        assert_eq!(caller.heard.len(), heard, "{:?}", caller.heard);
    }
    let [kept, again] = hall.notes();
    assert_eq!(kept, again);
}
