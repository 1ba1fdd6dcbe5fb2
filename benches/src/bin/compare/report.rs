//! The table of docs/benchmarks.md, printed and written, and its picture.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::record::{Place, Run};
use super::speed::Speed;
use super::verdict::Verdict;

const BEGIN: &str = "<!-- written by compare -->\n";
const END: &str = "<!-- end -->\n";

/// Prints all of it.
pub(crate) fn print(run: &Run, verdicts: &[Verdict]) {
    print!("{}", tables(run, verdicts).expect("a string takes what is written"));
}

/// Writes the tables into docs/benchmarks.md and the picture beside it.
///
/// # Errors
///
/// Where a file cannot be read or written, or the page has no place for the tables.
pub(crate) fn write(run: &Run, verdicts: &[Verdict]) -> io::Result<()> {
    let page = docs().join("benchmarks.md");
    let text = fs::read_to_string(&page)?;
    let parts = text
        .split_once(BEGIN)
        .and_then(|(before, rest)| rest.split_once(END).map(|(_, after)| (before, after)));
    let (before, after) = parts.ok_or_else(|| io::Error::other("no place for the tables"))?;
    let tables = tables(run, verdicts).map_err(io::Error::other)?;
    fs::write(&page, format!("{before}{BEGIN}{tables}{END}{after}"))?;
    fs::write(docs().join("benchmarks.svg"), picture(run).map_err(io::Error::other)?)
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

fn tables(run: &Run, verdicts: &[Verdict]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let place = Place::here();
    writeln!(
        text,
        "{}, {}, {}, commit {}.\n",
        place.date, place.processor, place.rustc, place.commit
    )?;
    writeln!(text, "| nanoseconds a command, median | A | B | C | tally |\n|---|---|---|---|---|")?;
    for book in books(run) {
        let of = |workload| speed(run, book, workload).map_or(f64::NAN, Speed::median);
        let differs = run.speeds.iter().filter(|it| it.book == book).find_map(|it| it.differs);
        let tally = differs.map_or("as expected".into(), |why| format!("differs: {why}"));
        writeln!(text, "| {book} | {:.1} | {:.1} | {:.1} | {tally} |", of("A"), of("B"), of("C"))?;
    }
    writeln!(text, "\n| asked | measured | |\n|---|---|---|")?;
    for Verdict { asked, measured, holds } in verdicts {
        writeln!(text, "| {asked} | {measured} | {} |", if *holds { "pass" } else { "**fail**" })?;
    }
    writeln!(text, "\n| single commands on A | ns |\n|---|---|")?;
    for (percentile, ns) in &run.latencies.percentiles {
        writeln!(text, "| p{percentile} | {ns} |")?;
    }
    writeln!(
        text,
        "\n| orders | prices a side, anywhere in 64 bits | ns a command | in groups |\n|---|---|---|---|"
    )?;
    for depth in &run.depths {
        writeln!(
            text,
            "| {} | {} | {:.1} | {:.1} |",
            depth.orders, depth.prices, depth.ns, depth.ns_in_groups
        )?;
    }
    Ok(text)
}

/// Bars of the medians, a panel for each workload; longer than the panel is cut off and written out.
fn picture(run: &Run) -> Result<String, std::fmt::Error> {
    let books: Vec<&str> = books(run).collect();
    let (row, width) = (24, 760);
    let panel = row * books.len() + 40;
    let height = panel * 3;
    let mut text = String::new();
    writeln!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>"
    )?;
    for (at, workload) in ["A", "B", "C"].into_iter().enumerate() {
        let top = at * panel;
        let y = top + 24;
        writeln!(
            text,
            "<text x=\"8\" y=\"{y}\" font-weight=\"bold\">{workload}: nanoseconds a command</text>"
        )?;
        let ours = speed(run, "ringfence", workload).map_or(1.0, Speed::median);
        for (line, book) in books.iter().enumerate() {
            let Some(ns) = speed(run, book, workload).map(Speed::median) else { continue };
            let y = top + 32 + line * row;
            let length = (ns / ours * 60.0).min(480.0);
            let fill = if book.starts_with("ringfence") { "#1a7f5a" } else { "#9aa5b1" };
            writeln!(text, "<text x=\"160\" y=\"{}\" text-anchor=\"end\">{book}</text>", y + 15)?;
            writeln!(
                text,
                "<rect x=\"168\" y=\"{}\" width=\"{length:.0}\" height=\"16\" fill=\"{fill}\"/>",
                y + 2
            )?;
            writeln!(text, "<text x=\"{:.0}\" y=\"{}\">{ns:.0}</text>", 176.0 + length, y + 15)?;
        }
    }
    text.push_str("</svg>\n");
    Ok(text)
}

fn books(run: &Run) -> impl Iterator<Item = &'static str> + '_ {
    run.speeds.iter().filter(|speed| speed.workload == "A").map(|speed| speed.book)
}

fn speed<'a>(run: &'a Run, book: &str, workload: &str) -> Option<&'a Speed> {
    run.speeds.iter().find(|it| it.book == book && it.workload == workload)
}
