//! Charts as HTML and inline SVG whose text keeps its size however wide the window is.

use std::fmt::Write as _;

use super::axis::{Axis, PICTURE};
use crate::metrics::Decimal;

/// A chart of values over time.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) title: String,
    /// What the values are counted in.
    pub(super) unit: &'static str,
    /// Decimal places of the values.
    pub(super) scale: u8,
    /// Drawn in this order.
    pub(super) lines: Vec<Curve>,
    pub(super) dots: Vec<Dots>,
    pub(super) note: String,
}

/// One line of a chart.
#[derive(Debug)]
pub(super) struct Curve {
    pub(super) name: String,
    /// A class of the style sheet.
    pub(super) class: String,
    /// Times rise. `None` is a gap.
    pub(super) points: Vec<(i128, Option<i128>)>,
    /// Whether a value stays until the next one.
    pub(super) steps: bool,
}

/// Marks of one kind.
#[derive(Debug)]
pub(super) struct Dots {
    pub(super) name: String,
    pub(super) class: String,
    pub(super) points: Vec<(i128, i128)>,
    pub(super) is_hollow: bool,
}

impl Chart {
    /// The chart as HTML; `time` is the axis that all charts of a page share.
    pub(super) fn html(&self, time: Axis) -> String {
        let curves = self.lines.iter().flat_map(|line| &line.points);
        let values = curves.filter_map(|&(_, value)| value);
        let dots = self.dots.iter().flat_map(|dots| &dots.points).map(|&(_, value)| value);
        let axis = Axis::round(values.chain(dots));
        let mut svg = String::new();
        for value in axis.labels() {
            let y = PICTURE - axis.place(value);
            let class = if value == 0 { "zero" } else { "grid" };
            line(&mut svg, class, (0, y), (PICTURE, y));
        }
        for curve in &self.lines {
            let path = curve.path(time, axis);
            add(&mut svg, format_args!("<path class=\"line {}\" d=\"{path}\"/>", curve.class));
        }
        for dots in &self.dots {
            let mut path = String::new();
            for &(at, value) in &dots.points {
                let (x, y) = (time.place(at), PICTURE - axis.place(value));
                add(&mut path, format_args!("M{x} {y}h0"));
            }
            add(&mut svg, format_args!("<path class=\"dots {}\" d=\"{path}\"/>", dots.class));
            if dots.is_hollow {
                add(&mut svg, format_args!("<path class=\"dots hole\" d=\"{path}\"/>"));
            }
        }
        // As many decimals as the steps need, but cents where there are cents.
        let zeros =
            (0..u32::from(self.scale)).take_while(|&zeros| axis.step % 10_i128.pow(zeros + 1) == 0);
        let dropped = u32::try_from(zeros.count()).unwrap_or(0);
        let dropped =
            if self.scale >= 2 { dropped.min(u32::from(self.scale) - 2) } else { dropped };
        let scale = self.scale - u8::try_from(dropped).unwrap_or(0);
        let y_label =
            |value: i128| Decimal { units: value / 10_i128.pow(dropped), scale }.to_string();
        let x_label = |value| time.time_label(value);
        let mut frame = Frame::new(svg);
        frame.labels_y(axis.labels().map(|value| (axis.place(value), y_label(value))));
        frame.labels_x(time.labels().map(|value| (time.place(value), x_label(value))));
        frame.html(&self.title, self.unit, &self.legend(), &self.note, &self.hover(time))
    }

    fn legend(&self) -> Vec<(String, String)> {
        let lines = self.lines.iter().map(|line| (line.class.clone(), line.name.clone()));
        let dots = self.dots.iter().map(|dots| (dots.class.clone(), dots.name.clone()));
        lines.chain(dots).collect()
    }

    /// What the page's script shows where the pointer is: times and values, as JSON.
    fn hover(&self, time: Axis) -> String {
        let Some(first) = self.lines.first() else { return String::new() };
        let mut json = String::from("{\"x\":[");
        separated(&mut json, first.points.iter().map(|&(at, _)| time.place(at).to_string()));
        json.push_str("],\"t\":[");
        let label = |at: i128| format!("\"{}\"", moment(at, time));
        separated(&mut json, first.points.iter().map(|&(at, _)| label(at)));
        json.push_str("],\"s\":[");
        separated(
            &mut json,
            self.lines.iter().map(|line| {
                let values = line.points.iter().map(|&(_, value)| match value {
                    Some(value) => format!("\"{}\"", Decimal { units: value, scale: self.scale }),
                    None => "null".into(),
                });
                let mut list = format!("{{\"n\":\"{}\",\"v\":[", plain(&line.name));
                separated(&mut list, values);
                list + "]}"
            }),
        );
        json + "]}"
    }
}

impl Curve {
    fn path(&self, time: Axis, axis: Axis) -> String {
        let mut path = String::new();
        let mut pen_down = false;
        for &(at, value) in &self.points {
            let Some(value) = value else {
                pen_down = false;
                continue;
            };
            let (x, y) = (time.place(at), PICTURE - axis.place(value));
            match (pen_down, self.steps) {
                (false, _) => add(&mut path, format_args!("M{x} {y}")),
                (true, true) => add(&mut path, format_args!("H{x}V{y}")),
                (true, false) => add(&mut path, format_args!("L{x} {y}")),
            }
            pen_down = true;
        }
        path
    }
}

/// A picture with its labels around it.
#[derive(Debug)]
pub(super) struct Frame {
    svg: String,
    labels: String,
}

impl Frame {
    pub(super) const fn new(svg: String) -> Self {
        Self { svg, labels: String::new() }
    }

    /// Labels on the left; places go upwards.
    pub(super) fn labels_y(&mut self, labels: impl Iterator<Item = (i128, String)>) {
        for (place, text) in labels {
            let top = percent(PICTURE - place);
            add(
                &mut self.labels,
                format_args!("<span class=\"y\" style=\"top:{top}\">{text}</span>"),
            );
        }
    }

    /// Labels below.
    pub(super) fn labels_x(&mut self, labels: impl Iterator<Item = (i128, String)>) {
        for (number, (place, text)) in labels.enumerate() {
            let odd = if number % 2 == 1 { " odd" } else { "" };
            let left = percent(place);
            add(
                &mut self.labels,
                format_args!("<span class=\"x{odd}\" style=\"left:{left}\">{text}</span>"),
            );
        }
    }

    /// The whole figure.
    pub(super) fn html(
        &self,
        title: &str,
        unit: &str,
        legend: &[(String, String)],
        note: &str,
        hover: &str,
    ) -> String {
        let mut html = format!("<figure><figcaption><h2>{}</h2>", escape(title));
        add(&mut html, format_args!("<span class=\"unit\">{}</span>", escape(unit)));
        if !legend.is_empty() {
            html.push_str("<span class=\"legend\">");
            for (class, name) in legend {
                let name = escape(name);
                add(&mut html, format_args!("<span><i class=\"{class}\"></i>{name}</span>"));
            }
            html.push_str("</span>");
        }
        html.push_str("</figcaption><div class=\"plot\">");
        add(
            &mut html,
            format_args!(
                "<svg viewBox=\"0 0 {PICTURE} {PICTURE}\" preserveAspectRatio=\"none\" role=\"img\" \
                 aria-label=\"{}\">{}</svg>{}",
                escape(title),
                self.svg,
                self.labels
            ),
        );
        if !hover.is_empty() {
            add(&mut html, format_args!("<script type=\"application/json\">{hover}</script>"));
        }
        html.push_str("</div>");
        if !note.is_empty() {
            add(&mut html, format_args!("<p class=\"note\">{}</p>", escape(note)));
        }
        html + "</figure>"
    }
}

/// A straight line.
pub(super) fn line(svg: &mut String, class: &str, from: (i128, i128), to: (i128, i128)) {
    let ((x1, y1), (x2, y2)) = (from, to);
    add(svg, format_args!("<path class=\"{class}\" d=\"M{x1} {y1}L{x2} {y2}\"/>"));
}

/// Text that means itself in HTML.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\\' => escaped.push_str("&#92;"),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Text without what would need escaping in JSON or end a script.
fn plain(text: &str) -> String {
    let keeps = |letter: char| !letter.is_control() && !"\"\\<>&".contains(letter);
    text.chars().filter(|&letter| keeps(letter)).collect()
}

/// Appends to text, which cannot fail.
pub(super) fn add(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes any text");
}

fn separated(text: &mut String, items: impl Iterator<Item = String>) {
    for (number, item) in items.enumerate() {
        if number > 0 {
            text.push(',');
        }
        text.push_str(&item);
    }
}

fn percent(place: i128) -> String {
    format!("{}.{:02}%", place / 100, place % 100)
}

fn moment(at_ns: i128, time: Axis) -> String {
    let seconds = Axis { step: time.step.min(SECOND_NS), ..time };
    seconds.time_label(at_ns)
}

const SECOND_NS: i128 = 1_000_000_000;
