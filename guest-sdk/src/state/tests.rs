use super::*;

#[test]
fn what_was_written_is_read_back_in_order() {
    let mut room = [0; 64];
    let mut out = StateWriter::new(&mut room);
    out.u8(7);
    out.u32(1 << 31);
    out.u64(u64::MAX);
    out.i64(-5);
    out.i128(i128::MIN);
    out.bytes(b"abc");
    let len = out.finish().unwrap();
    assert_eq!(len, 1 + 4 + 8 + 8 + 16 + 3);
    let mut read = StateReader::new(&room[..len]);
    assert_eq!((read.u8(), read.u32(), read.u64()), (Ok(7), Ok(1 << 31), Ok(u64::MAX)));
    assert_eq!((read.i64(), read.i128(), read.bytes(3)), (Ok(-5), Ok(i128::MIN), Ok(&b"abc"[..])));
    assert!(read.is_empty());
    assert_eq!((read.u8(), read.bytes(1)), (Err(StateError::CutShort), Err(StateError::CutShort)));
}

#[test]
fn what_has_no_room_fails_the_whole() {
    let mut room = [0; 10];
    let mut out = StateWriter::new(&mut room);
    out.u64(1);
    out.u32(1);
    out.u8(1);
    assert_eq!(out.finish(), Err(StateError::NoRoom));
}
