//! Whether the binary encoding gives back what it was given.

use crate::command::Command;
use crate::event::{Event, Fee, Total, What};
use crate::id::AccountId;
use crate::quantity::{Qty, Time};
use crate::wire::{COMMAND_LEN, CommandRecord, EVENT_LEN, EventRecord};

/// Whatever these bytes hold, reading them does not panic, and a command or event that was read is
/// written as it was: the first record's worth as a command, and as an event.
///
/// # Panics
///
/// Where it is not.
pub fn check_wire_bytes(bytes: &[u8]) {
    if let Some(record) = bytes.first_chunk() {
        check_command_bytes(record);
    }
    if let Some(record) = bytes.first_chunk() {
        check_event_bytes(record);
    }
}

/// A command has exactly one encoding, apart from its `tag`.
///
/// # Panics
///
/// Where bytes that are read as a command are not what that command is written as.
pub fn check_command_bytes(bytes: &[u8; COMMAND_LEN]) {
    let record = CommandRecord::from_bytes(bytes);
    assert_eq!(&record.to_bytes(), bytes, "bytes are lost in the record");
    if let Ok(command) = record.to_command() {
        let tagged = CommandRecord::from_command(&command)
            .map(|written| CommandRecord { tag: record.tag, ..written });
        assert_eq!(tagged, Some(record), "the command is written in another way");
    }
}

/// An event that is read, written and read again is the same event.
///
/// # Panics
///
/// Where it is another one.
pub fn check_event_bytes(bytes: &[u8; EVENT_LEN]) {
    let record = EventRecord::from_bytes(bytes);
    assert_eq!(&record.to_bytes(), bytes, "bytes are lost in the record");
    let account = AccountId(7);
    if let Some(event) = record.to_event(account) {
        let again = EventRecord::from_event(&event, Time(record.at_ns));
        assert_eq!(again.to_event(account), Some(event), "the event changes on its way");
    }
}

/// A command comes back as it was sent.
///
/// # Panics
///
/// Where it does not; a definition of an instrument or account, which does not travel, is skipped.
pub fn check_command_round_trip(command: &Command) {
    if let Some(record) = CommandRecord::from_command(command) {
        let read = CommandRecord::from_bytes(&record.to_bytes()).to_command();
        assert_eq!(read.as_ref(), Ok(command), "the command changes on its way");
    }
}

/// An event comes back as it was sent, to the account that it belongs to, apart from what the
/// record has no room for: see [`EventRecord::to_event`].
///
/// # Panics
///
/// Where it does not.
pub fn check_event_round_trip(event: &Event, at: Time) {
    let account = event.what.account().unwrap_or_default();
    let record = EventRecord::from_event(event, at);
    let travelled = EventRecord::from_bytes(&record.to_bytes());
    let arrived = Event { what: as_it_arrives(event.what), ..*event };
    assert_eq!(travelled.at_ns, at.0, "the time changes on its way");
    assert_eq!(travelled.to_event(account), Some(arrived), "the event changes on its way");
}

/// What is left of an event in 64 bytes.
fn as_it_arrives(mut what: What) -> What {
    let held = |total: Total| Total::new(u128::from(total.saturating_u64()));
    match &mut what {
        What::Filled { cumulative, fee, .. } => {
            *cumulative = Qty::ZERO;
            let bounds = (i128::from(i64::MIN), i128::from(i64::MAX));
            *fee = Fee::new(fee.get().clamp(bounds.0, bounds.1));
        }
        What::Trade { taker: None, maker_id, .. } => *maker_id = None,
        What::Level { qty, .. } | What::Indicative { qty, .. } | What::Uncrossed { qty, .. } => {
            *qty = held(*qty)
        }
        What::Bbo { bid, ask } => {
            for side in [bid, ask] {
                *side = side.map(|(price, qty)| (price, held(qty)));
            }
        }
        _ => {}
    }
    what
}
