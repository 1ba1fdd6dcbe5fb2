//! Whatever a configuration says, it is read or refused with a place in it.

use crate::config::Config;
use crate::error::RunError;

/// Reads bytes as a configuration.
///
/// # Panics
///
/// Where it is refused without a place, or with one that is not in the text.
pub fn check_config_bytes(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Err(error) = Config::parse("venue.toml", &text) else { return };
    let RunError::Line { line, column, problem, .. } = error else {
        panic!("refused without a place: {error}")
    };
    let at = usize::try_from(line).expect("lines fit memory").checked_sub(1);
    let line_len = at.and_then(|at| text.split('\n').nth(at)).map(|line| line.chars().count());
    assert!(
        line_len.is_some_and(|len| (1..=len + 1).contains(&column)),
        "{line}:{column} of {text:?}"
    );
    assert!(!problem.is_empty(), "refused without a reason: {text:?}");
}
