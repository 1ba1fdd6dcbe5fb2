//! What the host says of the ABI is what the kit says of it.

use ringfence_guest::abi::{self, IoBlock as Block};
use ringfence_host::runtime::{
    Call, Import, SUBMIT_BAD_LEN, SUBMIT_FULL, SUBMIT_NO_COMMAND, SUBMIT_NOT_NOW,
};
use ringfence_host::sandbox::{ABI_VERSION, IoBlock, IoError, SandboxConfig, admit};

#[test]
fn names_and_numbers_are_those_of_the_kit() {
    assert_eq!(ABI_VERSION, (abi::MAJOR, abi::MINOR));
    let exports = |optional| {
        let those = Call::ALL.iter().filter(move |call| call.is_optional() == optional);
        those.map(|call| call.export()).collect::<Vec<_>>()
    };
    assert_eq!(exports(false), abi::EXPORTS_REQUIRED);
    assert_eq!(exports(true), abi::EXPORTS_OPTIONAL);
    let (imports, others): (Vec<_>, Vec<_>) =
        Import::ALL.into_iter().partition(|import| import.module() == abi::IMPORT_MODULE);
    assert!(imports.iter().map(|import| import.name()).eq(abi::IMPORTS));
    assert_eq!(others, [Import::Abort], "which is for AssemblyScript");
    let answers = [SUBMIT_FULL, SUBMIT_BAD_LEN, SUBMIT_NO_COMMAND, SUBMIT_NOT_NOW];
    use abi::submit::{BAD_LEN, FULL, NO_COMMAND, NOT_NOW};
    assert_eq!(answers, [FULL, BAD_LEN, NO_COMMAND, NOT_NOW]);
}

#[test]
fn the_host_reads_a_block_as_the_kit_lays_it_out() {
    let kits = Block::new(64, 64 + 4_096);
    assert_eq!(kits.magic, abi::MAGIC);
    let mut memory = vec![0; 65_536];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        memory[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(&kits.magic.to_le_bytes());
    [kits.major, kits.minor].iter().for_each(|half| put(&half.to_le_bytes()));
    [kits.events_off, kits.events_cap, kits.commands_off, kits.commands_cap]
        .iter()
        .for_each(|word| put(&word.to_le_bytes()));
    [kits.event_stride, kits.command_stride].iter().for_each(|half| put(&half.to_le_bytes()));
    put(&kits.flags.to_le_bytes());
    assert_eq!(at, abi::IO_BLOCK_LEN);
    let block = IoBlock::read(&memory, 0).expect("it is one");
    assert_eq!((block.events_off, block.events_cap), (kits.events_off, kits.events_cap));
    assert_eq!((block.commands_off, block.commands_cap), (kits.commands_off, kits.commands_cap));
    let last = u32::try_from(memory.len() - abi::BUFFER_ALIGN).expect("a small memory");
    let magic = IoBlock::read(&memory, last);
    assert_eq!(magic, Err(IoError::Magic { magic: 0 }), "a multiple of what the kit aligns to");
}

#[test]
fn the_host_reads_the_section_that_the_kit_writes() {
    let text = format!(
        r#"(module (@custom "{}" "{{\"abi\":\"1.0\",\"name\":\"it\",\"imports\":[\"none\"]}}"))"#,
        abi::MANIFEST_SECTION
    );
    let wasm = wat::parse_str(text).expect("it is a module");
    let refused = admit(&wasm, &SandboxConfig::default()).expect_err("there is no such import");
    assert!(refused.to_string().contains("imports"), "{refused}");
}
