//! Configurations that were typed wrong are refused with a place, and never stop the reader.

use ringfence_host::testing::{Random, check_config_bytes};

const EXAMPLE: &[u8] = include_bytes!("../../../examples/venue.toml");

#[test]
fn an_example_that_was_edited_is_read_or_refused_with_a_place() {
    let mut random = Random::new(1);
    for _ in 0..2_000 {
        let mut bytes = EXAMPLE.to_vec();
        for _ in 0..=random.below(4) {
            if bytes.is_empty() {
                break;
            }
            let at = random.below(bytes.len() as u64) as usize;
            match random.below(4) {
                0 => bytes.truncate(at + 1),
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, random.one_of(b"\n\"[]={},.#'0-")),
                _ => bytes[at] = random.next() as u8,
            }
        }
        check_config_bytes(&bytes);
    }
}

#[test]
fn what_is_no_configuration_is_refused() {
    for bytes in [&b"\xff\xfe"[..], b"\0", b"[", b"[[", b"=", b"a.b.c.d.e = ", b"[gateway]\n\xf0"] {
        check_config_bytes(bytes);
    }
    let deep = [b"x = ".as_slice(), &[b'['; 20_000]].concat();
    check_config_bytes(&deep);
}
