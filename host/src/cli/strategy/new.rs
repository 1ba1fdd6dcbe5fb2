//! `ringfence strategy new`: a crate that builds, passes its tests and trades.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::super::Outcome;
use super::print;
use crate::error::RunError;

/// What `ringfence strategy new` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The folder gets a Cargo.toml, src/lib.rs (a small strategy), src/tests.rs (its tests, in a market \
with the real engine) and .cargo/config.toml (the module's stack). Nothing that is there is written over. Exit status 2 where that is not possible.")]
pub(super) struct Args {
    /// The strategy's name: small letters, digits, - and _
    #[arg(value_name = "NAME")]
    name: String,
    /// Where its folder goes [default: here]
    #[arg(long, value_name = "FOLDER")]
    path: Option<PathBuf>,
    /// The folder of ringfence-guest [default: that of the checkout which built this program]
    #[arg(long, value_name = "FOLDER")]
    sdk: Option<PathBuf>,
}

/// The files of a new crate, and what is in them.
const FILES: [(&str, &str); 5] = [
    ("Cargo.toml", include_str!("new/Cargo.toml.txt")),
    (".cargo/config.toml", include_str!("new/config.toml.txt")),
    ("src/lib.rs", include_str!("new/lib.rs.txt")),
    ("src/tests.rs", include_str!("new/tests.rs.txt")),
    (".gitignore", "/target\n"),
];

/// Where the kit for authors stood when this program was built.
const SDK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../guest-sdk");

/// The longest name that a manifest may have.
const NAME_MAX: usize = 64;

pub(super) fn run(args: &Args) -> Result<Outcome, RunError> {
    check_name(&args.name)?;
    let sdk = sdk(args.sdk.as_deref())?;
    let parent = args.path.clone().unwrap_or_default();
    let folder = parent.join(&args.name);
    let failed = |path: &Path| {
        let file = path.display().to_string();
        |source| RunError::Open { file, source }
    };
    fs::create_dir_all(&parent).map_err(failed(&parent))?;
    // Fails where the folder is there: an author's work is never written over.
    fs::create_dir(&folder).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => RunError::File {
            file: folder.display().to_string(),
            problem: "is there already; give the strategy another name, or another --path".into(),
        },
        _ => failed(&folder)(error),
    })?;
    for inner in ["src", ".cargo"] {
        let inner = folder.join(inner);
        fs::create_dir(&inner).map_err(failed(&inner))?;
    }
    let path = toml_string(&sdk.display().to_string());
    let mut files = FILES.map(|(name, text)| (name, text.to_owned())).to_vec();
    // The versions that the kit was tested with, which are on this machine already: the first build
    // asks nobody. Cargo takes out what the strategy does not use.
    if let Ok(lock) = fs::read_to_string(sdk.join("../Cargo.lock")) {
        files.push(("Cargo.lock", lock));
    }
    for (name, text) in files {
        let file = folder.join(name);
        let text = text.replace("{name}", &args.name).replace("{sdk}", &path);
        let written = fs::File::create_new(&file).and_then(|mut to| to.write_all(text.as_bytes()));
        written.map_err(failed(&file))?;
    }
    print(&next_steps(&folder, &args.name))?;
    Ok(Outcome::AsWished)
}

/// What Cargo takes as a package's name and a manifest as a strategy's.
fn check_name(name: &str) -> Result<(), RunError> {
    let problem = |what: &str| Err(RunError::Usage(format!("the name `{name}` {what}")));
    if name.len() > NAME_MAX {
        return problem("is longer than 64 letters; take a shorter one");
    }
    let is_sound = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let rest = name.bytes().all(|letter| is_sound(letter) || letter == b'-' || letter == b'_');
    if !name.starts_with(|letter: char| letter.is_ascii_lowercase()) || !rest {
        return problem("must begin with a small letter and have only a to z, 0 to 9, - and _");
    }
    if TAKEN.contains(&name) {
        return problem("is a word of Rust or of Cargo; take another one");
    }
    Ok(())
}

/// Names with which Cargo or Rust would do something else, or nothing; and those of the kit.
const TAKEN: [&str; 56] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "ringfence-core",
    "ringfence-guest",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "use",
    "while",
];

/// The folder of ringfence-guest.
fn sdk(wished: Option<&Path>) -> Result<PathBuf, RunError> {
    let folder = wished.unwrap_or(Path::new(SDK));
    let manifest = folder.join("Cargo.toml");
    let Ok(text) = fs::read_to_string(&manifest) else {
        let shown = folder.display();
        return Err(RunError::Usage(match wished {
            Some(_) => format!("there is no {shown}/Cargo.toml; name the folder guest-sdk"),
            None => format!(
                "the checkout that this program was built from is gone: there is no {shown}; name \
                 another one's folder by --sdk"
            ),
        }));
    };
    if !text.contains("name = \"ringfence-guest\"") {
        let problem = "is not that of ringfence-guest; name the folder guest-sdk of a checkout";
        return Err(RunError::File {
            file: manifest.display().to_string(),
            problem: problem.to_owned(),
        });
    }
    Ok(folder.canonicalize().unwrap_or_else(|_| folder.to_owned()))
}

/// A basic string of TOML.
fn toml_string(text: &str) -> String {
    let escape = |letter: char| match letter {
        '"' | '\\' => format!("\\{letter}"),
        _ if letter.is_control() => format!("\\u{:04x}", u32::from(letter)),
        _ => letter.to_string(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}

fn next_steps(folder: &Path, name: &str) -> String {
    let module = format!("target/wasm32-unknown-unknown/release/{}.wasm", name.replace('-', "_"));
    format!(
        "{folder} is a strategy that builds, passes its tests and trades. Next:

    cd {folder}
    cargo test                                                      # in a market with the real engine
    cargo build --release --target wasm32-unknown-unknown
    ringfence strategy check {module}
    ringfence backtest {module} --generate 1

Then change src/lib.rs. Where the compiler has no wasm32: rustup target add wasm32-unknown-unknown
",
        folder = folder.display(),
    )
}

#[cfg(test)]
mod tests;
