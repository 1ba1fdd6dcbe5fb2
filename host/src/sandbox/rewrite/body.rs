//! Writes one function back with its fence.
//!
//! While a function runs, the gas that is left is in a local variable: engines keep it in a
//! register. It goes back to its global around calls and at the end.

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{BlockType, Function, Ieee32, Ieee64, Instruction, ValType};
use wasmparser::{FunctionBody, Operator};

use super::segments::{Charge, Segments};
use super::{Fence, Rewriter, Step, cost};
use crate::sandbox::admission::FuncFacts;

/// A function and everything that its fence depends on.
pub(super) struct Fenced {
    pub(super) fence: Fence,
    pub(super) facts: FuncFacts,
    pub(super) result: wasmparser::BlockType,
    pub(super) imported_funcs: u32,
    pub(super) gas_global: u32,
    pub(super) depth_global: u32,
    pub(super) path_global: u32,
    pub(super) step: Step,
}

impl Fenced {
    /// The function with its fence.
    pub(super) fn rewrite(
        &self,
        rewriter: &mut Rewriter<'_>,
        body: &FunctionBody<'_>,
    ) -> Result<Function, reencode::Error> {
        let segments = Segments::of(body, self.imported_funcs)?;
        let vars = Vars::new(self.facts.locals, &segments);
        let mut locals = Vec::new();
        for local in body.get_locals_reader()? {
            let (count, ty) = local?;
            locals.push((count, rewriter.val_type(ty)?));
        }
        locals.extend(vars.declared(&segments));
        let result = rewriter.block_type(self.result)?;
        let mut writer = Writer { fenced: self, vars, out: Function::new(locals), open: 0 };
        writer.write(rewriter, body, &segments, result)?;
        Ok(writer.out)
    }

    /// How much stack a call of it counts for.
    const fn weight(&self) -> i32 {
        let values = self.facts.locals.saturating_add(self.facts.height);
        1_i32.saturating_add_unsigned(values / VALUES_PER_UNIT)
    }

    /// Whether calls of it are counted. One that calls nothing and holds little ends at once.
    const fn counts(&self, segments: &Segments) -> bool {
        self.fence.depth && (segments.calls || self.weight() > LEAF_WEIGHT_MAX)
    }
}

/// Numbers of the local variables that the fence adds.
#[derive(Clone, Copy)]
struct Vars {
    gas: u32,
    path: u32,
    i32s: u32,
    f32: u32,
    f64: u32,
}

impl Vars {
    const fn new(first: u32, segments: &Segments) -> Self {
        let (gas, path, i32s) = (first, first + 1, first + 2);
        let f32 = i32s + segments.needs_i32;
        Self { gas, path, i32s, f32, f64: f32 + segments.needs_f32 as u32 }
    }

    fn declared(self, segments: &Segments) -> impl Iterator<Item = (u32, ValType)> {
        [
            (2, ValType::I64),
            (segments.needs_i32, ValType::I32),
            (u32::from(segments.needs_f32), ValType::F32),
            (u32::from(segments.needs_f64), ValType::F64),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
    }
}

struct Writer<'a> {
    fenced: &'a Fenced,
    vars: Vars,
    out: Function,
    /// Blocks of the guest that are open around the instruction.
    open: u32,
}

impl Writer<'_> {
    /// The body becomes a block, so that every way out of it passes the epilogue.
    fn write(
        &mut self,
        rewriter: &mut Rewriter<'_>,
        body: &FunctionBody<'_>,
        segments: &Segments,
        result: BlockType,
    ) -> Result<(), reencode::Error> {
        let ops: Vec<Operator<'_>> =
            body.get_operators_reader()?.into_iter().collect::<wasmparser::Result<_>>()?;
        let mut charges = segments.charges.iter().peekable();
        let counts = self.fenced.counts(segments);
        self.prologue(counts);
        self.put(&Instruction::Block(result));
        for (at, op) in ops.iter().enumerate() {
            if let Some(charge) = charges.next_if(|charge| charge.at == at) {
                self.charge(*charge);
            }
            self.op(rewriter, op, ops.get(at + 1))?;
        }
        self.epilogue(counts);
        self.put(&Instruction::End);
        Ok(())
    }

    fn prologue(&mut self, counts: bool) {
        self.enter_path();
        if counts {
            let depth = self.fenced.depth_global;
            self.put(&Instruction::GlobalGet(depth));
            self.put(&Instruction::I32Const(self.fenced.weight()));
            self.put(&Instruction::I32Sub);
            self.put(&Instruction::GlobalSet(depth));
            self.put(&Instruction::GlobalGet(depth));
            self.put(&Instruction::I32Const(0));
            self.put(&Instruction::I32LtS);
            self.put(&Instruction::If(BlockType::Empty));
            self.put(&Instruction::Unreachable);
            self.put(&Instruction::End);
        }
        self.load_gas();
    }

    fn epilogue(&mut self, counts: bool) {
        self.leave_path();
        self.store_gas();
        if counts {
            let depth = self.fenced.depth_global;
            self.put(&Instruction::GlobalGet(depth));
            self.put(&Instruction::I32Const(self.fenced.weight()));
            self.put(&Instruction::I32Add);
            self.put(&Instruction::GlobalSet(depth));
        }
    }

    /// Appends the function to the path, whose oldest part falls off in front.
    fn enter_path(&mut self) {
        if !self.fenced.fence.path {
            return;
        }
        let Step { number, bits } = self.fenced.step;
        self.put(&Instruction::GlobalGet(self.fenced.path_global));
        self.put(&Instruction::LocalTee(self.vars.path));
        self.put(&Instruction::I64Const(i64::from(bits)));
        self.put(&Instruction::I64Shl);
        self.put(&Instruction::I64Const(i64::from(number)));
        self.put(&Instruction::I64Or);
        self.put(&Instruction::GlobalSet(self.fenced.path_global));
    }

    /// The path as the function found it, with what fell off.
    fn leave_path(&mut self) {
        if self.fenced.fence.path {
            self.put(&Instruction::LocalGet(self.vars.path));
            self.put(&Instruction::GlobalSet(self.fenced.path_global));
        }
    }

    fn op(
        &mut self,
        rewriter: &mut Rewriter<'_>,
        op: &Operator<'_>,
        next: Option<&Operator<'_>>,
    ) -> Result<(), reencode::Error> {
        match op {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => self.open += 1,
            Operator::End => self.open = self.open.saturating_sub(1),
            Operator::Return => {
                self.put(&Instruction::Br(self.open));
                return Ok(());
            }
            Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => self.charge_length(),
            _ => {}
        }
        let calls = self.is_guest_call(op);
        if calls {
            self.store_gas();
        }
        if let Operator::MemoryGrow { .. } = op {
            self.put(&Instruction::LocalTee(self.vars.i32s));
        }
        let instruction = rewriter.instruction(op.clone())?;
        self.put(&instruction);
        if calls {
            self.load_gas();
        }
        if let Operator::MemoryGrow { .. } = op {
            self.charge_pages();
        }
        if let Some(ty) = float_result(op)
            && self.fenced.fence.nan
            && !next.is_some_and(hides_nan)
        {
            self.canonicalise(ty);
        }
        Ok(())
    }

    const fn is_guest_call(&self, op: &Operator<'_>) -> bool {
        match op {
            Operator::Call { function_index } => *function_index >= self.fenced.imported_funcs,
            Operator::CallIndirect { .. } => true,
            _ => false,
        }
    }

    fn charge(&mut self, charge: Charge) {
        if !self.fenced.fence.gas {
            return;
        }
        if charge.gas > 0 {
            self.put(&Instruction::LocalGet(self.vars.gas));
            self.put(&Instruction::I64Const(i64::try_from(charge.gas).unwrap_or(i64::MAX)));
            self.put(&Instruction::I64Sub);
            self.put(&Instruction::LocalSet(self.vars.gas));
        }
        if charge.check {
            self.check_gas();
        }
    }

    /// Charges a bulk operation for its length, the operand on top, before it runs.
    fn charge_length(&mut self) {
        if !self.fenced.fence.gas {
            return;
        }
        self.put(&Instruction::LocalTee(self.vars.i32s));
        self.put(&Instruction::LocalGet(self.vars.gas));
        self.put(&Instruction::LocalGet(self.vars.i32s));
        self.put(&Instruction::I64ExtendI32U);
        self.put(&Instruction::I64Const(cost::BYTES_SHIFT));
        self.put(&Instruction::I64ShrU);
        self.put(&Instruction::I64Sub);
        self.put(&Instruction::LocalSet(self.vars.gas));
        self.check_gas();
    }

    /// Charges the pages that `memory.grow` gave, if it gave any.
    fn charge_pages(&mut self) {
        if !self.fenced.fence.gas {
            return;
        }
        let (pages, answer) = (self.vars.i32s, self.vars.i32s + 1);
        self.put(&Instruction::LocalTee(answer));
        self.put(&Instruction::I32Const(-1));
        self.put(&Instruction::I32Ne);
        self.put(&Instruction::If(BlockType::Empty));
        self.put(&Instruction::LocalGet(self.vars.gas));
        self.put(&Instruction::LocalGet(pages));
        self.put(&Instruction::I64ExtendI32U);
        self.put(&Instruction::I64Const(cost::PAGES_SHIFT));
        self.put(&Instruction::I64Shl);
        self.put(&Instruction::I64Sub);
        self.put(&Instruction::LocalSet(self.vars.gas));
        self.put(&Instruction::End);
        self.put(&Instruction::LocalGet(answer));
    }

    /// Stops the guest if its gas is below zero; the host sees that in the global.
    fn check_gas(&mut self) {
        self.put(&Instruction::LocalGet(self.vars.gas));
        self.put(&Instruction::I64Const(0));
        self.put(&Instruction::I64LtS);
        self.put(&Instruction::If(BlockType::Empty));
        self.store_gas();
        self.put(&Instruction::Unreachable);
        self.put(&Instruction::End);
    }

    /// Gives the number on top its one form if it is not a number.
    fn canonicalise(&mut self, ty: wasmparser::ValType) {
        let (var, nan, equal) = if ty == wasmparser::ValType::F32 {
            (self.vars.f32, Instruction::F32Const(Ieee32::new(F32_NAN)), Instruction::F32Eq)
        } else {
            (self.vars.f64, Instruction::F64Const(Ieee64::new(F64_NAN)), Instruction::F64Eq)
        };
        self.put(&Instruction::LocalTee(var));
        self.put(&nan);
        self.put(&Instruction::LocalGet(var));
        self.put(&Instruction::LocalGet(var));
        self.put(&equal);
        self.put(&Instruction::Select);
    }

    fn load_gas(&mut self) {
        if self.fenced.fence.gas {
            self.put(&Instruction::GlobalGet(self.fenced.gas_global));
            self.put(&Instruction::LocalSet(self.vars.gas));
        }
    }

    fn store_gas(&mut self) {
        if self.fenced.fence.gas {
            self.put(&Instruction::LocalGet(self.vars.gas));
            self.put(&Instruction::GlobalSet(self.fenced.gas_global));
        }
    }

    fn put(&mut self, instruction: &Instruction<'_>) {
        self.out.instruction(instruction);
    }
}

/// The type of what an instruction yields whose NaN engines may choose freely.
///
/// `abs`, `neg`, `copysign`, loads and reinterpretations are not among them: Wasm says what bits
/// these give.
pub(super) const fn float_result(op: &Operator<'_>) -> Option<wasmparser::ValType> {
    match op {
        Operator::F32Add
        | Operator::F32Sub
        | Operator::F32Mul
        | Operator::F32Div
        | Operator::F32Min
        | Operator::F32Max
        | Operator::F32Sqrt
        | Operator::F32Ceil
        | Operator::F32Floor
        | Operator::F32Trunc
        | Operator::F32Nearest
        | Operator::F32DemoteF64 => Some(wasmparser::ValType::F32),
        Operator::F64Add
        | Operator::F64Sub
        | Operator::F64Mul
        | Operator::F64Div
        | Operator::F64Min
        | Operator::F64Max
        | Operator::F64Sqrt
        | Operator::F64Ceil
        | Operator::F64Floor
        | Operator::F64Trunc
        | Operator::F64Nearest
        | Operator::F64PromoteF32 => Some(wasmparser::ValType::F64),
        _ => None,
    }
}

/// Whether an instruction that takes a float from the top treats all NaNs alike: its own result
/// is made canonical, or it is no float.
const fn hides_nan(op: &Operator<'_>) -> bool {
    float_result(op).is_some()
        || matches!(
            op,
            Operator::Drop
                | Operator::F32Eq
                | Operator::F32Ne
                | Operator::F32Lt
                | Operator::F32Gt
                | Operator::F32Le
                | Operator::F32Ge
                | Operator::F64Eq
                | Operator::F64Ne
                | Operator::F64Lt
                | Operator::F64Gt
                | Operator::F64Le
                | Operator::F64Ge
                | Operator::I32TruncF32S
                | Operator::I32TruncF32U
                | Operator::I32TruncF64S
                | Operator::I32TruncF64U
                | Operator::I64TruncF32S
                | Operator::I64TruncF32U
                | Operator::I64TruncF64S
                | Operator::I64TruncF64U
                | Operator::I32TruncSatF32S
                | Operator::I32TruncSatF32U
                | Operator::I32TruncSatF64S
                | Operator::I32TruncSatF64U
                | Operator::I64TruncSatF32S
                | Operator::I64TruncSatF32U
                | Operator::I64TruncSatF64S
                | Operator::I64TruncSatF64U
        )
}

/// Values in one unit of stack.
const VALUES_PER_UNIT: u32 = 32;

/// A function that calls nothing and counts for no more than this is not counted.
const LEAF_WEIGHT_MAX: i32 = 4;

/// The quiet NaN whose only bit is the one that makes it quiet.
const F32_NAN: u32 = 0x7fc0_0000;

/// The same, in 64 bits.
const F64_NAN: u64 = 0x7ff8_0000_0000_0000;
