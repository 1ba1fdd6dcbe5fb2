//! Guests of arbitrary bytes on all engines, as the fuzz targets `abi` and `admission` run them.

use ringfence_host::runtime::Engine;
use ringfence_host::testing::{Random, check_abi_bytes, check_admission_bytes, guest_from_bytes};

use crate::guests::{echo, engines};

fn random_bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..len).map(|_| random.next().to_le_bytes()[3]).collect()
}

/// Those that are ready at once: what compiles for long is left to the other tests.
fn quick() -> Vec<&'static dyn Engine> {
    let is_quick = |engine: &&dyn Engine| engine.name() != "wasmedge";
    engines().iter().map(|engine| &**engine).filter(is_quick).collect()
}

#[test]
fn no_guest_makes_the_host_panic_or_engines_differ() {
    let seeds = std::env::var("RINGFENCE_SEEDS").map_or(300, |seeds| seeds.parse().unwrap());
    for seed in 0..seeds {
        check_abi_bytes(&random_bytes(seed, 40 + seed as usize % 400), &quick());
    }
}

#[test]
fn no_file_makes_admission_panic() {
    let engine = quick()[0];
    let mut random = Random::new(11);
    for seed in 0..400 {
        check_admission_bytes(&random_bytes(seed, 200), engine);
        let mut edited =
            if seed % 2 == 0 { echo() } else { guest_from_bytes(&random_bytes(seed, 99)) };
        for _ in 0..=seed % 4 {
            let at = random.next() as usize % edited.len();
            edited[at] = random.next().to_le_bytes()[0];
        }
        check_admission_bytes(&edited, engine);
    }
}
