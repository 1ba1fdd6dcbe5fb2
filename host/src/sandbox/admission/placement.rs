//! Where active segments are copied to when a guest starts, and whether they fit there.

use wasmparser::{ConstExpr, Operator};

/// A segment that does not fit what it is copied into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Misplaced {
    /// `data` or `element`.
    pub(in crate::sandbox) what: &'static str,
    /// Which of its kind, from 0.
    pub(in crate::sandbox) number: u32,
    /// Where it is to begin.
    pub(in crate::sandbox) offset: u32,
    /// Bytes or elements it has.
    pub(in crate::sandbox) len: u64,
    /// Bytes or elements there are at the start.
    pub(in crate::sandbox) room: u64,
}

impl Misplaced {
    /// Whether a segment of this offset and length, put into so much room, is one. Any
    /// other offset than a number takes a global from outside, which nobody has.
    pub(super) fn of(
        (what, number): (&'static str, u32),
        offset: &ConstExpr<'_>,
        len: u64,
        room: u64,
    ) -> Option<Self> {
        let offset = value(offset)?;
        let fits = u64::from(offset).checked_add(len).is_some_and(|end| end <= room);
        (!fits).then_some(Self { what, number, offset, len, room })
    }
}

/// The number that an expression is; `None` where there is more in it.
fn value(expression: &ConstExpr<'_>) -> Option<u32> {
    let mut ops = expression.get_operators_reader().into_iter();
    match (ops.next()?.ok()?, ops.next()?.ok()?) {
        (Operator::I32Const { value }, Operator::End) => Some(value.cast_unsigned()),
        _ => None,
    }
}
