//! The built example guests are what a host admits: their imports, exports, manifest and size.
//!
//! Looks at `target/guests`, where `.ci/build-guests.sh` leaves them, or at the folder that
//! `RINGFENCE_GUESTS` names.

use std::path::PathBuf;
use std::{env, fs};

use ringfence_guest::abi;
use wasmparser::{Operator, Parser, Payload, TypeRef, ValType};

/// The most that a guest of an example may take in an engine: its code and its constants. Handing
/// its books over to a new version is 5 KB of that.
const CODE_LEN_MAX: u64 = 33_000;

/// What matters of a module.
#[derive(Debug, Default)]
struct Guest {
    types: Vec<(Vec<ValType>, Vec<ValType>)>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    imports: Vec<(String, String)>,
    exports: Vec<(String, Option<u32>)>,
    manifest: Option<String>,
    code_len: u64,
    grows: bool,
    has_start: bool,
}

impl Guest {
    fn read(bytes: &[u8]) -> wasmparser::Result<Self> {
        let mut guest = Self::default();
        for payload in Parser::new(0).parse_all(bytes) {
            guest.take(payload?)?;
        }
        Ok(guest)
    }

    fn take(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(types) => {
                for kind in types.into_iter_err_on_gc_types() {
                    let kind = kind?;
                    self.types.push((kind.params().to_vec(), kind.results().to_vec()));
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    self.imports.push((import.module.into(), import.name.into()));
                    if let TypeRef::Func(kind) = import.ty {
                        self.functions.push(kind);
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                self.functions.extend(functions.into_iter().collect::<Result<Vec<_>, _>>()?);
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    let is_function = export.kind == wasmparser::ExternalKind::Func;
                    self.exports.push((export.name.into(), is_function.then_some(export.index)));
                }
            }
            Payload::CustomSection(section) if section.name() == abi::MANIFEST_SECTION => {
                let text = String::from_utf8(section.data().to_vec());
                self.manifest = Some(text.expect("a manifest is UTF-8 text"));
            }
            Payload::CodeSectionEntry(body) => {
                self.code_len += body.range().end - body.range().start;
                for operator in body.get_operators_reader()? {
                    self.grows |= matches!(operator?, Operator::MemoryGrow { .. });
                }
            }
            Payload::DataSection(data) => {
                self.code_len += data.range().end - data.range().start;
            }
            Payload::StartSection { .. } => self.has_start = true,
            _ => {}
        }
        Ok(())
    }

    fn signature(&self, export: &str) -> Option<&(Vec<ValType>, Vec<ValType>)> {
        let (_, function) = self.exports.iter().find(|(name, _)| name == export)?;
        let kind = self.functions[usize::try_from((*function)?).ok()?];
        self.types.get(usize::try_from(kind).ok()?)
    }
}

/// Where the guests are.
#[expect(clippy::disallowed_methods, reason = "this runs where guests are built, not in one")]
fn folder() -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/guests");
    env::var_os("RINGFENCE_GUESTS").map_or_else(beside, PathBuf::from)
}

/// The module of an example, or a printed line.
fn example(name: &str) -> Option<Guest> {
    let path = folder().join(format!("strategy-{name}.wasm"));
    let Ok(bytes) = fs::read(&path) else {
        println!("skipped: {} is not there; .ci/build-guests.sh builds it", path.display());
        return None;
    };
    Some(Guest::read(&bytes).unwrap_or_else(|wrong| panic!("{}: {wrong}", path.display())))
}

#[track_caller]
fn check(name: &str, params: &[&str]) {
    use ValType::I32;
    let Some(guest) = example(name) else { return };
    for (module, import) in &guest.imports {
        assert_eq!(module, abi::IMPORT_MODULE, "{name} imports {import}");
        assert!(abi::IMPORTS.contains(&import.as_str()), "{name} imports {import}");
    }
    let names: Vec<_> = guest.exports.iter().map(|(export, _)| export.as_str()).collect();
    assert!(names.contains(&abi::EXPORT_MEMORY));
    for (export, takes) in [
        (abi::EXPORT_ABI_VERSION, vec![]),
        (abi::EXPORT_IO, vec![]),
        (abi::EXPORT_INIT, vec![I32, I32]),
        (abi::EXPORT_ON_EVENTS, vec![I32, I32]),
    ] {
        assert_eq!(guest.signature(export), Some(&(takes, vec![I32])), "{name}: {export}");
    }
    let manifest = guest.manifest.as_deref().expect("a manifest");
    assert!(manifest.starts_with(&format!("{{\"abi\":\"1.0\",\"name\":\"{name}\"")), "{manifest}");
    for param in params {
        assert!(manifest.contains(&format!("{{\"name\":\"{param}\"")), "{param} in {manifest}");
    }
    for (_, import) in &guest.imports {
        assert!(manifest.contains(&format!("\"{import}\"")), "{import} in {manifest}");
    }
    assert!(!guest.grows, "{name} grows its memory");
    assert!(!guest.has_start, "{name} runs before it is called");
    assert!(guest.code_len <= CODE_LEN_MAX, "{name}: {} bytes", guest.code_len);
}

#[test]
fn the_quoter_is_what_a_host_admits() {
    check("quoter", &["size", "max_position", "spread", "skew", "tick"]);
}

#[test]
fn the_momentum_strategy_is_what_a_host_admits() {
    check("momentum", &["fast", "slow", "threshold", "size", "max_position", "cooldown_ms"]);
}

#[test]
fn the_twap_strategy_is_what_a_host_admits() {
    check("twap", &["side", "qty", "start_s", "duration_s", "slices"]);
}
