use wasm_encoder::{CodeSection, FunctionSection, Module, TypeSection};
use wasmparser::{Operator, Payload};

use super::super::entry::Entries;
use super::*;
use crate::sandbox::LoadError;
use crate::sandbox::admission::Survey;

/// Compares each function of a module with what comes of reading and writing every instruction.
fn check(wasm: &[u8]) {
    let survey = Survey::of(wasm).unwrap();
    let fences = [
        Fence::ALL,
        Fence { gas: false, ..Fence::ALL },
        Fence { depth: false, ..Fence::ALL },
        Fence { nan: false, ..Fence::ALL },
        Fence { path: false, ..Fence::ALL },
        Fence::NONE,
    ];
    for fence in fences {
        let entries = Entries::of(&survey);
        let (memory_pages, globals_done) = (9, true);
        let survey = &survey;
        let mut rewriter =
            Rewriter { survey, memory_pages, fence, entries, next_body: 0, globals_done };
        for payload in dialect::parser().parse_all(wasm) {
            if let Payload::CodeSectionEntry(body) = payload.unwrap() {
                let at = rewriter.next_body;
                rewriter.next_body += 1;
                let fenced = rewriter.fenced(at);
                let copied = fenced.rewrite(&mut rewriter, &body).unwrap().into_raw_body();
                let plain = plainly(&fenced, &mut rewriter, &body).into_raw_body();
                assert_eq!(copied, plain, "function {at} of {wasm:x?}");
            }
        }
    }
}

/// The function with its fence, every instruction read and written anew.
fn plainly(fenced: &Fenced<'_>, rewriter: &mut Rewriter<'_>, body: &FunctionBody<'_>) -> Function {
    let imported_funcs = rewriter.survey.imported_funcs;
    let segments = Segments::of(body, imported_funcs).unwrap();
    let vars = Vars::new(fenced.facts.locals, &segments);
    let mut locals: Vec<_> = body
        .get_locals_reader()
        .unwrap()
        .into_iter()
        .map(|local| local.map(|(count, ty)| (count, rewriter.val_type(ty).unwrap())).unwrap())
        .collect();
    locals.extend(vars.declared(&segments));
    let mut writer = Writer { fenced, vars, bytes: &[], charges: &[], out: Function::new(locals) };
    let ops: Vec<Operator<'_>> =
        body.get_operators_reader().unwrap().into_iter().collect::<Result<_, _>>().unwrap();
    let mut charges = segments.charges.iter().peekable();
    let mut open = 0;
    writer.prologue(fenced.counts());
    writer.put(&Instruction::Block(rewriter.block_type(fenced.result).unwrap()));
    for (at, op) in ops.iter().enumerate() {
        if let Some(charge) = charges.next_if(|charge| charge.at as usize == at) {
            writer.charge(*charge);
        }
        let is_call = match op {
            Operator::Call { function_index } => *function_index >= imported_funcs,
            op => matches!(op, Operator::CallIndirect { .. }),
        };
        match op {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => open += 1,
            Operator::End => open = u32::saturating_sub(open, 1),
            Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => writer.charge_length(),
            Operator::MemoryGrow { .. } => writer.put(&Instruction::LocalTee(vars.i32s)),
            _ if is_call => writer.store_gas(),
            _ => {}
        }
        if matches!(op, Operator::Return) {
            writer.put(&Instruction::Br(open));
            continue;
        }
        writer.put(&rewriter.instruction(op.clone()).unwrap());
        if is_call {
            writer.load_gas();
        }
        if matches!(op, Operator::MemoryGrow { .. }) {
            writer.charge_pages();
        }
        if let Some(ty) = super::super::outline::float_result(op)
            && !ops.get(at + 1).is_some_and(super::super::outline::hides_nan)
        {
            writer.canonicalise(rewriter.val_type(ty).unwrap());
        }
    }
    writer.epilogue(fenced.counts());
    writer.put(&Instruction::End);
    writer.out
}

#[test]
fn what_is_copied_is_what_would_be_written() {
    let text = r#"(module
        (import "ringfence_1" "time_ns" (func $time (result i64)))
        (type $t (func (param i32) (result i32)))
        (memory 1) (table 2 funcref) (global $g (mut i32) (i32.const 0))
        (elem (i32.const 0) $leaf $deep)
        (func $leaf (param i32) (result i32) (local.get 0))
        (func $deep (param i32) (result i32) (local i64 f32 f64)
            (local.set 1 (call $time))
            (block $out (loop $again
                (br_if $out (i32.eqz (local.get 0)))
                (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
                (if (i32.and (local.get 0) (i32.const 1))
                    (then (br $again))
                    (else (return (call $leaf (i32.const 64)))))
                (block (block (br_table 0 1 $out (local.get 0))) (br $again))
                (unreachable)))
            (i64.store offset=300 align=4 (i32.const 100000) (local.get 1))
            (if (result i32) (call_indirect (type $t) (local.get 0) (i32.const 1))
                (then (memory.grow (i32.const -1)))
                (else (memory.size))))
        (func $floats (param f32 f64) (result f64) (local i32)
            (local.set 0 (f32.add (f32.mul (local.get 0) (f32.const 1.5)) (local.get 0)))
            (drop (f64.sqrt (local.get 1)))
            (local.set 2 (f64.lt (f64.div (local.get 1) (f64.const -0)) (local.get 1)))
            (local.set 2 (i32.trunc_sat_f64_s (f64.nearest (local.get 1))))
            (f64.add (local.get 1) (f64.promote_f32 (f32.sqrt (local.get 0)))))
        (func $bulk (param i32 i32 i32)
            (memory.copy (local.get 0) (local.get 1) (local.get 2))
            (memory.fill (local.get 0) (local.get 1) (local.get 2))
            (global.set $g (i32.add (global.get $g) (i32.const -2147483648)))
            (return))
        (func $empty)
        (func $tail (result f32) (f32.min (f32.const nan) (f32.const 1))))"#;
    check(&wat::parse_str(text).unwrap());
}

#[test]
fn numbers_that_are_longer_than_they_have_to_be_are_written_anew() {
    // i32.const 5, i32.load, drop; i64.const -1, i32.wrap_i64, call 0; i32.const 64, drop; f32.const
    // and f32.const, whose bytes are no numbers, f32.add, drop; a block and an if of funcref, a select
    // of it; end.
    let long: [&[u8]; 13] = [
        &[0x41, 0x85, 0x80, 0x80, 0x00],
        &[0x28, 0x82, 0x00, 0x87, 0x80, 0x00, 0x1a],
        &[0x42, 0xff, 0xff, 0x7f, 0xa7],
        &[0x10, 0x80, 0x80, 0x80, 0x80, 0x00],
        &[0x41, 0xc0, 0x00, 0x1a],
        &[0x43, 0x00, 0x80, 0x00, 0x80],
        &[0x43, 0x80, 0x00, 0x80, 0x7f],
        &[0x92],
        &[0x1a],
        &[0x02, 0x63, 0x70, 0xd0, 0x70, 0x0b, 0x1a],
        &[0x20, 0x00, 0x04, 0x63, 0x70, 0xd0, 0x70, 0x05, 0xd0, 0x70, 0x0b, 0x1a],
        &[0xd0, 0x70, 0xd0, 0x70, 0x20, 0x00, 0x1c, 0x01, 0x63, 0x70, 0x1a],
        &[0x0b],
    ];
    let mut brief = long;
    brief[0] = &[0x41, 0x05];
    brief[1] = &[0x28, 0x02, 0x07, 0x1a];
    brief[2] = &[0x42, 0x7f, 0xa7];
    brief[3] = &[0x10, 0x00];
    brief[9] = &[0x02, 0x70, 0xd0, 0x70, 0x0b, 0x1a];
    brief[10] = &[0x20, 0x00, 0x04, 0x70, 0xd0, 0x70, 0x05, 0xd0, 0x70, 0x0b, 0x1a];
    brief[11] = &[0xd0, 0x70, 0xd0, 0x70, 0x20, 0x00, 0x1c, 0x01, 0x70, 0x1a];
    let [long, brief] = [long, brief].map(|bytes| module(&bytes.concat()));
    assert!(long.len() > brief.len());
    let rewritten = |wasm: &[u8]| {
        check(wasm);
        super::super::rewrite(wasm, &Survey::of(wasm).unwrap(), 9, Fence::ALL).unwrap()
    };
    assert_eq!(rewritten(&long), rewritten(&brief));
}

#[test]
fn what_only_wider_dialects_of_wasm_read_is_not_read() {
    // i32.const 0, i32.load of memory 0 by its number, drop, end.
    let load = module(&[0x41, 0x00, 0x28, 0x42, 0x00, 0x00, 0x1a, 0x0b]);
    assert!(matches!(Survey::of(&load), Err(LoadError::Invalid { .. })));
}

#[test]
fn of_a_function_that_is_too_long_there_is_no_outline() {
    let returns = |count: usize| [&vec![0x0f; count][..], &[0x0b]].concat();
    let outlined = |count| Survey::of(&module(&returns(count))).unwrap().bodies[0].1.marks.len();
    let most = usize::try_from(crate::sandbox::admission::FUNCTION_LEN_MAX).unwrap() - 2;
    assert_eq!(outlined(most), most);
    assert_eq!(outlined(most + 1), 0);
}

/// A module of one function `(i32) -> ()`, of these bytes.
fn module(bytes: &[u8]) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([wasm_encoder::ValType::I32], []);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut memories = wasm_encoder::MemorySection::new();
    memories.memory(wasm_encoder::MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut body = Function::new([]);
    body.raw(bytes.iter().copied());
    let mut code = CodeSection::new();
    code.function(&body);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&code);
    module.finish()
}
