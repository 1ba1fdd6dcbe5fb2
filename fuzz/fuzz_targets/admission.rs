//! Whatever is handed in as a module is refused, or becomes one that an engine takes.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ringfence_host::runtime::Wasmi;
use ringfence_host::testing::{check_admission_bytes, guest_from_bytes};

static WASMI: LazyLock<Wasmi> = LazyLock::new(|| Wasmi::new().expect("it runs anywhere"));

fuzz_target!(|bytes: &[u8]| {
    check_admission_bytes(bytes, &*WASMI);
    // A guest in which a byte was changed: random bytes seldom get far.
    if let Some((&[at, to, times], seed)) = bytes.split_first_chunk() {
        let mut edited = guest_from_bytes(seed);
        for time in 0..times % 8 {
            let place = usize::from(at) * 7 + usize::from(time) * 31;
            let len = edited.len();
            edited[place % len] = to.wrapping_add(time);
        }
        check_admission_bytes(&edited, &*WASMI);
    }
});
