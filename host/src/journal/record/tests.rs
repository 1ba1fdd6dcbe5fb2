use ringfence_core::{
    AccountId, Cancel, InstrumentId, InstrumentSpec, NewOrder, OrderId, OrderType, Price, Qty, Side,
};

use super::*;

fn link(place: u64) -> Link {
    let stamp = Stamp { place, at: Time(1_000 + place) };
    let origin = Origin { session: 7, number: 3 };
    Link { stamp, origin, chain: 0xdead_beef, behind: 1 }
}

fn written(command: &Command) -> Vec<u8> {
    let mut bytes = Vec::new();
    append(&mut bytes, &link(9), command).expect("it fits");
    bytes
}

#[test]
fn a_record_lies_as_documented() {
    let cancel = Cancel { instrument: InstrumentId(2), account: AccountId(7), id: OrderId(0x0102) };
    let bytes = written(&Command::Cancel(cancel));
    assert_eq!(bytes.len(), 44 + 32 + 4, "the words of zeros at the end are left out");
    assert_eq!(bytes[..4], [32, 0, 1, 0], "length of the payload, kind, zero");
    assert_eq!(bytes[8..16], 9_u64.to_le_bytes());
    assert_eq!(bytes[16..24], 1_009_u64.to_le_bytes());
    assert_eq!(bytes[24..32], 3_u64.to_le_bytes());
    assert_eq!(bytes[32..36], 7_u32.to_le_bytes());
    assert_eq!(bytes[36..40], 0xdead_beef_u32.to_le_bytes());
    assert_eq!(bytes[40..44], 1_u32.to_le_bytes());
    assert_eq!(bytes[44], 4, "the number of `cancel`");
    assert_eq!(bytes[68..76], 0x0102_u64.to_le_bytes());
    assert_eq!(bytes[76..], [0xa5; 4]);
    let crc = [&bytes[..4], &bytes[8..]].concat();
    assert_eq!(bytes[4..8], crc32c::crc32c(&crc).to_le_bytes());
    assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283, "Castagnoli's polynomial");
}

#[test]
fn what_does_not_travel_lies_as_text() {
    let spec = InstrumentSpec::new(InstrumentId(1), "ABC");
    let define = Command::Instrument(Box::new(spec));
    let bytes = written(&define);
    assert_eq!(bytes[2], 2);
    assert!(
        bytes[44..].starts_with(br#"{"op":"instrument","instrument":1,"symbol":"ABC","at":1009}"#)
    );
    // The wire has one field for both of its quantities; it would come back with one of them.
    let order = NewOrder {
        order_type: OrderType::Market,
        price: None,
        notional: 500,
        ..NewOrder::limit(OrderId(1), Side::Buy, Price(1), Qty(5))
    };
    for command in [define, Command::New(order)] {
        let bytes = written(&command);
        let entry = Record::read(&bytes).expect("it is whole").entry().expect("it is one of ours");
        assert_eq!(entry.command, command);
        assert_eq!(entry.origin, Origin { session: 7, number: 3 });
    }
}

#[test]
fn a_definition_that_no_tape_can_hold_is_not_taken() {
    let mut spec = InstrumentSpec::new(InstrumentId(1), "ABC");
    spec.scale = 200;
    let mut bytes = vec![1, 2, 3];
    let refused = append(&mut bytes, &link(1), &Command::Instrument(Box::new(spec)));
    assert!(matches!(refused, Err(JournalError::Unwritable { .. })), "{refused:?}");
    assert_eq!(bytes, [1, 2, 3], "nothing of it is left");
}

#[test]
fn any_other_bit_is_noticed() {
    let order = NewOrder::limit(OrderId(1), Side::Sell, Price(-5), Qty(9));
    let bytes = written(&Command::New(order));
    for bit in 0..bytes.len() * 8 {
        let mut other = bytes.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Record::read(&other), None, "bit {bit}");
    }
    for cut in 0..bytes.len() {
        assert_eq!(Record::read(&bytes[..cut]), None, "cut at {cut}");
    }
}

/// What is written without being read back first would be read back the same.
#[test]
fn plain_commands_travel_as_they_are() {
    use ringfence_core::testing::generate::RandomCommands;
    use ringfence_core::wire::CommandRecord;
    let mut plain = 0;
    for (_, command) in (0..20).flat_map(|seed| RandomCommands::new(seed).take(2_000)) {
        if super::is_plain(&command) {
            plain += 1;
            let record = CommandRecord::from_command(&command).expect("it travels");
            assert_eq!(record.to_command().as_ref(), Ok(&command));
        }
    }
    assert!(plain > 10_000, "{plain}");
}
