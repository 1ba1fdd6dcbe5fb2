//! Whatever a segment holds, and whatever is changed in one: reading it passes over nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_host::testing::{check_journal_bytes, check_journal_edits};

fuzz_target!(|bytes: &[u8]| {
    check_journal_bytes(bytes);
    if let Some((&seed, edits)) = bytes.split_first() {
        check_journal_edits(u64::from(seed), edits);
    }
});
