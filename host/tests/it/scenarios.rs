//! The engine's golden tapes, played by the engine inside a guest, on every Wasm engine: each tape
//! goes as it says, ends in the same state as natively, and costs the same gas everywhere.
//!
//! The guest is `examples/guest-engine`, built by `.ci/build-guests.sh`.

use std::fs;
use std::path::Path;

use ringfence_core::testing::run_scenario;
use ringfence_core::{Capacity, Engine as Book};
use ringfence_host::runtime::{Call, Engine, Imports, ImportsConfig, Instance};
use ringfence_host::sandbox::{IoBlock, SandboxConfig, admit};

use crate::guests::{engines, guest_file};

#[test]
fn the_engine_in_a_guest_plays_every_tape_as_natively() {
    let file = guest_file("guest-engine");
    let Ok(wasm) = fs::read(&file) else {
        println!("skipped: {} is not there: run .ci/build-guests.sh", file.display());
        return;
    };
    let tapes = tapes();
    assert!(tapes.len() >= 70, "tapes are missing: only {}", tapes.len());
    let native: Vec<String> = tapes.iter().map(|(name, tape)| play_natively(name, tape)).collect();
    let mut spent = Vec::new();
    for engine in engines() {
        let mut player = Player::start(&**engine, &wasm);
        for ((name, tape), native) in tapes.iter().zip(&native) {
            let played = player.play(tape).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
            assert_eq!(&played, native, "{name} on {}: another state than natively", engine.name());
        }
        spent.push(player.gas);
    }
    assert!(spent.windows(2).all(|pair| pair[0] == pair[1]), "gas differs by engine: {spent:?}");
}

#[test]
fn a_wrong_tape_is_noticed_in_a_guest() {
    let file = guest_file("guest-engine");
    let Ok(wasm) = fs::read(&file) else {
        println!("skipped: {} is not there: run .ci/build-guests.sh", file.display());
        return;
    };
    let wrong = r#"{"op":"instrument","instrument":0,"symbol":"A"}
{"ev":"phase","seq":2,"instrument":0,"phase":"continuous"}"#;
    for engine in engines() {
        let told = Player::start(&**engine, &wasm).play(wrong).expect_err("the number is wrong");
        assert!(told.contains("line 2"), "{}: {told}", engine.name());
    }
}

/// A guest that plays tapes.
struct Player {
    instance: Box<dyn Instance>,
    io: IoBlock,
    gas: u64,
}

impl Player {
    fn start(engine: &dyn Engine, wasm: &[u8]) -> Self {
        let config = SandboxConfig { memory_pages: 1_024, ..SandboxConfig::default() };
        let admitted = admit(wasm, &config).unwrap();
        let module = engine.prepare(admitted.bytes()).unwrap();
        let imports = Imports::new(ImportsConfig {
            submitted_max: 0,
            log_bytes_per_second: 0,
            log_bytes_kept: 0,
            seed: 0,
        });
        let mut instance = module.instantiate(imports).unwrap();
        instance.set_depth(1_024);
        let mut player = Self { instance, io: IoBlock::default(), gas: 0 };
        let at = player.call(Call::Io).cast_unsigned();
        player.io = IoBlock::read(player.instance.memory(), at).unwrap();
        player
    }

    /// The state that a tape ends in, or where it did not go as it says.
    fn play(&mut self, tape: &str) -> Result<String, String> {
        let (ptr, cap) = (self.io.events_off, self.io.events_cap * 64);
        let from = ptr as usize;
        self.instance.memory_mut()[from..from + tape.len()].copy_from_slice(tape.as_bytes());
        let len = u32::try_from(tape.len()).unwrap();
        let played = self.call(Call::Import { ptr, len, from_version: 0 });
        let len = usize::try_from(self.call(Call::Export { ptr, cap })).unwrap();
        let told = self.instance.memory()[from..from + len].to_vec();
        let told = String::from_utf8(told).unwrap();
        if played == 0 { Ok(told) } else { Err(told) }
    }

    fn call(&mut self, call: Call) -> i32 {
        let returned = self.instance.call(call, i64::MAX).unwrap_or_else(|trap| {
            panic!("{}: {trap}: {:?}", call.export(), self.instance.imports().panicked())
        });
        self.gas += u64::try_from(i64::MAX - self.instance.gas()).unwrap();
        returned.answer
    }
}

fn play_natively(name: &str, tape: &str) -> String {
    let mut engine = Book::new(Capacity::SMALL);
    run_scenario(tape, &mut engine).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
    format!("{:016x}", engine.state_hash())
}

/// Every golden tape with its name.
fn tapes() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine-core/scenarios");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut tapes: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|ext| ext == "jsonl"))
        .map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap()))
        .collect();
    tapes.sort();
    tapes
}
