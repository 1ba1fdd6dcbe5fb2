//! Whatever comes in at the admin door is a request or a sentence.

use ringfence_host::testing::{Random, check_admin_bytes};

const REQUESTS: [&[u8]; 6] = [
    br#"{"do":"list"}"#,
    br#"{"do":"load","file":"/a/b.wasm","name":"b","runtime":"wasmtime","parameters":{"size":5}}"#,
    br#"{"do":"unload","strategy":"b","orders":"keep"}"#,
    br#"{"do":"replace","strategy":3,"file":"/b.wasm","parameters":{"a":true,"b":"c"}}"#,
    br#"{"do":"snapshot","strategy":0,"to":"/tmp/image"}"#,
    br#"{"do":"restore","strategy":"b","image":"/tmp/image"}"#,
];

#[test]
fn a_request_that_was_edited_is_read_or_refused() {
    let mut random = Random::new(1);
    for round in 0..12_000 {
        let mut bytes = REQUESTS[round % REQUESTS.len()].to_vec();
        for _ in 0..random.below(4) {
            let at = random.below(bytes.len() as u64) as usize;
            match random.below(4) {
                0 => bytes.truncate(at + 1),
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, random.one_of(b"\n\"[]{},:\\/0-")),
                _ => bytes[at] = random.next() as u8,
            }
            if bytes.is_empty() {
                break;
            }
        }
        check_admin_bytes(&bytes);
    }
}

#[test]
fn what_is_no_request_and_no_image_is_refused() {
    for bytes in
        [&b""[..], b"\xff\xfe", b"\0", b"{", b"null", b"RFSEAT\n\n", b"RFSEAT\n\n\x02\0\0\0"]
    {
        check_admin_bytes(bytes);
    }
    check_admin_bytes(&[b'['; 60_000]);
    let mut random = Random::new(2);
    for len in 0..2_000 {
        let mut bytes = b"RFSEAT\n\n\x02\0\0\0".to_vec();
        bytes.extend(
            (0..len % 300).map(|_| if random.once_in(3) { random.next() as u8 } else { 0 }),
        );
        check_admin_bytes(&bytes);
    }
}
