//! The whole matching engine inside a guest: plays a golden tape and tells the state that it ends in.
//!
//! No strategy: it trades nothing and hears no events. A tape comes in by `rf_import`, what became
//! of it goes out by `rf_export`. It is rewritten and run like any other guest, so that what is
//! played here shows that the engine computes the same in Wasm, on each Wasm engine and behind the
//! fence. `host/tests/it/scenarios.rs` does so with every tape of `engine-core/scenarios`, and
//! `benches/benches/wasm.rs` has it run the measuring workload.

use ringfence_core::testing::run_scenario;
use ringfence_core::{Capacity, Engine};

#[cfg(target_arch = "wasm32")]
mod exports;
pub mod workload;

/// Plays a tape on a fresh engine: 16 hexadecimal digits of the state that it ends in.
///
/// # Errors
///
/// Where the tape is no text, or the engine does anything else than it says: a sentence with the
/// line.
pub fn play(tape: &[u8]) -> Result<String, String> {
    let tape = str::from_utf8(tape).map_err(|bad| format!("the tape is not UTF-8: {bad}"))?;
    let mut engine = Engine::new(Capacity::SMALL);
    run_scenario(tape, &mut engine).map_err(|mismatch| mismatch.to_string())?;
    Ok(format!("{:016x}", engine.state_hash()))
}

#[cfg(test)]
mod tests {
    use super::play;

    #[test]
    fn a_tape_ends_in_a_state() {
        let tape = include_bytes!("../../../engine-core/scenarios/fifo.jsonl");
        assert_eq!(play(tape).map(|hash| hash.len()), Ok(16));
    }

    #[test]
    fn a_wrong_tape_is_told() {
        let told = play(br#"{"op":"time","now":1,"later":2}"#);
        assert!(told.is_err_and(|told| told.contains("line 1")));
        assert!(play(b"\xff").is_err_and(|told| told.contains("UTF-8")));
    }
}
