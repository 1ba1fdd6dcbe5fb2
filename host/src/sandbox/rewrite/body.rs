//! Writes one function back with its fence.
//!
//! While a function runs, the gas that is left is in a local variable: engines keep it in a
//! register. It goes back to its global around calls and at the end.

use std::ops::Range;

use wasm_encoder::reencode::Reencode;
use wasm_encoder::{BlockType, Function, Ieee32, Ieee64, Instruction, ValType};
use wasmparser::{FunctionBody, OperatorsReader};

use super::outline::{Mark, Outline, What};
use super::segments::{Charge, Segments};
use super::{Error, Fence, Rewriter, Step, cost};
use crate::runtime::dialect;
use crate::sandbox::admission::FuncFacts;

/// A function and everything that its fence depends on.
pub(super) struct Fenced<'a> {
    pub(super) fence: Fence,
    pub(super) facts: FuncFacts,
    pub(super) outline: &'a Outline,
    pub(super) result: wasmparser::BlockType,
    pub(super) gas_global: u32,
    pub(super) depth_global: u32,
    pub(super) path_global: u32,
    pub(super) step: Step,
}

impl Fenced<'_> {
    /// The function with its fence.
    pub(super) fn rewrite(
        &self,
        rewriter: &mut Rewriter<'_>,
        body: &FunctionBody<'_>,
    ) -> Result<Function, Error> {
        let segments = &self.outline.segments;
        let vars = Vars::new(self.facts.locals, segments);
        let mut locals = Vec::new();
        for local in body.get_locals_reader()? {
            let (count, ty) = local?;
            locals.push((count, rewriter.val_type(ty)?));
        }
        locals.extend(vars.declared(segments));
        let result = rewriter.block_type(self.result)?;
        let (bytes, charges) = (body.as_bytes(), segments.charges.as_slice());
        let mut writer = Writer { fenced: self, vars, bytes, charges, out: Function::new(locals) };
        writer.write(rewriter, result)?;
        Ok(writer.out)
    }

    /// How much stack a call of it counts for.
    const fn weight(&self) -> i32 {
        let values = self.facts.locals.saturating_add(self.facts.height);
        1_i32.saturating_add_unsigned(values / VALUES_PER_UNIT)
    }

    /// Whether calls of it are counted. One that calls nothing and holds little ends at once.
    const fn counts(&self) -> bool {
        self.fence.depth && (self.outline.segments.calls || self.weight() > LEAF_WEIGHT_MAX)
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
    fenced: &'a Fenced<'a>,
    vars: Vars,
    /// The body as it was handed in.
    bytes: &'a [u8],
    /// What is still to be paid.
    charges: &'a [Charge],
    out: Function,
}

impl Writer<'_> {
    /// The body becomes a block, so that every way out of it passes the epilogue.
    fn write(&mut self, rewriter: &mut Rewriter<'_>, result: BlockType) -> Result<(), Error> {
        let outline = self.fenced.outline;
        let counts = self.fenced.counts();
        self.prologue(counts);
        self.put(&Instruction::Block(result));
        let mut at = outline.instructions.start;
        for mark in &outline.marks {
            self.copy(at..mark.at as usize);
            self.mark(rewriter, *mark)?;
            at = mark.end as usize;
        }
        self.copy(at..outline.instructions.end);
        self.epilogue(counts);
        self.put(&Instruction::End);
        Ok(())
    }

    /// Copies instructions as they stand, and pays in front of each stretch; in front of the one
    /// behind them too.
    fn copy(&mut self, instructions: Range<usize>) {
        let Range { mut start, end } = instructions;
        while let Some((charge, later)) = self.charges.split_first()
            && charge.at as usize <= end
        {
            let at = charge.at as usize;
            self.out.raw(self.bytes[start..at].iter().copied());
            self.charge(*charge);
            (self.charges, start) = (later, at);
        }
        self.out.raw(self.bytes[start..end].iter().copied());
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

    /// Writes an instruction with what belongs to it.
    fn mark(&mut self, rewriter: &mut Rewriter<'_>, mark: Mark) -> Result<(), Error> {
        match mark.what {
            What::Return => {
                self.put(&Instruction::Br(mark.open));
                return Ok(());
            }
            What::Call => self.store_gas(),
            What::Grow => self.put(&Instruction::LocalTee(self.vars.i32s)),
            What::Bulk => self.charge_length(),
            What::Float32 | What::Float64 | What::Write => {}
        }
        self.put_again(rewriter, mark)?;
        match mark.what {
            What::Call => self.load_gas(),
            What::Grow => self.charge_pages(),
            What::Float32 => self.canonicalise(ValType::F32),
            What::Float64 => self.canonicalise(ValType::F64),
            _ => {}
        }
        Ok(())
    }

    /// Writes an instruction as it was, in the fewest bytes.
    fn put_again(&mut self, rewriter: &mut Rewriter<'_>, mark: Mark) -> Result<(), Error> {
        let bytes = &self.bytes[mark.at as usize..mark.end as usize];
        if mark.is_long {
            let instruction = OperatorsReader::new(dialect::reader(bytes)).read()?;
            self.put(&rewriter.instruction(instruction)?);
        } else {
            self.out.raw(bytes.iter().copied());
        }
        Ok(())
    }

    fn charge(&mut self, charge: Charge) {
        if !self.fenced.fence.gas {
            return;
        }
        if charge.gas > 0 {
            self.put(&Instruction::LocalGet(self.vars.gas));
            self.put(&Instruction::I64Const(charge.gas.into()));
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
    fn canonicalise(&mut self, ty: ValType) {
        if !self.fenced.fence.nan {
            return;
        }
        let (var, nan, equal) = if ty == ValType::F32 {
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

/// Values in one unit of stack.
const VALUES_PER_UNIT: u32 = 32;

/// A function that calls nothing and counts for no more than this is not counted.
const LEAF_WEIGHT_MAX: i32 = 4;

/// The quiet NaN whose only bit is the one that makes it quiet.
const F32_NAN: u32 = 0x7fc0_0000;

/// The same, in 64 bits.
const F64_NAN: u64 = 0x7ff8_0000_0000_0000;

#[cfg(test)]
mod tests;
