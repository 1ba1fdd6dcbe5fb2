//! Whatever a configuration says, it is read or refused with a place in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_host::testing::check_config_bytes;

fuzz_target!(|bytes: &[u8]| check_config_bytes(bytes));
