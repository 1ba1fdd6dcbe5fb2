use super::*;

fn header() -> Header {
    let last = Stamp { place: 41, at: Time(99) };
    let line = "{\"op\":\"instrument\",\"instrument\":1,\"symbol\":\"ABC\"}\n";
    Header::after(last, 0x0102_0304, Capacity::SMALL, line.to_owned())
}

#[test]
fn a_head_comes_back_as_it_was_written() {
    let bytes = header().to_bytes();
    assert_eq!(bytes.len() % ALIGN, 0);
    assert_eq!(Header::read(&bytes), Ok((header(), bytes.len())));
    let plain = Header { instruments: String::new(), ..header() };
    assert_eq!(Header::read(&plain.to_bytes()), Ok((plain, FIXED_LEN)));
}

#[test]
fn any_other_bit_is_noticed() {
    let bytes = header().to_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut other = bytes.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Header::read(&other), Err(BadHead::NotWhole), "bit {bit}");
    }
}

#[test]
fn other_rules_are_not_applied_to_it() {
    let other = Header { semantics: SEMANTICS + 1, ..header() };
    let Err(BadHead::Foreign(problem)) = Header::read(&other.to_bytes()) else {
        panic!("it would be applied by rules that it was not written by");
    };
    assert!(problem.contains("read it with the version that wrote it"), "{problem}");
}

#[test]
fn segments_are_named_by_their_first_place() {
    assert_eq!(file_name(42), "00000000000000000042.journal");
    assert_eq!(first_of(&file_name(u64::MAX)), Some(u64::MAX));
    for name in
        ["42.journal", "lock", "00000000000000000042.journal.old", "+0000000000000000042.journal"]
    {
        assert_eq!(first_of(name), None, "{name}");
    }
}
