//! Figures in the text form that Prometheus reads.

use std::fmt::{Display, Write as _};

/// Text that grows by one figure after the other.
#[derive(Debug, Default)]
pub(super) struct Exposition {
    text: String,
}

impl Exposition {
    /// A figure that only grows.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "counter");
        self.line(name, "", value);
    }

    /// A figure that goes up and down.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "gauge");
        self.line(name, "", value);
    }

    /// A counter for each value of a label.
    pub(super) fn counters<'a>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'a str, u64)>,
    ) {
        self.head(name, help, "counter");
        for (of, value) in values {
            self.line(name, &format!("{{{label}=\"{of}\"}}"), value);
        }
    }

    /// A figure that only grows, for each set of labels.
    pub(super) fn counters_of(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels, u64)>,
    ) {
        self.head(name, help, "counter");
        values.into_iter().for_each(|(labels, value)| self.line(name, &labels.text(), value));
    }

    /// A figure that goes up and down, for each set of labels.
    pub(super) fn gauges(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels, u64)>,
    ) {
        self.head(name, help, "gauge");
        values.into_iter().for_each(|(labels, value)| self.line(name, &labels.text(), value));
    }

    /// The same, where the figure is text already.
    pub(super) fn gauges_text(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels, String)>,
    ) {
        self.head(name, help, "gauge");
        for (labels, value) in values {
            self.text_line(&format!("{name}{}", labels.text()), &value);
        }
    }

    /// How often something took up to so many seconds: bounds as text, rising, and counts of each
    /// range; the last count is of what is beyond all bounds.
    pub(super) fn histogram(
        &mut self,
        name: &str,
        help: &str,
        ranges: impl IntoIterator<Item = (String, u64)>,
        sum_seconds: &str,
    ) {
        self.head(name, help, "histogram");
        let mut count = 0;
        for (bound, within) in ranges {
            count += within;
            self.line(&format!("{name}_bucket"), &format!("{{le=\"{bound}\"}}"), count);
        }
        self.text_line(&format!("{name}_sum"), sum_seconds);
        self.line(&format!("{name}_count"), "", count);
    }

    /// A figure that is text already.
    pub(super) fn gauge_text(&mut self, name: &str, help: &str, value: &str) {
        self.head(name, help, "gauge");
        self.text_line(name, value);
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        self.push(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    fn line(&mut self, name: &str, labels: &str, value: u64) {
        self.push(format_args!("{name}{labels} {value}\n"));
    }

    fn text_line(&mut self, name: &str, value: &str) {
        self.push(format_args!("{name} {value}\n"));
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        self.text.write_fmt(text).expect("a string takes any text");
    }
}

/// Labels of a figure, whatever their values are.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels {
    text: String,
}

impl Labels {
    /// The same and one more. Its value may be any text: it does not end where a reader would take it
    /// to end.
    pub(super) fn and(mut self, name: &str, value: impl Display) -> Self {
        let begin = if self.text.is_empty() { "" } else { "," };
        write!(self.text, "{begin}{name}=\"").expect("a string takes any text");
        for letter in value.to_string().chars() {
            match letter {
                '\\' => self.text += "\\\\",
                '"' => self.text += "\\\"",
                '\n' => self.text += "\\n",
                letter if letter.is_control() => self.text.push(char::REPLACEMENT_CHARACTER),
                letter => self.text.push(letter),
            }
        }
        self.text.push('"');
        self
    }

    fn text(&self) -> String {
        format!("{{{}}}", self.text)
    }
}

/// Nanoseconds as seconds, exactly.
pub(super) fn seconds(nanoseconds: u64) -> String {
    format!("{}.{:09}", nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000)
}
