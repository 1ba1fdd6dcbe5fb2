//! Whatever commands the bytes spell: the engine does what its reference does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_core::testing::check_agreement_of_bytes;

fuzz_target!(|bytes: &[u8]| check_agreement_of_bytes(bytes));
