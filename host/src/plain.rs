//! Text that others wrote, as a terminal and a line of a log may have it.

/// The text with its control characters written out: no line begins in it, and no terminal obeys it.
pub(crate) fn plain(text: &str) -> String {
    let escape = |letter: char| {
        if letter.is_control() { letter.escape_debug().collect() } else { letter.to_string() }
    };
    text.chars().map(escape).collect()
}
