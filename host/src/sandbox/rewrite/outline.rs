//! Where a function has to change: noted while it is validated, so that all that stays as it is can
//! be copied without being read again.

use std::ops::Range;

use wasmparser::{Operator, ValType};

use super::segments::{Cutter, Segments};

/// A function as the rewriter sees it. Places are bytes of its body.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Outline {
    /// Where its instructions are.
    pub(super) instructions: Range<usize>,
    /// Where it pays.
    pub(super) segments: Segments,
    /// Instructions that are not just copied, in their order.
    pub(super) marks: Vec<Mark>,
}

/// An instruction that is not just copied.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) at: u32,
    pub(super) end: u32,
    /// Blocks that are open.
    pub(super) open: u32,
    pub(super) what: What,
    /// Whether it may be written in fewer bytes. Engines see one form of each instruction.
    pub(super) is_long: bool,
}

/// What is done about an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// It leaves the function, out of all blocks that are open.
    Return,
    /// It calls a function of the guest.
    Call,
    /// It makes the memory larger.
    Grow,
    /// It costs by length.
    Bulk,
    /// It yields an `f32` that may be no number, and the next instruction tells which.
    Float32,
    /// The same of an `f64`.
    Float64,
    /// Nothing besides.
    Write,
}

/// Makes an outline, instruction by instruction.
#[derive(Debug)]
pub(in crate::sandbox) struct Outliner<'a> {
    body: &'a [u8],
    imported_funcs: u32,
    cutter: Cutter,
    outline: Outline,
    /// The instruction before yields a float: whether that matters is for the next one to say.
    float: Option<Mark>,
}

impl<'a> Outliner<'a> {
    /// Of a function whose instructions begin at `from`.
    pub(in crate::sandbox) fn new(body: &'a [u8], from: usize, imported_funcs: u32) -> Self {
        let outline = Outline { instructions: from..body.len(), ..Outline::default() };
        Self { body, imported_funcs, cutter: Cutter::new(place(from)), outline, float: None }
    }

    /// Takes in the instruction at `at`, which ends before `end`.
    pub(in crate::sandbox) fn pass(&mut self, at: usize, end: usize, op: &Operator<'_>) {
        if let Some(float) = self.float.take() {
            let what = if hides_nan(op) { What::Write } else { float.what };
            self.mark(Mark { what, ..float });
        }
        let is_long = !is_brief(op, self.body.get(at..end).unwrap_or_default());
        let (at, end) = (place(at), place(end));
        let mark = Mark { at, end, open: self.cutter.open(), what: self.what(op), is_long };
        self.cutter.pass(end, op, self.imported_funcs);
        match mark.what {
            What::Float32 | What::Float64 => self.float = Some(mark),
            _ => self.mark(mark),
        }
    }

    /// The whole function was passed.
    pub(in crate::sandbox) fn finish(mut self) -> Outline {
        self.outline.segments = self.cutter.finish();
        self.outline
    }

    fn mark(&mut self, mark: Mark) {
        if mark.is_long || mark.what != What::Write {
            self.outline.marks.push(mark);
        }
    }

    fn what(&self, op: &Operator<'_>) -> What {
        match op {
            Operator::Return => What::Return,
            Operator::Call { function_index } if *function_index >= self.imported_funcs => {
                What::Call
            }
            Operator::CallIndirect { .. } => What::Call,
            Operator::MemoryGrow { .. } => What::Grow,
            Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => What::Bulk,
            _ => match float_result(op) {
                Some(ValType::F32) => What::Float32,
                Some(ValType::F64) => What::Float64,
                _ => What::Write,
            },
        }
    }
}

/// A place in a function. Those that are outlined have no more bytes than a function may have.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Whether no number and no type in an instruction takes more bytes than it has to. Says no where it
/// would have to look more closely: at numbers whose last byte has all bits of a sign, and types with
/// the byte in front that those of references may have.
fn is_brief(op: &Operator<'_>, bytes: &[u8]) -> bool {
    let is_short = |pair: &[u8]| pair[0] < 0x80 || !matches!(pair[1], 0 | 0x7f);
    let numbers = bytes.get(1..).unwrap_or_default();
    match op {
        Operator::F32Const { .. } | Operator::F64Const { .. } => true,
        Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::If { .. }
        | Operator::TypedSelect { .. }
            if numbers.contains(&NULLABLE) =>
        {
            false
        }
        _ => numbers.windows(2).all(is_short),
    }
}

/// In front of the type of a reference that may be null: `63 70` is `70`.
const NULLABLE: u8 = 0x63;

/// The type of what an instruction yields whose NaN engines may choose freely.
///
/// `abs`, `neg`, `copysign`, loads and reinterpretations are not among them: Wasm says what bits
/// these give.
pub(super) const fn float_result(op: &Operator<'_>) -> Option<ValType> {
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
        | Operator::F32DemoteF64 => Some(ValType::F32),
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
        | Operator::F64PromoteF32 => Some(ValType::F64),
        _ => None,
    }
}

/// Whether an instruction that takes a float from the top treats all NaNs alike: its own result
/// is made canonical, or it is no float.
pub(super) const fn hides_nan(op: &Operator<'_>) -> bool {
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

#[cfg(test)]
mod tests;
