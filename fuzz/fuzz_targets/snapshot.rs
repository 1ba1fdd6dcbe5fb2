//! Whatever a snapshot holds, and whatever is changed in one: the venue comes back as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_host::testing::{check_snapshot_bytes, check_snapshot_edits};

fuzz_target!(|bytes: &[u8]| {
    check_snapshot_bytes(bytes);
    if let Some((&seed, edits)) = bytes.split_first() {
        check_snapshot_edits(u64::from(seed), edits);
    }
});
