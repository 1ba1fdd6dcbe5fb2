//! `ringfence strategy inspect`: what is in a strategy's file.

use super::anatomy::Anatomy;
use super::{columns, plain, print, read};
use crate::cli::Outcome;
use crate::error::RunError;
use crate::metrics::Grouped;
use crate::sandbox::{Card, FunctionGas, PRICES, gas_by_function};

pub(super) fn run(file: &str) -> Result<Outcome, RunError> {
    let wasm = read(file)?;
    let wrong =
        |problem: String| RunError::File { file: file.to_owned(), problem: plain(&problem) };
    let anatomy = Anatomy::of(&wasm).map_err(wrong)?;
    let mut text = String::new();
    manifest(&anatomy, &mut text);
    sizes(&anatomy, wasm.len(), &mut text);
    section("imports", &anatomy.imports, &mut text);
    section("exports", &anatomy.exports, &mut text);
    gas(&wasm, &mut text);
    print(&text)?;
    Ok(Outcome::AsWished)
}

fn manifest(anatomy: &Anatomy, text: &mut String) {
    *text += "manifest\n";
    let Some(bytes) = &anatomy.manifest else {
        *text += "  none\n";
        return;
    };
    let card = match Card::read(bytes) {
        Ok(card) => card,
        Err(error) => {
            *text += &format!("  not one that a host reads: {}\n", plain(&error));
            return;
        }
    };
    let or_none = |list: Option<&[String]>| match list {
        None => "not stated".to_owned(),
        Some([]) => "none".to_owned(),
        Some(list) => plain(&list.join(", ")),
    };
    let stated = |value: Option<&String>| value.map_or("not stated".to_owned(), |it| plain(it));
    let abi = card.abi_version().map(|(major, minor)| format!("{major}.{minor}"));
    let timer = match card.timer_ns {
        None | Some(0) => "none".to_owned(),
        Some(ns) => format!("every {} ns", Grouped(ns)),
    };
    let rows = [
        ("name", stated(card.name.as_ref())),
        ("version", stated(card.version.as_ref())),
        ("ABI", stated(abi.as_ref())),
        ("subscriptions", or_none(card.subscriptions.as_deref())),
        ("timer", timer),
        ("wanted imports", or_none(card.imports.as_deref())),
    ];
    columns(&rows.map(|(what, value)| [format!("  {what}"), value]), text);
    let params = card.params.iter().flatten().map(|param| {
        let name = format!("  {}", plain(&param.name));
        [name, plain(&param.kind), plain(&param.default), plain(&param.about)]
    });
    *text += "parameters: name, type, default\n";
    list(&params.collect::<Vec<_>>(), text);
}

fn sizes(anatomy: &Anatomy, file_len: usize, text: &mut String) {
    *text += "sizes\n";
    let bytes = |len: u64| format!("{} bytes", Grouped(len));
    let mut rows = vec![
        ["  file".to_owned(), bytes(file_len as u64)],
        ["  code".to_owned(), bytes(anatomy.code_len)],
        ["  data".to_owned(), bytes(anatomy.data_len)],
    ];
    for (name, len) in &anatomy.custom {
        rows.push([format!("  custom section {}", plain(name)), bytes(*len)]);
    }
    rows.push(["  functions".to_owned(), Grouped(anatomy.functions).to_string()]);
    let grows = |(least, most): &(u64, Option<u64>), what: &str| match most {
        Some(most) => format!("{} {what}, at most {}", Grouped(least), Grouped(most)),
        None => format!("{} {what}, without a maximum", Grouped(least)),
    };
    let pages = |it| ["  memory".to_owned(), grows(it, "pages of 64 KiB")];
    rows.extend(anatomy.memories.iter().map(pages));
    let elements = |it| ["  table".to_owned(), grows(it, "elements")];
    rows.extend(anatomy.tables.iter().map(elements));
    let start = if anatomy.has_start { "one" } else { "none" };
    rows.push(["  start function".to_owned(), start.to_owned()]);
    columns(&rows, text);
}

/// What instructions cost, and the functions in which most of that can be spent.
fn gas(wasm: &[u8], text: &mut String) {
    *text += "gas\n";
    let rows = PRICES.map(|(what, price)| [format!("  {what}"), Grouped(price).to_string()]);
    columns(&rows, text);
    let Ok(functions) = gas_by_function(wasm) else {
        *text += "gas by function\n  not reckoned: strategy check says what is wrong\n";
        return;
    };
    let total: u64 = functions.iter().map(|function| function.gas).sum();
    *text += "gas by function, each instruction once: gas, loops\n";
    let (shown, rest) = functions.split_at(functions.len().min(FUNCTIONS_SHOWN));
    let row = |function: &FunctionGas| {
        let name = format!("  {}", plain(&function.name));
        [name, Grouped(function.gas).to_string(), function.loops.to_string()]
    };
    list(&shown.iter().map(row).collect::<Vec<_>>(), text);
    if !rest.is_empty() {
        *text += &format!("  and {} more; {} in all\n", rest.len(), Grouped(total));
    }
}

fn section(heading: &str, parts: &[(String, String)], text: &mut String) {
    *text += heading;
    text.push('\n');
    let rows = parts.iter().map(|(name, kind)| [format!("  {}", plain(name)), kind.clone()]);
    list(&rows.collect::<Vec<_>>(), text);
}

fn list<const N: usize>(rows: &[[String; N]], text: &mut String) {
    if rows.is_empty() {
        *text += "  none\n";
    }
    columns(rows, text);
}

/// Functions that are shown: the dearest.
const FUNCTIONS_SHOWN: usize = 20;
