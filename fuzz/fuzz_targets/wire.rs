//! Whatever the bytes are: they are read without harm, and what is read is written as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_core::testing::check_wire_bytes;

fuzz_target!(|bytes: &[u8]| check_wire_bytes(bytes));
