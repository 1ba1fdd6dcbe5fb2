//! Whatever comes in at the admin door is a request or a sentence.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_host::testing::check_admin_bytes;

fuzz_target!(|bytes: &[u8]| check_admin_bytes(bytes));
