use ringfence_core::wire::{CommandRecord, EventRecord, kind};
use ringfence_core::{Command, NewOrder};

use super::*;
use crate::abi;
use crate::prelude::*;
use crate::testing::fake::host;

/// Bids one lot at its parameter's price at each batch.
#[derive(Debug)]
struct Bidder(Price);

impl Strategy for Bidder {
    const NAME: &'static str = "bidder";
    const VERSION: &'static str = "0.0.0";
    const PARAMS: &'static [Param] = &[Param::i64("price", "1", "Where to bid.")];
    const SUBSCRIPTIONS: Interest = Interest::NONE;

    fn new(params: &Params<'_>) -> Result<Self, ParamError> {
        params.i64("price").map(|price| Self(Price(price)))
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>) {
        context.limit(InstrumentId(0), Side::Buy, self.0, Qty(1)).unwrap();
    }

    fn on_stop(&mut self, context: &mut Context<'_>) {
        crate::log!(context, "{}", "é".repeat(200));
    }
}

crate::export!(Bidder);

/// Does to a slot what a host does.
fn write(slot: &Slot<Bidder>, bytes: &[u8]) -> usize {
    slot.alone(|buffers, _| {
        buffers.events.as_flattened_mut()[..bytes.len()].copy_from_slice(bytes);
        buffers.events.as_ptr().addr()
    })
    .unwrap()
}

fn first_command(slot: &Slot<Bidder>) -> Command {
    let bytes = slot.alone(|buffers, _| buffers.commands[0]).unwrap();
    CommandRecord::from_bytes(&bytes).to_command().unwrap()
}

#[test]
fn parameters_come_in_and_commands_go_out() {
    let slot = Slot::<Bidder>::new();
    let at = write(&slot, b"price=42\n");
    assert_eq!(slot.init(at, 9), code::OK);
    let event = EventRecord { kind: kind::TIMER, ..EventRecord::default() };
    write(&slot, &event.to_bytes());
    assert_eq!(slot.on_events(at, 1), 1);
    let bid = NewOrder::limit(OrderId(1), Side::Buy, Price(42), Qty(1));
    assert_eq!(first_command(&slot), Command::New(bid));
}

#[test]
fn a_slot_without_parameters_uses_defaults() {
    let slot = Slot::<Bidder>::default();
    assert_eq!(slot.init(0, 0), code::OK);
    assert_eq!(slot.init(0, 0), code::NOT_READY);
    assert!(format!("{slot:?}").contains("ready: Cell { value: true }"));
}

#[test]
fn wrong_parameters_are_logged() {
    let slot = Slot::<Bidder>::new();
    let at = write(&slot, b"price=high");
    assert_eq!(slot.init(at, 10), code::BAD_PARAMS);
    let at = write(&slot, b"\xff");
    assert_eq!(slot.init(at, 1), code::BAD_PARAMS);
    let logs: Vec<_> = host(|host| core::mem::take(&mut host.logs));
    assert_eq!(logs[0].text, "parameter `price` is not a whole number that fits");
    assert_eq!(logs[1].text, "the parameters are not UTF-8 text");
    assert!(logs.iter().all(|line| line.level == abi::level::ERROR));
    assert_eq!(slot.on_events(at, 1), code::NOT_READY);
}

#[test]
fn a_line_too_long_is_cut_between_letters() {
    let slot = Slot::<Bidder>::new();
    slot.init(0, 0);
    slot.shutdown();
    let logs = host(|host| core::mem::take(&mut host.logs));
    assert_eq!(logs[0].text, "é".repeat(abi::LOG_LEN_MAX / 2));
    assert_eq!(logs[0].level, abi::level::INFO);
}

#[test]
fn what_is_not_the_buffer_is_refused() {
    let slot = Slot::<Bidder>::new();
    let at = write(&slot, b"");
    assert_eq!(slot.init(at + 1, 1), code::BAD_BUFFER);
    assert_eq!(slot.init(at, abi::PARAMS_LEN_MAX + 1), code::BAD_BUFFER);
    assert_eq!(slot.init(at, 0), code::OK);
    assert_eq!(slot.on_events(at + 64, 1), code::BAD_BUFFER);
    assert_eq!(slot.on_events(at, EVENTS_CAP + 1), code::BAD_BUFFER);
    assert_eq!(slot.on_events(at, usize::MAX), code::BAD_BUFFER);
}

#[test]
fn a_slot_that_runs_is_not_entered_again() {
    let slot = Slot::<Bidder>::new();
    slot.init(0, 0);
    let answers = slot.alone(|_, _| (slot.on_events(0, 0), slot.init(0, 0), slot.io()));
    assert_eq!(answers, Some((code::RE_ENTERED, code::RE_ENTERED, 0)));
}

#[test]
fn buffers_are_aligned_and_apart() {
    let slot = Slot::<Bidder>::new();
    assert_ne!(slot.io(), 0);
    let (events, commands) =
        slot.alone(|b, _| (b.events.as_ptr_range(), b.commands.as_ptr_range())).unwrap();
    assert!(events.start.addr().is_multiple_of(BUFFER_ALIGN));
    assert!(commands.start.addr().is_multiple_of(BUFFER_ALIGN));
    assert!(events.end.addr() <= commands.start.addr());
}

#[test]
fn books_go_from_slot_to_slot_through_the_buffer_of_commands() {
    let (old, new) = (Slot::<Bidder>::new(), Slot::<Bidder>::new());
    let commands = |slot: &Slot<Bidder>| slot.alone(|it, _| it.commands.as_ptr().addr()).unwrap();
    let cap = abi::COMMANDS_CAP * COMMAND_LEN;
    assert_eq!(old.export(commands(&old), cap), code::NOT_READY);
    let events = write(&old, b"");
    assert_eq!(old.init(events, 0), code::OK);
    let event = EventRecord { kind: kind::TIMER, ..EventRecord::default() };
    write(&old, &event.to_bytes());
    assert_eq!(old.on_events(events, 1), 1);
    assert_eq!(old.export(commands(&old) + 1, cap), code::BAD_BUFFER);
    assert_eq!(old.export(commands(&old), cap + 1), code::BAD_BUFFER);
    assert_eq!(old.export(commands(&old), 8), code::BAD_STATE);
    let len = usize::try_from(old.export(commands(&old), cap)).unwrap();
    let state = old.alone(|it, _| it.commands.as_flattened()[..len].to_vec()).unwrap();

    let at = write(&new, b"");
    assert_eq!(new.import(commands(&new), 0, 0), code::NOT_READY);
    assert_eq!(new.init(at, 0), code::OK);
    let put = |bytes: &[u8]| {
        new.alone(|it, _| it.commands.as_flattened_mut()[..bytes.len()].copy_from_slice(bytes));
        new.import(commands(&new), bytes.len(), 0)
    };
    for cut in 0..len {
        assert_eq!(put(&state[..cut]), code::BAD_STATE, "{cut} of {len} bytes");
    }
    assert_eq!(put(&[&b"XYZ1"[..], &state[4..]].concat()), code::BAD_STATE);
    assert!(host(|host| host.logs.last().unwrap().text.contains("not of a strategy of this kit")));
    assert_eq!(put(&state), code::OK);
    write(&new, &event.to_bytes());
    assert_eq!(new.on_events(at, 1), 1);
    let bid = NewOrder::limit(OrderId(2), Side::Buy, Price(1), Qty(1));
    assert_eq!(first_command(&new), Command::New(bid), "the next free name");
}
