use ringfence_core::{OrderId, Price, Qty, Side, Time};

use super::{Kind, Message};

fn at(time: &str) -> Option<u64> {
    Message::parse(&format!("{time},1,7,18,5853300,1")).ok().map(|message| message.at.0)
}

#[track_caller]
fn refused(row: &str, column: usize, problem: &str) {
    let error = Message::parse(row).expect_err(row);
    assert_eq!(error.column, column, "{row}: {}", error.problem);
    assert!(error.problem.contains(problem), "{row}: {}", error.problem);
}

#[test]
fn a_row_is_a_message() {
    let message = Message::parse("34200.004241176,4,16113575,18,5853300,-1").expect("a message");
    let (at, kind) = (Time(34_200_004_241_176), Kind::Execute);
    let (id, size, price, side) = (OrderId(16_113_575), Qty(18), Price(5_853_300), Side::Sell);
    assert_eq!(message, Message { at, kind, id, size, price, side });
}

#[test]
fn times_are_exact_to_the_nanosecond() {
    assert_eq!(at("34200"), Some(34_200_000_000_000));
    assert_eq!(at("34200.5"), Some(34_200_500_000_000));
    assert_eq!(at("0.000000001"), Some(1));
    assert_eq!(at("35821.088778456004"), Some(35_821_088_778_456), "what floating point leaves");
    assert_eq!(at("35821.9999999999"), Some(35_822_000_000_000));
    for wrong in ["", ".", "1.", ".5", "-1", "1e3", "1,5", "99999999999999999999"] {
        assert_eq!(at(wrong), None, "{wrong}");
    }
}

#[test]
fn halts_are_told_by_their_price() {
    let kind = |row| Message::parse(row).map(|message| message.kind);
    assert_eq!(kind("36023,7,0,0,-1,-1"), Ok(Kind::Halt));
    assert_eq!(kind("36323,7,0,0,0,-1"), Ok(Kind::Quoting));
    assert_eq!(kind("36723,7,0,0,1,-1"), Ok(Kind::Resume));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    refused("34200.1,1,7,18,58X3300,1", 16, "`58X3300` is not a price");
    refused("34200.1,1,7,1.5,5853300,1", 13, "`1.5` is not a size");
    refused("34200.1,1,7,18", 16, "ends before its price");
    refused("34200.1,1,7,18,5853300,1,9", 26, "six columns");
    refused("34200.1,9,7,18,5853300,1", 1, "no type 9");
    refused("34200.1,1,7,18,5853300,0", 1, "direction 0");
    refused("34200.1,1,7,0,5853300,1", 1, "size of 0");
    refused("34200.1,1,4611686018427387904,18,5853300,1", 1, "2^62");
    refused("", 1, "is not a time");
}
