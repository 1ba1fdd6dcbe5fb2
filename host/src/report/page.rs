//! The page itself: what was run, how it went over time, and how fast it was.

use ringfence_core::Side;

use super::axis::{Axis, PICTURE, log2_thousandths};
use super::chart::{Chart, Curve, Dots, Frame, add, escape, line};
use super::series::Series;
use crate::metrics::{Grouped, Metrics, PERCENTILES, Span};
use crate::summary::Row;

/// What the page says besides the series.
#[derive(Debug)]
pub struct Facts<'a> {
    /// What was replayed.
    pub title: String,
    /// Decimal places of a tick.
    pub scale: u8,
    /// A few numbers, each with what it is.
    pub headline: Vec<(String, String)>,
    /// What was found, as lines of text.
    pub findings: String,
    /// How fast it was.
    pub metrics: &'a Metrics,
    /// The strategies.
    pub strategies: Vec<Row>,
}

/// Writes the page.
#[must_use]
pub fn html(facts: &Facts<'_>, series: &Series) -> String {
    let times = series.points.kept().iter().map(|point| i128::from(point.at_ns));
    let trades = series.trades.kept().iter().map(|trade| i128::from(trade.at_ns));
    let time = Axis::time(times.chain(trades));
    let title = escape(&facts.title);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>"
    );
    page.push_str("<dl class=\"tiles\">");
    for (name, value) in &facts.headline {
        let (name, value) = (escape(name), escape(value));
        add(&mut page, format_args!("<div><dt>{name}</dt><dd>{value}</dd></div>"));
    }
    page.push_str("</dl>");
    page.push_str(&price(facts, series).html(time));
    if !facts.strategies.is_empty() {
        page.push_str(&position(facts, series).html(time));
        page.push_str(&result(facts, series).html(time));
        page.push_str(&strategies(facts));
    }
    page.push_str(&latency(facts.metrics));
    page.push_str(&percentiles(facts.metrics));
    if !facts.findings.is_empty() {
        let findings = escape_lines(&facts.findings);
        add(&mut page, format_args!("<section><h2>Findings</h2><pre>{findings}</pre></section>"));
    }
    add(&mut page, format_args!("</main><script>{SCRIPT}</script></body></html>\n"));
    page
}

/// Colours of the style sheet for strategies; more strategies than that share them.
const SEAT_COLOURS: usize = 6;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

fn price(facts: &Facts<'_>, series: &Series) -> Chart {
    let points = series.points.kept().iter();
    let middle = points.map(|point| {
        // Rounded down to whole ticks: half a tick is less than a pixel.
        let middle = point.middle_doubled.map(|doubled| doubled.div_euclid(2));
        (i128::from(point.at_ns), middle)
    });
    let trades = |taker| {
        let trades = series.trades.kept().iter().filter(move |trade| trade.taker == taker);
        trades.map(|trade| (i128::from(trade.at_ns), i128::from(trade.price))).collect::<Vec<_>>()
    };
    let mut dots = Vec::new();
    for (name, class, taker) in [
        ("trade, buyer came in", "bought", Some(Side::Buy)),
        ("trade, seller came in", "sold", Some(Side::Sell)),
        ("trade in an auction", "auctioned", None),
    ] {
        let points = trades(taker);
        if !points.is_empty() {
            dots.push(Dots { name: name.into(), class: class.into(), points, is_hollow: false });
        }
    }
    for (seat, row) in facts.strategies.iter().enumerate() {
        for (side, kind) in [(Side::Buy, "buy"), (Side::Sell, "sell")] {
            let fills = series.fills.kept().iter();
            let fills = fills.filter(|fill| fill.seat == seat && fill.side == side);
            let points: Vec<_> =
                fills.map(|fill| (i128::from(fill.at_ns), i128::from(fill.price))).collect();
            if !points.is_empty() {
                let class = format!("fill {kind} seat{}", seat % SEAT_COLOURS);
                let verb = if side == Side::Buy { "bought" } else { "sold" };
                let is_hollow = side == Side::Sell;
                dots.push(Dots { name: format!("{} {verb}", row.name), class, points, is_hollow });
            }
        }
    }
    let curve = Curve {
        name: "middle of the market".into(),
        class: "middle".into(),
        points: middle.collect(),
        steps: true,
    };
    let scale = facts.scale;
    let unit = if scale == 0 { "ticks" } else { "per lot, in units of the currency" };
    let note = thinned(series.trades.given(), series.trades.every(), "trade");
    Chart { title: "Price and trades".into(), unit, scale, lines: vec![curve], dots, note }
}

fn position(facts: &Facts<'_>, series: &Series) -> Chart {
    let lines = seats(facts, series, |&(lots, _)| lots);
    let (title, unit) = ("Position of each strategy".into(), "lots");
    Chart { title, unit, scale: 0, lines, dots: Vec::new(), note: String::new() }
}

fn result(facts: &Facts<'_>, series: &Series) -> Chart {
    let lines = seats(facts, series, |&(_, worth)| worth);
    let unit = if facts.scale == 0 { "ticks × lots" } else { "units of the currency" };
    let note = "Cash plus what is held at the middle of the market, fees included.".into();
    let title = "Profit and loss of each strategy".into();
    Chart { title, unit, scale: facts.scale, lines, dots: Vec::new(), note }
}

fn seats(facts: &Facts<'_>, series: &Series, value: impl Fn(&(i128, i128)) -> i128) -> Vec<Curve> {
    let curves = facts.strategies.iter().enumerate().map(|(seat, row)| Curve {
        name: row.name.clone(),
        class: format!("seat{}", seat % SEAT_COLOURS),
        points: {
            let points = series.points.kept().iter();
            points
                .map(|point| (i128::from(point.at_ns), point.seats.get(seat).map(&value)))
                .collect()
        },
        steps: true,
    });
    curves.collect()
}

fn thinned(given: u64, every: u64, what: &str) -> String {
    match every {
        _ if given == 0 => format!("No {what} happened."),
        1 => String::new(),
        every => format!("Of {} {what}s, one in {every} is shown.", Grouped(given)),
    }
}

/// How many commands took how long, both in logarithms.
fn latency(metrics: &Metrics) -> String {
    let edges: Vec<u64> = (0..).map_while(latency_edge).collect();
    let bars: Vec<(u64, u64, u64)> = edges
        .windows(2)
        .map(|pair| (pair[0], pair[1], metrics.count_between(pair[0], pair[1])))
        .collect();
    let Some(first) = bars.iter().position(|bar| bar.2 > 0) else { return String::new() };
    let last = bars.iter().rposition(|bar| bar.2 > 0).unwrap_or(first);
    let bars = &bars[first..=last];
    let (from, to) = (log2_thousandths(bars[0].0), log2_thousandths(bars[bars.len() - 1].1));
    let across = Axis { least: from, most: to.max(from + 1), step: 1 };
    let most = bars.iter().map(|bar| bar.2).max().unwrap_or(1);
    // One more than the logarithm, so that a single command is seen.
    let height = |count: u64| if count == 0 { 0 } else { log2_thousandths(count) + 1_000 };
    let up = Axis { least: 0, most: height(most) * 11 / 10, step: 1 };

    let tens = (0..20).map(|power| 10_u64.pow(power));
    let counts: Vec<u64> = tens.clone().take_while(|&count| count <= most).collect();
    let mut svg = String::new();
    for &count in &counts {
        let y = PICTURE - up.place(height(count));
        line(&mut svg, "grid", (0, y), (PICTURE, y));
    }
    for &(from, to, count) in bars {
        let (left, right) =
            (across.place(log2_thousandths(from)), across.place(log2_thousandths(to)));
        let top = PICTURE - up.place(height(count));
        let title = format!("{} to {}: {} commands", Span(from), Span(to), Grouped(count));
        add(
            &mut svg,
            format_args!(
                "<path class=\"bar\" d=\"M{left} {PICTURE}V{top}H{right}V{PICTURE}Z\">\
                 <title>{title}</title></path>"
            ),
        );
    }
    let mut frame = Frame::new(svg);
    frame.labels_y(
        counts.iter().map(|&count| (up.place(height(count)), Grouped(count).to_string())),
    );
    let inside = |value: &u64| (from..=to).contains(&log2_thousandths(*value));
    let labels =
        tens.filter(inside).map(|ns| (across.place(log2_thousandths(ns)), Span(ns).to_string()));
    frame.labels_x(labels);
    let note =
        "Both axes are logarithmic. A command's time includes the answers of strategies to it.";
    frame.html("Latency per command", "commands", &[], note, "")
}

/// Four edges to each doubling, from 4 ns on.
fn latency_edge(number: u32) -> Option<u64> {
    let power = 1_u64.checked_shl(number / 4).filter(|power| *power < 1 << 34)?;
    Some(power * u64::from(4 + number % 4))
}

fn percentiles(metrics: &Metrics) -> String {
    let mut heads = String::new();
    let mut cells = String::new();
    let spans = PERCENTILES.map(|(name, hundredths)| (name, metrics.percentile_ns(hundredths)));
    for (name, nanoseconds) in spans.into_iter().chain([("longest", metrics.max_ns())]) {
        add(&mut heads, format_args!("<th>{name}</th>"));
        add(&mut cells, format_args!("<td>{}</td>", Span(nanoseconds)));
    }
    format!("<section class=\"wide\"><table><tr>{heads}</tr><tr>{cells}</tr></table></section>")
}

fn strategies(facts: &Facts<'_>) -> String {
    let mut table = String::from("<section class=\"wide\"><h2>Strategies</h2><table><tr>");
    for head in Row::HEADS {
        add(&mut table, format_args!("<th>{head}</th>"));
    }
    table.push_str("</tr>");
    for (seat, row) in facts.strategies.iter().enumerate() {
        let colour = seat % SEAT_COLOURS;
        table.push_str("<tr>");
        for (place, cell) in row.cells().into_iter().enumerate() {
            let swatch =
                if place == 0 { format!("<i class=\"seat{colour}\"></i>") } else { String::new() };
            add(&mut table, format_args!("<td>{swatch}{}</td>", escape(&cell)));
        }
        table.push_str("</tr>");
    }
    table.push_str("</table>");
    for row in facts.strategies.iter().filter(|row| row.fault.is_some()) {
        let fault = row.fault.as_deref().unwrap_or_default();
        let (name, fault) = (escape(&row.name), escape(fault));
        add(&mut table, format_args!("<p class=\"fault\">{name}: {fault}</p>"));
        if !row.log_tail.is_empty() {
            let log = escape_lines(&row.log_tail.join("\n"));
            add(&mut table, format_args!("<pre>{log}</pre>"));
        }
    }
    table + "</section>"
}

fn escape_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(escape).collect();
    lines.join("\n")
}
