//! The header for C authors says what `abi.rs` and the wire say.

use std::collections::{BTreeMap, BTreeSet};

use ringfence_core::wire::{CommandRecord, EventRecord, command_flag, event_flag, kind};
use ringfence_core::{
    CancelReason, Liquidity, Op, OrderType, Peg, Phase, Reject, Side, Stp, TimeInForce,
};

use super::*;

const HEADER: &str = include_str!("../../include/ringfence.h");

/// The header's `#define NAME number`s.
fn defines() -> BTreeMap<&'static str, u64> {
    let lines = HEADER.lines().filter_map(|line| line.strip_prefix("#define "));
    let words = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    words.filter_map(|words| Some((words[0], words.get(1)?.parse().ok()?))).collect()
}

/// The fields of a `struct` of the header: name, offset, length.
fn fields(name: &str) -> Vec<(&'static str, usize, usize)> {
    let body = HEADER.split_once(&format!("typedef struct {name} {{\n")).unwrap().1;
    let body = body.split_once("\n}").unwrap().0;
    let mut end: usize = 0;
    let lines = body.lines().map(|line| line.split_once(';').unwrap().0.trim());
    let fields = lines.map(|line| {
        let (kind, field) = line.split_once(' ').unwrap();
        let bits = kind.trim_start_matches(['u', 'i', 'n', 't']).trim_end_matches("_t");
        let len = bits.parse::<usize>().unwrap() / 8;
        let at = end.next_multiple_of(len);
        end = at + len;
        (field, at, len)
    });
    fields.collect()
}

/// Where the bytes that differ from zero begin, and how many there are.
fn place(bytes: &[u8]) -> (usize, usize) {
    let at = bytes.iter().position(|byte| *byte != 0).unwrap();
    (at, bytes.iter().filter(|byte| **byte != 0).count())
}

/// The fields of a record, by writing each alone.
macro_rules! places {
    ($record:ident, $($field:ident)*) => {
        vec![$({
            let record = $record { $field: !0, ..$record::default() };
            let (at, len) = place(&record.to_bytes());
            (stringify!($field), at, len)
        }),*]
    };
}

/// Every word of the vocabularies, with its number.
fn words() -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    /// Every word of a vocabulary behind `RF_` and this word.
    macro_rules! words {
        ($of:ident, $word:literal) => {
            let words = $of::ALL.iter().map(|it| it.name().to_uppercase());
            let words = words.map(|name| format!(concat!("RF_", $word, "_{}"), name));
            all.extend(words.zip($of::ALL.iter().map(|it| *it as u64)));
        };
    }
    words!(OrderType, "TYPE");
    words!(TimeInForce, "TIF");
    words!(Stp, "STP");
    words!(Peg, "PEG");
    words!(Reject, "REJECT");
    words!(CancelReason, "REASON");
    words!(Phase, "PHASE");
    words!(Liquidity, "LIQUIDITY");
    all
}

#[test]
fn constants_are_the_same() {
    let defines = defines();
    let pairs = [
        ("RF_MAJOR", u64::from(MAJOR)),
        ("RF_MINOR", u64::from(MINOR)),
        ("RF_VERSION", u64::from(VERSION)),
        ("RF_MAGIC", u64::from(MAGIC)),
        ("RF_EVENT_LEN", EVENT_LEN as u64),
        ("RF_COMMAND_LEN", COMMAND_LEN as u64),
        ("RF_BUFFER_ALIGN", BUFFER_ALIGN as u64),
        ("RF_IO_BLOCK_LEN", IO_BLOCK_LEN as u64),
        ("RF_KIND_ACCEPTED", kind::ACCEPTED.into()),
        ("RF_KIND_REJECTED", kind::REJECTED.into()),
        ("RF_KIND_FILLED", kind::FILLED.into()),
        ("RF_KIND_CANCELED", kind::CANCELED.into()),
        ("RF_KIND_REPLACED", kind::REPLACED.into()),
        ("RF_KIND_TRIGGERED", kind::TRIGGERED.into()),
        ("RF_KIND_TRADE", kind::TRADE.into()),
        ("RF_KIND_ADD", kind::ADD.into()),
        ("RF_KIND_EXECUTE", kind::EXECUTE.into()),
        ("RF_KIND_REDUCE", kind::REDUCE.into()),
        ("RF_KIND_DELETE", kind::DELETE.into()),
        ("RF_KIND_LEVEL", kind::LEVEL.into()),
        ("RF_KIND_BBO", kind::BBO.into()),
        ("RF_KIND_PHASE", kind::PHASE.into()),
        ("RF_KIND_INDICATIVE", kind::INDICATIVE.into()),
        ("RF_KIND_UNCROSSED", kind::UNCROSSED.into()),
        ("RF_KIND_RENAME", kind::RENAME.into()),
        ("RF_KIND_TIMER", kind::TIMER.into()),
        ("RF_EVENT_HAS_PRICE", event_flag::HAS_PRICE.into()),
        ("RF_EVENT_HAS_ASK", event_flag::HAS_ASK.into()),
        ("RF_EVENT_KEPT_PRIORITY", event_flag::KEPT_PRIORITY.into()),
        ("RF_EVENT_HAS_TAKER", event_flag::HAS_TAKER.into()),
        ("RF_EVENT_LIQUIDITY_SHIFT", event_flag::LIQUIDITY_SHIFT.into()),
        ("RF_OP_NEW", Op::New as u64),
        ("RF_OP_CANCEL", Op::Cancel as u64),
        ("RF_OP_REDUCE", Op::Reduce as u64),
        ("RF_OP_REPLACE", Op::Replace as u64),
        ("RF_OP_QUOTE", Op::Quote as u64),
        ("RF_OP_MASS_CANCEL", Op::MassCancel as u64),
        ("RF_OP_KILL", Op::Kill as u64),
        ("RF_BUY", Side::Buy as u64),
        ("RF_SELL", Side::Sell as u64),
        ("RF_COMMAND_HIDDEN", command_flag::HIDDEN.into()),
        ("RF_COMMAND_ALL_OR_NONE", command_flag::ALL_OR_NONE.into()),
        ("RF_COMMAND_POST_ONLY", command_flag::POST_ONLY.into()),
        ("RF_COMMAND_SLIDE", command_flag::SLIDE.into()),
        ("RF_COMMAND_REDUCE_ONLY", command_flag::REDUCE_ONLY.into()),
        ("RF_COMMAND_HAS_PRICE", command_flag::HAS_PRICE.into()),
        ("RF_COMMAND_HAS_LIMIT", command_flag::HAS_LIMIT.into()),
        ("RF_COMMAND_NOTIONAL", command_flag::NOTIONAL.into()),
        ("RF_COMMAND_QTY_TOTAL", command_flag::QTY_TOTAL.into()),
        ("RF_COMMAND_QTY_OPEN", command_flag::QTY_OPEN.into()),
        ("RF_COMMAND_HAS_ACCOUNT", command_flag::HAS_ACCOUNT.into()),
        ("RF_COMMAND_HAS_INSTRUMENT", command_flag::HAS_INSTRUMENT.into()),
        ("RF_COMMAND_HAS_SIDE", command_flag::HAS_SIDE.into()),
        ("RF_COMMAND_HAS_TRIGGER", command_flag::HAS_TRIGGER.into()),
        ("RF_LEVEL_ERROR", level::ERROR.unsigned_abs().into()),
        ("RF_LEVEL_WARN", level::WARN.unsigned_abs().into()),
        ("RF_LEVEL_INFO", level::INFO.unsigned_abs().into()),
        ("RF_LEVEL_DEBUG", level::DEBUG.unsigned_abs().into()),
    ];
    let mut ours: BTreeMap<_, _> =
        pairs.into_iter().map(|(name, number)| (name.to_owned(), number)).collect();
    ours.extend(words());
    let theirs: BTreeMap<_, _> =
        defines.into_iter().map(|(name, number)| (name.to_owned(), number)).collect();
    assert_eq!(theirs, ours);
}

#[test]
fn events_have_the_same_fields() {
    let ours =
        places!(EventRecord, kind side flags instrument seq at_ns order_id qty aux0 aux1 price);
    let ours: BTreeSet<_> = ours.into_iter().collect();
    assert_eq!(fields("rf_event").into_iter().collect::<BTreeSet<_>>(), ours);
}

#[test]
fn commands_have_the_same_fields() {
    let ours = places!(CommandRecord, op side order_type tif flags stp peg instrument account
        stp_group reserved id new_id price qty trigger limit display min_qty offset expire_at_ns
        group parent tag);
    assert_eq!(fields("rf_command"), ours);
}

#[test]
fn the_io_block_has_the_same_fields() {
    let ours = [
        ("magic", 0, 4),
        ("major", 4, 2),
        ("minor", 6, 2),
        ("events_off", 8, 4),
        ("events_cap", 12, 4),
        ("commands_off", 16, 4),
        ("commands_cap", 20, 4),
        ("event_stride", 24, 2),
        ("command_stride", 26, 2),
        ("flags", 28, 4),
    ];
    assert_eq!(fields("rf_io_block"), ours);
    let mut bytes = [0; IO_BLOCK_LEN];
    for (number, (_, at, _)) in (1..).zip(ours) {
        bytes[at] = number;
    }
    let read = IoBlock {
        magic: 1,
        major: 2,
        minor: 3,
        events_off: 4,
        events_cap: 5,
        commands_off: 6,
        commands_cap: 7,
        event_stride: 8,
        command_stride: 9,
        flags: 10,
    };
    assert_eq!(IoBlock::from_bytes(&bytes), read);
}

#[test]
fn exports_imports_and_the_section_have_the_same_names() {
    let quoted = |before: &str| -> BTreeSet<&str> {
        let uses = HEADER.lines().filter_map(|line| line.strip_prefix(before));
        uses.map(|rest| rest.split('"').next().unwrap()).collect()
    };
    let exports = EXPORTS_REQUIRED.iter().chain(&EXPORTS_OPTIONAL).copied().collect();
    assert_eq!(quoted("RF_EXPORT(\""), exports);
    assert_eq!(quoted("RF_IMPORT(\""), IMPORTS.into_iter().collect());
    assert!(HEADER.contains(&format!("import_module(\"{IMPORT_MODULE}\")")));
    assert!(HEADER.contains(&format!(".section .custom_section.{MANIFEST_SECTION},")));
}

/// The page for authors without this SDK names every kind, command, import and export.
#[test]
fn the_page_for_authors_by_hand_leaves_nothing_out() {
    let page = include_str!("../../../docs/abi.md");
    for name in defines().into_keys() {
        if let Some(kind) = name.strip_prefix("RF_KIND_") {
            assert!(page.contains(&format!("`{kind}`")), "{name}");
        }
        assert!(!name.starts_with("RF_OP_") || page.contains(name), "{name}");
    }
    for name in EXPORTS_REQUIRED.iter().chain(&EXPORTS_OPTIONAL).chain(&IMPORTS) {
        assert!(page.contains(&format!("`{name}")), "{name}");
    }
}

/// The page says where each field begins, and what operators' commands are called.
#[test]
fn the_page_has_every_offset() {
    let page = include_str!("../../../docs/abi.md");
    let mut said = [Vec::new(), Vec::new()];
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some((record, offsets)) = ["| event |", "| command |"]
            .into_iter()
            .zip(&mut said)
            .find_map(|(start, record)| Some((record, line.strip_prefix(start)?)))
        else {
            continue;
        };
        let names = lines.nth(1).unwrap().strip_prefix("| |").unwrap().split('|');
        for (offset, name) in offsets.split('|').zip(names) {
            let Ok(offset) = offset.trim().parse::<usize>() else { continue };
            let (name, kind) = name.trim().split_once("` ").unwrap();
            let len = kind[1..].parse::<usize>().unwrap() / 8;
            record.push((name.trim_start_matches('`'), offset, len));
        }
    }
    assert_eq!(said, ["rf_event", "rf_command"].map(fields));
    for op in [Op::MassCancel, Op::Kill, Op::Unblock, Op::Phase, Op::Uncross, Op::Time] {
        assert!(page.contains(&format!("{} {}", op as u64, op.name())), "{}", op.name());
    }
}

const TEMPLATE: &str = include_str!("../../include/ringfence.ts");

/// The fields of a class of the template for AssemblyScript: name, type.
fn members(name: &str) -> Vec<(&'static str, String)> {
    let body = TEMPLATE.split_once(&format!("export class {name} {{\n")).unwrap().1;
    let body = body.split_once("\n}").unwrap().0;
    let lines = body.lines().map(|line| line.split_once(';').unwrap().0.trim());
    let members = lines.map(|line| line.split_once(": ").unwrap());
    members.map(|(name, kind)| (name, kind.to_owned())).collect()
}

/// The fields of a `struct` of the header, as AssemblyScript calls their types.
fn translated(name: &str) -> Vec<(&'static str, String)> {
    let body = HEADER.split_once(&format!("typedef struct {name} {{\n")).unwrap().1;
    let body = body.split_once("\n}").unwrap().0;
    let lines = body.lines().map(|line| line.split_once(';').unwrap().0.trim());
    let fields = lines.map(|line| line.split_once(' ').unwrap());
    fields.map(|(kind, field)| (field, short(kind))).collect()
}

/// `uint8_t` is `u8` there, and `int64_t` is `i64`.
fn short(kind: &str) -> String {
    kind.trim_end_matches("_t").replace("uint", "u").replace("int", "i")
}

#[test]
fn the_template_for_assemblyscript_says_what_the_header_says() {
    let constant = |line: &'static str| -> Option<(&str, u64)> {
        let (name, rest) = line.strip_prefix("export const ")?.split_once(": ")?;
        Some((name, rest.split_once(" = ")?.1.split_once(';')?.0.parse().ok()?))
    };
    assert_eq!(TEMPLATE.lines().filter_map(constant).collect::<BTreeMap<_, _>>(), defines());
    for (record, class) in
        [("rf_io_block", "IoBlock"), ("rf_event", "Event"), ("rf_command", "Command")]
    {
        assert_eq!(members(class), translated(record), "{class}");
    }
    let external = format!("@external(\"{IMPORT_MODULE}\", \"");
    let imports = TEMPLATE.lines().filter_map(|line| line.strip_prefix(external.as_str()));
    let imports: Vec<_> = imports.map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(imports, IMPORTS);
}

#[test]
fn the_magic_is_readable() {
    let block = IoBlock::new(64, 4160);
    assert_eq!(&block.magic.to_le_bytes(), b"RFIO");
    assert_eq!((block.events_off, block.commands_off, block.flags), (64, 4160, 0));
}
