//! `ringfence strategy check`: every rule of admission, and what a module makes of it.

use std::path::Path;

use super::anatomy::Anatomy;
use super::{columns, plain, print};
use crate::cli::Outcome;
use crate::error::RunError;
use crate::metrics::Grouped;
use crate::ordinary;
use crate::runtime::{Call, MEMORY};
use crate::sandbox::{
    ABI_VERSION, Admitted, Card, LoadError, Refusal, SandboxConfig, admit, counted,
};

pub(super) fn run(file: &str) -> Result<Outcome, RunError> {
    let config = SandboxConfig::default();
    let (wasm, len) = ordinary::module(Path::new(file), config.module_bytes_max)?;
    let list = List::of(&wasm, len, &config);
    let mut text = String::new();
    columns(&list.rows, &mut text);
    text.push('\n');
    for sentence in &list.sentences {
        text += &format!("{file} {}\n", plain(sentence));
    }
    let refused = list.refused();
    text += &if refused == 0 {
        format!("{file} is admitted\n")
    } else {
        format!("{file} is refused by {refused} of {} checks\n", list.rows.len() - 1)
    };
    print(&text)?;
    Ok(if refused == 0 { Outcome::AsWished } else { Outcome::Differs })
}

/// The checks in the order in which they are made, and what is to be said of those that failed.
struct List {
    /// The verdict, what was checked, what may be, what was found.
    rows: Vec<[String; 4]>,
    sentences: Vec<String>,
}

impl List {
    /// Of a module of which `wasm` was read, and which has `len` bytes.
    fn of(wasm: &[u8], len: u64, config: &SandboxConfig) -> Self {
        let head = ["verdict", "check", "limit", "found"].map(str::to_owned);
        let mut list = Self { rows: vec![head], sentences: Vec::new() };
        let outcome = admit(wasm, config);
        if let Err(error) = &outcome {
            list.sentences = match error {
                LoadError::Refused(refusals) => refusals.iter().map(Refusal::to_string).collect(),
                &LoadError::TooLarge { max, .. } => {
                    let len = usize::try_from(len).unwrap_or(usize::MAX);
                    vec![LoadError::TooLarge { len, max }.to_string()]
                }
                error => vec![error.to_string()],
            };
        }
        if list.file((wasm, len), config, outcome.as_ref().err())
            && let (Ok(anatomy), Ok(counts)) = (Anatomy::of(wasm), counted(wasm))
        {
            list.module(&anatomy, &counts, config, &outcome);
        }
        list
    }

    /// The checks that a module must pass before the others make sense; whether it did.
    fn file(
        &mut self,
        (wasm, len): (&[u8], u64),
        config: &SandboxConfig,
        error: Option<&LoadError>,
    ) -> bool {
        let max = format!("{} bytes", Grouped(config.module_bytes_max));
        let is_too_large = matches!(error, Some(LoadError::TooLarge { .. }));
        self.row(!is_too_large, "size", &max, &format!("{} bytes", Grouped(len)));
        if is_too_large {
            return false;
        }
        let kind = "a core Wasm module";
        if let Some(LoadError::NotWasm { what }) = error {
            self.row(false, "kind", kind, what);
            return false;
        }
        self.row(true, "kind", kind, kind);
        let features = "features that all engines share";
        if let Err(LoadError::Invalid { why, offset }) = counted(wasm) {
            self.row(false, "validation", features, &format!("{why} (at byte {offset})"));
            return false;
        }
        self.row(true, "validation", features, "valid");
        if let Some(LoadError::Manifest { why }) = error {
            self.row(false, "manifest", "JSON", why);
            return false;
        }
        true
    }

    fn module(
        &mut self,
        anatomy: &Anatomy,
        counts: &[(&str, u64, u64)],
        config: &SandboxConfig,
        outcome: &Result<Admitted, LoadError>,
    ) {
        let refusals: &[Refusal] = match outcome {
            Err(LoadError::Refused(refusals)) => refusals,
            _ => &[],
        };
        let found = if anatomy.manifest.is_some() { "JSON" } else { "none" };
        self.row(true, "manifest", "JSON", found);
        self.version(anatomy);
        self.interface(anatomy, refusals);
        let has = |of: fn(&Refusal) -> bool| refusals.iter().any(of);
        let starts = has(|it| matches!(it, Refusal::StartFunction));
        self.row(!starts, "start function", "none", if starts { "one" } else { "none" });
        let pages: u64 = anatomy.memories.iter().map(|(pages, _)| pages).sum();
        let is_too_large = has(|it| matches!(it, Refusal::MemoryTooLarge { .. }));
        self.row(
            !is_too_large,
            "memory pages",
            &config.memory_pages.to_string(),
            &pages.to_string(),
        );
        let is_misplaced = has(|it| matches!(it, Refusal::Misplaced { .. }));
        let found = if is_misplaced { "one does not fit" } else { "fit" };
        self.row(!is_misplaced, "segments", "fit", found);
        let others = refusals.iter().filter(|it| is_about_state(it)).count();
        let found = if others == 0 { "none".to_owned() } else { others.to_string() };
        self.row(others == 0, "ways to change tables", "none", &found);
        for (what, found, max) in counts {
            let found = Grouped(found).to_string();
            let is_too_many = refusals
                .iter()
                .any(|it| matches!(it, Refusal::TooMany { what: other, .. } if other == what));
            self.row(!is_too_many, what, &Grouped(max).to_string(), &found);
        }
        match outcome {
            Ok(admitted) => {
                let found = format!("{} bytes with its fence", Grouped(admitted.bytes().len()));
                self.row(true, "rewriting", "possible", &found);
            }
            Err(LoadError::Refused(_))
                if !has(|it| matches!(it, Refusal::FencedTooLong { .. })) => {}
            Err(_) => self.row(false, "rewriting", "possible", "impossible"),
        }
    }

    /// A host asks the module itself as well, once it runs.
    fn version(&mut self, anatomy: &Anatomy) {
        let (major, minor) = ABI_VERSION;
        let limit = format!("{major}.{minor}");
        let stated = anatomy.manifest.as_deref().and_then(|it| Card::read(it).ok()?.abi_version());
        let Some((its_major, its_minor)) = stated else {
            return self.row(true, "ABI version", &limit, "not stated");
        };
        let speaks = its_major == major && its_minor <= minor;
        self.row(speaks, "ABI version", &limit, &format!("{its_major}.{its_minor}"));
        if !speaks {
            let error = LoadError::AbiVersion { major: its_major, minor: its_minor };
            self.sentences.push(format!("was built for {error}"));
        }
    }

    /// What it wants from outside, and what it shows there.
    fn interface(&mut self, anatomy: &Anatomy, refusals: &[Refusal]) {
        let is_good = !refusals.iter().any(is_about_imports);
        let names: Vec<_> = anatomy.imports.iter().map(|(name, _)| plain(name)).collect();
        let found = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        self.row(is_good, "imports", "the host's, as in its manifest", &found);
        let found = |name: &str| anatomy.exports.iter().find(|(known, _)| known == name);
        let absent = "absent".to_owned();
        let is_refused = |name: &str| refusals.iter().any(|it| is_about_export(it, name));
        let memory = found(MEMORY).map_or(&absent, |(_, kind)| kind);
        self.row(!is_refused(MEMORY), &format!("export {MEMORY}"), "memory", memory);
        for call in Call::ALL {
            let name = call.export();
            let params: Vec<_> = call.params().iter().map(ToString::to_string).collect();
            let result = if call.returns() { " -> i32" } else { "" };
            let optional = if call.is_optional() { ", or absent" } else { "" };
            let limit = format!("({}){result}{optional}", params.join(", "));
            let kind = found(name).map_or(&absent, |(_, kind)| kind);
            self.row(!is_refused(name), &format!("export {name}"), &limit, kind);
        }
    }

    fn row(&mut self, is_good: bool, what: &str, limit: &str, found: &str) {
        let verdict = if is_good { "ok" } else { REFUSED };
        self.rows.push([verdict.to_owned(), what.to_owned(), limit.to_owned(), plain(found)]);
    }

    fn refused(&self) -> usize {
        self.rows.iter().filter(|row| row[0] == REFUSED).count()
    }
}

fn is_about_imports(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::ForeignImport { .. }
            | Refusal::ImportType { .. }
            | Refusal::UnlistedImport { .. }
            | Refusal::HostReference { .. }
    )
}

fn is_about_export(refusal: &Refusal, export: &str) -> bool {
    match refusal {
        Refusal::MissingExport { name } => *name == export,
        Refusal::ExportType { call } => call.export() == export,
        _ => false,
    }
}

/// What no other line of the list is about: how code changes what must stay as it is.
fn is_about_state(refusal: &Refusal) -> bool {
    !is_about_imports(refusal)
        && !matches!(
            refusal,
            Refusal::MissingExport { .. }
                | Refusal::ExportType { .. }
                | Refusal::StartFunction
                | Refusal::MemoryTooLarge { .. }
                | Refusal::Misplaced { .. }
                | Refusal::TooMany { .. }
                | Refusal::FencedTooLong { .. }
        )
}

const REFUSED: &str = "REFUSED";
