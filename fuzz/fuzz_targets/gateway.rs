//! Whatever a client sends: its commands come in order, for itself alone, or it is ended.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_host::testing::check_gateway_bytes;

fuzz_target!(|bytes: &[u8]| check_gateway_bytes(bytes));
