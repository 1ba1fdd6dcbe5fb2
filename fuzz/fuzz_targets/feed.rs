//! Whatever a subscriber sends, and a visitor of the HTTP server.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_host::testing::{check_feed_bytes, check_http_bytes};

fuzz_target!(|bytes: &[u8]| {
    check_feed_bytes(bytes);
    check_http_bytes(bytes);
});
