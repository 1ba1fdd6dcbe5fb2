//! Where a function pays, and for how much.

use wasmparser::{FunctionBody, Operator};

use super::cost;

/// A function cut into stretches that run from end to end once they are entered.
#[derive(Debug, Default)]
pub(super) struct Segments {
    /// What each stretch costs, and in front of which instruction it begins. In that order; those
    /// that cost nothing are left out.
    pub(super) charges: Vec<Charge>,
    /// Whether it calls a function of the guest.
    pub(super) calls: bool,
    /// Which local variables the fence needs besides.
    pub(super) needs_i32: u32,
    pub(super) needs_f32: bool,
    pub(super) needs_f64: bool,
}

/// What a stretch costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Charge {
    /// Where its first instruction is.
    pub(super) at: u32,
    /// Gas. A host call of two bytes is the dearest, so that a function of 1 MiB costs 2^27.
    pub(super) gas: u32,
    /// Whether to stop the guest if that was more than it had.
    ///
    /// Where each loop and each function begins is enough: what runs without passing one of these
    /// is no longer than a function.
    pub(super) check: bool,
}

impl Segments {
    /// Cuts a function.
    pub(super) fn of(body: &FunctionBody<'_>, imported_funcs: u32) -> wasmparser::Result<Self> {
        let mut cutter = Cutter::new(0);
        for (next, op) in (1_u32..).zip(body.get_operators_reader()?) {
            cutter.pass(next, &op?, imported_funcs);
        }
        Ok(cutter.finish())
    }

    fn note_needs(&mut self, op: &Operator<'_>, imported_funcs: u32) {
        match op {
            Operator::Call { function_index } => self.calls |= *function_index >= imported_funcs,
            Operator::CallIndirect { .. } => self.calls = true,
            Operator::MemoryGrow { .. } => self.needs_i32 = 2,
            Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => {
                self.needs_i32 = self.needs_i32.max(1);
            }
            _ => match super::outline::float_result(op) {
                Some(wasmparser::ValType::F32) => self.needs_f32 = true,
                Some(wasmparser::ValType::F64) => self.needs_f64 = true,
                _ => {}
            },
        }
    }
}

/// Cuts a function, instruction by instruction.
#[derive(Debug)]
pub(super) struct Cutter {
    segments: Segments,
    frames: Vec<Frame>,
    gas: u64,
    at: u32,
    check: bool,
}

/// A block, loop or `if` that is open.
#[derive(Debug, Default)]
struct Frame {
    is_loop: bool,
    /// Whether its end is reached other than by falling into it.
    joins: bool,
}

impl Cutter {
    /// Of a function whose first instruction is at `from`.
    pub(super) fn new(from: u32) -> Self {
        // The function's own frame: a branch to it leaves the function.
        let frames = vec![Frame::default()];
        Self { segments: Segments::default(), frames, gas: 0, at: from, check: true }
    }

    /// Takes in an instruction; the one behind it is at `next`.
    pub(super) fn pass(&mut self, next: u32, op: &Operator<'_>, imported_funcs: u32) {
        self.segments.note_needs(op, imported_funcs);
        self.gas += cost::of(op, imported_funcs);
        match op {
            Operator::Block { .. } => self.frames.push(Frame::default()),
            Operator::Loop { .. } => {
                self.frames.push(Frame { is_loop: true, joins: false });
                self.begin(next, true);
                self.gas += cost::TURN;
            }
            Operator::If { .. } => {
                self.frames.push(Frame { is_loop: false, joins: true });
                self.begin(next, false);
            }
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                self.branch(*relative_depth);
                self.begin(next, false);
            }
            Operator::BrTable { targets } => {
                for target in targets.targets().flatten() {
                    self.branch(target);
                }
                self.branch(targets.default());
                self.begin(next, false);
            }
            Operator::Else | Operator::Return | Operator::Unreachable => self.begin(next, false),
            Operator::End => {
                // Falling out of a loop, or of a block that nothing branches to, goes on as before.
                let joins = self.frames.pop().is_some_and(|frame| frame.joins);
                if joins {
                    self.begin(next, false);
                }
            }
            _ => {}
        }
    }

    /// Blocks that are open.
    pub(super) fn open(&self) -> u32 {
        u32::try_from(self.frames.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// The whole function was passed.
    pub(super) fn finish(mut self) -> Segments {
        self.close();
        self.segments
    }

    fn branch(&mut self, depth: u32) {
        let from_top = (depth as usize).checked_add(1);
        let at = from_top.and_then(|depth| self.frames.len().checked_sub(depth));
        if let Some(frame) = at.and_then(|at| self.frames.get_mut(at)) {
            frame.joins |= !frame.is_loop;
        }
    }

    /// Ends the stretch and begins one in front of instruction `at`.
    fn begin(&mut self, at: u32, check: bool) {
        self.close();
        (self.at, self.check) = (at, check);
    }

    fn close(&mut self) {
        let gas = u32::try_from(std::mem::take(&mut self.gas)).unwrap_or(u32::MAX);
        let charge = Charge { at: self.at, gas, check: self.check };
        if charge.gas > 0 || charge.check {
            self.segments.charges.push(charge);
        }
        self.check = false;
    }
}
