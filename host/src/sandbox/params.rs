//! Whether what a strategy is to be started with is what its manifest takes.

use super::Card;

/// Compares parameters, a line `key=value` each, with a manifest. One that lists none takes any: the
/// strategy itself says what it thinks of them.
///
/// # Errors
///
/// A sentence about the first that is not listed, or not of its type.
pub(super) fn check(manifest: &str, lines: &str) -> Result<(), String> {
    let Ok(Card { params: Some(listed), .. }) = Card::read(manifest.as_bytes()) else {
        return Ok(());
    };
    for line in lines.lines() {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        let Some(param) = listed.iter().find(|param| param.name == key) else {
            let names: Vec<_> = listed.iter().map(|param| &*param.name).collect();
            return Err(if names.is_empty() {
                format!("`{key}` is not one of its parameters: it has none")
            } else {
                format!("`{key}` is not one of its parameters: it has {}", names.join(", "))
            });
        };
        if !is_of(&param.kind, value) {
            return Err(format!(
                "its parameter `{key}` is {}, and not {value:?}",
                named(&param.kind)
            ));
        }
    }
    Ok(())
}

/// Whether a value is of a type; of one that no host knows anything is.
fn is_of(kind: &str, value: &str) -> bool {
    match kind {
        "i64" => value.parse::<i64>().is_ok(),
        "u64" => value.parse::<u64>().is_ok(),
        "bool" => matches!(value, "true" | "false"),
        "side" => matches!(value, "buy" | "sell"),
        _ => true,
    }
}

fn named(kind: &str) -> &'static str {
    match kind {
        "i64" => "a whole number",
        "u64" => "a whole number from 0 on",
        "bool" => "`true` or `false`",
        _ => "`buy` or `sell`",
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    const MANIFEST: &str = r#"{"params":[{"name":"n","type":"u64"},{"name":"i","type":"i64"},
        {"name":"b","type":"bool"},{"name":"s","type":"side"},{"name":"t","type":"text"},
        {"name":"x","type":"f64"},{"name":"y"}]}"#;

    #[test]
    fn what_is_listed_and_of_its_type_is_taken() {
        for lines in
            ["", "n=0\ni=-5\nb=true\ns=sell\nt=a=b\nx=what\ny=\n", "n=18446744073709551615\n"]
        {
            assert_eq!(check(MANIFEST, lines), Ok(()), "{lines}");
        }
        for manifest in ["{}", r#"{"params":null}"#, "rubbish"] {
            assert_eq!(check(manifest, "z=1\n"), Ok(()), "{manifest}");
        }
    }

    #[test]
    fn what_is_not_is_named() {
        for (lines, parts) in [
            ("n=1\nz=1\n", ["`z`", "it has n, i, b, s, t, x, y"]),
            ("n=-1\n", ["`n`", "from 0 on, and not \"-1\""]),
            ("n=18446744073709551616\n", ["`n`", "from 0 on"]),
            ("i=1.5\n", ["`i`", "a whole number, and not \"1.5\""]),
            ("b=yes\n", ["`b`", "`true` or `false`"]),
            ("s=Buy\n", ["`s`", "`buy` or `sell`"]),
            ("=5\n", ["``", "it has n"]),
        ] {
            let said = check(MANIFEST, lines).expect_err(lines);
            assert!(parts.iter().all(|part| said.contains(part)), "{said}");
        }
        let none = check(r#"{"params":[]}"#, "a=1\n").expect_err("there is none");
        assert!(none.contains("it has none"), "{none}");
    }
}
