//! Prints a scenario with the events that the reference tells, for writing tapes.
//!
//! `cargo run -p ringfence-core --features testing --example tape -- FILE…`. What it prints is what
//! the reference does, not what is right: read every line before it becomes a golden tape.

use std::process::ExitCode;
use std::{env, fs};

use ringfence_core::Capacity;
use ringfence_core::testing::Reference;
use ringfence_core::testing::scenario::rewrite_scenario;

fn main() -> ExitCode {
    for file in env::args().skip(1) {
        let tape = match fs::read_to_string(&file) {
            Ok(tape) => tape,
            Err(error) => {
                eprintln!("{file}: {error}");
                return ExitCode::from(2);
            }
        };
        match rewrite_scenario(&tape, &mut Reference::new(Capacity::SMALL)) {
            Ok(tape) => print!("{tape}"),
            Err(mismatch) => {
                eprintln!("{file}: {mismatch}");
                return ExitCode::from(2);
            }
        }
    }
    ExitCode::SUCCESS
}
