use wasmparser::{Ieee64, OperatorsReader};

use super::*;
use crate::runtime::dialect;

#[test]
fn numbers_that_take_more_bytes_than_they_have_to_are_told() {
    let long = [0x29, 0x83, 0x00, 1];
    let load = OperatorsReader::new(dialect::reader(&long)).read().unwrap();
    for (op, bytes, brief) in [
        (Operator::I32Add, &[0x6a][..], true),
        (Operator::I32Const { value: -1 }, &[0x41, 0x7f], true),
        (Operator::I32Const { value: 64 }, &[0x41, 0xc0, 0x00], false),
        (Operator::I32Const { value: 200 }, &[0x41, 0xc8, 0x01], true),
        (Operator::I32Const { value: -1 }, &[0x41, 0xff, 0xff, 0x7f], false),
        (Operator::I32Const { value: 5 }, &[0x41, 0x85, 0x80, 0x00], false),
        (Operator::Call { function_index: 3 }, &[0x10, 0x83, 0x80, 0x80, 0x80, 0x00], false),
        (load.clone(), &[0x29, 3, 1], true),
        (load, &long, false),
        (
            Operator::F64Const { value: Ieee64::from(1.0) },
            &[0x44, 0x80, 0, 0x80, 0, 0, 0, 0, 0],
            true,
        ),
    ] {
        assert_eq!(is_brief(&op, bytes), brief, "{bytes:x?}");
    }
}

#[test]
fn an_outline_takes_no_more_than_28_bytes_for_each_of_its_function() {
    assert_eq!((size_of::<Mark>(), size_of::<super::super::segments::Charge>()), (16, 12));
}
