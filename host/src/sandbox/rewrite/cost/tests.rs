use super::*;

#[test]
fn what_people_are_told_is_what_is_charged() {
    let host_call = Operator::Call { function_index: 0 };
    let own_call = Operator::Call { function_index: 1 };
    for (what, op) in [
        ("block", Operator::Nop),
        ("any", Operator::I64Mul),
        ("call of an own", own_call),
        ("div or rem of i32", Operator::I32RemU),
        ("div or rem of i32", Operator::F64Div),
        ("div or rem of i64", Operator::I64DivS),
        ("div or rem of i64", Operator::F32Sqrt),
        ("call_indirect", Operator::CallIndirect { type_index: 0, table_index: 0 }),
        ("memory.copy", Operator::MemoryFill { mem: 0 }),
        ("memory.grow", Operator::MemoryGrow { mem: 0 }),
        ("call of the host", host_call),
    ] {
        let (told, price) = PRICES.iter().find(|(told, _)| told.starts_with(what)).unwrap();
        assert_eq!(of(&op, 1), *price, "{told}");
    }
    assert_eq!(1 << BYTES_SHIFT, 4, "bytes that cost 1");
}
