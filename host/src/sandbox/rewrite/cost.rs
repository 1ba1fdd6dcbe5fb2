//! What each instruction costs, in gas.

use wasmparser::Operator;

/// What people are told: each kind of instruction with its price.
pub const PRICES: [(&str, u64); 12] = [
    ("block, loop, else, end, nop", 0),
    ("any instruction that is not named here", 1),
    ("br_table", 2),
    ("call of an own function", 4),
    ("turn of a loop, besides its instructions", TURN),
    ("div or rem of i32, div of floats", 4),
    ("div or rem of i64, sqrt", 8),
    ("call_indirect", 8),
    ("memory.copy, memory.fill; 1 more for each 4 bytes", 16),
    ("memory.grow", 64),
    ("page of memory that was added", 1 << PAGES_SHIFT),
    ("call of the host", HOST_CALL),
];

/// The price of an instruction, without what it costs by length.
///
/// A unit is about what a simple instruction takes once it is compiled. What divides, calls or
/// jumps through a table costs more, so that gas bounds time whatever a guest is made of.
pub(super) const fn of(op: &Operator<'_>, imported_funcs: u32) -> u64 {
    match op {
        // Structure: no code comes of it.
        Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::Else
        | Operator::End
        | Operator::Nop => 0,
        Operator::I32DivS
        | Operator::I32DivU
        | Operator::I32RemS
        | Operator::I32RemU
        | Operator::F32Div
        | Operator::F64Div => 4,
        Operator::I64DivS
        | Operator::I64DivU
        | Operator::I64RemS
        | Operator::I64RemU
        | Operator::F32Sqrt
        | Operator::F64Sqrt => 8,
        Operator::BrTable { .. } => 2,
        Operator::Call { function_index } if *function_index < imported_funcs => HOST_CALL,
        Operator::Call { .. } => 4,
        Operator::CallIndirect { .. } => 8,
        Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => 16,
        Operator::MemoryGrow { .. } => 64,
        _ => 1,
    }
}

/// A call of the host.
const HOST_CALL: u64 = 256;

/// A turn of a loop, besides its instructions: it pays and looks whether there is gas.
pub(super) const TURN: u64 = 4;

/// Bulk operations on memory cost 1 for every 2 to this power bytes.
pub(super) const BYTES_SHIFT: i64 = 2;

/// A new page of memory costs 2 to this power: it is cleared when it is touched.
pub(super) const PAGES_SHIFT: i64 = 14;

#[cfg(test)]
mod tests;
