//! Guests made of arbitrary bytes: none of them, and nothing that claims to be one, makes the host
//! panic or one engine differ from another.

use ringfence_core::quantity::Time;
use ringfence_core::wire::EventRecord;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, ImportSection, Instruction, MemArg, MemArgTarget, MemorySection,
    MemoryType, Module, TypeSection, ValType,
};

use crate::runtime::dialect;
use crate::runtime::{Call, Engine, Import, Word};
use crate::sandbox::{Cache, Program, Sandbox, SandboxConfig, admit};

/// Runs the guest that these bytes are made into on each engine: nothing panics, and all that can
/// be seen of it is the same everywhere.
///
/// # Panics
///
/// Where that is not so.
pub fn check_abi_bytes(bytes: &[u8], engines: &[&dyn Engine]) {
    let wasm = guest_from_bytes(bytes);
    let mut seen = engines.iter().map(|engine| (engine.name(), run(*engine, &wasm)));
    let Some((first, expected)) = seen.next() else { return };
    for (name, found) in seen {
        assert_eq!(found, expected, "{name} (left) and {first} (right) differ");
    }
}

/// Hands these bytes in as a module: they are refused, or become one that an engine takes.
///
/// # Panics
///
/// Where that is not so.
pub fn check_admission_bytes(bytes: &[u8], engine: &dyn Engine) {
    _ = crate::sandbox::counted(bytes);
    _ = crate::sandbox::gas_by_function(bytes);
    if let Ok(admitted) = admit(bytes, &config()) {
        let valid = dialect::validator().validate_all(admitted.bytes());
        valid.expect("what is written back is valid");
        engine.prepare(admitted.bytes()).expect("the engine takes what is admitted");
        _ = run(engine, bytes);
    }
}

fn config() -> SandboxConfig {
    SandboxConfig {
        gas_per_call: 100_000,
        gas_per_second: 300_000,
        gas_init: 100_000,
        memory_pages: 8,
        commands_per_batch: 20,
        log_bytes_per_second: 2_000,
        log_bytes_kept: 500,
        ..SandboxConfig::default()
    }
}

/// Does everything with a guest that a host does, and returns what came of it.
fn run(engine: &dyn Engine, wasm: &[u8]) -> String {
    let program = match Program::prepare(engine, &Cache::disabled(), wasm, &config()) {
        Ok(program) => program,
        Err(error) => return error.to_string(),
    };
    let mut sandbox = match Sandbox::start(&program, &config()) {
        Ok(sandbox) => sandbox,
        Err(error) => return error.to_string(),
    };
    let mut out = Vec::new();
    let mut seen = String::new();
    for turn in 1..4 {
        let events = [EventRecord { kind: 17, seq: turn, ..EventRecord::default() }; 3];
        let ends = [
            sandbox.deliver(Time(turn), &events, &mut out),
            sandbox.call_timer(Time(turn), &mut out),
        ];
        seen += &format!("{ends:?}");
        if let Ok(image) = sandbox.image() {
            sandbox = Sandbox::restore(&program, &config(), &image).expect("its own image");
        }
    }
    seen += &format!("{:?}", sandbox.export_state());
    seen += &format!("{:?}", sandbox.import_state(&[7; 100], 1));
    _ = sandbox.shutdown();
    let stats = sandbox.stats();
    seen += &format!("{out:?} {} {:?}", stats.gas, sandbox.log_lines());
    seen + &format!("{:?} {:?}", sandbox.metrics(), sandbox.backtrace())
}

/// A module that calls every import with arbitrary arguments and answers whatever it likes.
#[must_use]
pub fn guest_from_bytes(bytes: &[u8]) -> Vec<u8> {
    let mut choice = Bytes(bytes);
    let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
    for import in Import::ALL {
        let number = types.len();
        types.ty().function(import.params().iter().map(value), import.result().iter().map(value));
        imports.import(import.module(), import.name(), EntityType::Function(number));
    }
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    let mut exports = ExportSection::new();
    let first = types.len();
    for (call, number) in Call::ALL.into_iter().zip(0..) {
        if call.is_optional() && choice.below(2) == 0 {
            continue;
        }
        let result = call.returns().then_some(ValType::I32);
        let ty = types.len();
        types.ty().function(call.params().iter().map(value), result);
        exports.export(call.export(), ExportKind::Func, first + functions.len());
        functions.function(ty);
        code.function(&body(&mut choice, call, number));
    }
    exports.export("memory", ExportKind::Memory, 0);
    let mut memory = MemorySection::new();
    memory.memory(MemoryType {
        minimum: 2 + choice.below(2),
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(64), io_block(&mut choice));
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&memory);
    module.section(&exports).section(&code).section(&data);
    module.finish()
}

/// The block of exchange, in which now and then a word is wrong.
fn io_block(choice: &mut Bytes<'_>) -> Vec<u8> {
    let mut words = [u32::from_le_bytes(*b"RFIO"), 1, 128, 64, 4_224, 64, 64 | 128 << 16, 0];
    if choice.below(8) == 7 {
        let at = choice.index(words.len());
        words[at] = choice.word();
    }
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn body(choice: &mut Bytes<'_>, call: Call, number: u64) -> Function {
    let mut body = Function::new([]);
    // The start mostly does what it should, or nothing would ever come after it.
    let is_start = number < 3;
    if !is_start || choice.below(8) == 7 {
        for _ in 0..choice.below(12) {
            step(choice, &mut body);
        }
    }
    if call.returns() {
        let answer = match call {
            _ if choice.below(16) == 15 => choice.word().cast_signed(),
            Call::AbiVersion => 0x1_0000,
            Call::Io => 64,
            Call::OnEvents { .. } => i32::try_from(choice.below(4)).unwrap_or(0),
            _ => 0,
        };
        body.instruction(&Instruction::I32Const(answer));
    }
    body.instruction(&Instruction::End);
    body
}

/// Something that a guest can do to its host.
fn step(choice: &mut Bytes<'_>, body: &mut Function) {
    match choice.below(16) {
        0..=8 => {
            let at = choice.index(Import::ALL.len());
            host_call(choice, body, Import::ALL[at], at);
        }
        // A word of a record, or of anything else.
        9..=11 => {
            let at = 64 + choice.below(9_000);
            store(body, u32::try_from(at).unwrap_or(0), choice.long());
        }
        12 => store(body, choice.word(), choice.long()),
        13 => {
            body.instruction(&Instruction::I32Const(choice.word().cast_signed() % 64));
            body.instruction(&Instruction::MemoryGrow(0));
            body.instruction(&Instruction::Drop);
        }
        14 => {
            body.instruction(&Instruction::Loop(BlockType::Empty));
            host_call(choice, body, Import::Rand64, 3);
            body.instruction(&Instruction::Br(0));
            body.instruction(&Instruction::End);
        }
        _ => _ = body.instruction(&Instruction::Unreachable),
    }
}

fn host_call(choice: &mut Bytes<'_>, body: &mut Function, import: Import, at: usize) {
    for word in import.params() {
        match word {
            Word::I32 => body.instruction(&Instruction::I32Const(choice.word().cast_signed())),
            Word::I64 => body.instruction(&Instruction::I64Const(choice.long().cast_signed())),
        };
    }
    body.instruction(&Instruction::Call(u32::try_from(at).unwrap_or(0)));
    if import.result().is_some() {
        body.instruction(&Instruction::Drop);
    }
}

fn store(body: &mut Function, at: u32, word: u64) {
    body.instruction(&Instruction::I32Const(at.cast_signed()));
    body.instruction(&Instruction::I64Const(word.cast_signed()));
    body.instruction(&Instruction::I64Store(MemArg {
        offset: 0,
        align: 0,
        target: MemArgTarget::Memory(0),
        ordering: None,
    }));
}

const fn value(word: &Word) -> ValType {
    match word {
        Word::I32 => ValType::I32,
        Word::I64 => ValType::I64,
    }
}

/// Decisions, a byte each; zeros once there are no more.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn below(&mut self, bound: u64) -> u64 {
        let number = u64::from(self.byte());
        if bound > 256 { (number << 8 | u64::from(self.byte())) % bound } else { number % bound }
    }

    fn index(&mut self, len: usize) -> usize {
        usize::from(self.byte()) % len
    }

    /// A number as it matters to a host: an offset in memory, its end, a length, or any.
    fn word(&mut self) -> u32 {
        match self.byte() % 8 {
            0 => 128,
            1 => 4_224,
            2 => 0x2_0000 - u32::from(self.byte() % 8),
            3 => u32::MAX - u32::from(self.byte() % 8),
            4 | 5 => u32::from(self.byte()),
            6 => 1 << (self.byte() % 32),
            _ => u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()]),
        }
    }

    fn long(&mut self) -> u64 {
        u64::from(self.word()) << 32 | u64::from(self.word())
    }
}
