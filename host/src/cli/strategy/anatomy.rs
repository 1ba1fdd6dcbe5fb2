//! What a module is made of, read without judging it.

use wasmparser::{Encoding, ExternalKind, FuncType, Parser, Payload, TypeRef};

/// A module's parts, with their types as people write them.
#[derive(Debug, Default)]
pub(super) struct Anatomy {
    /// What it wants from outside: `module.name` and its type.
    pub(super) imports: Vec<(String, String)>,
    /// What it shows to the outside: its name and its type.
    pub(super) exports: Vec<(String, String)>,
    /// Memories: pages they begin with, and pages they may grow to.
    pub(super) memories: Vec<(u64, Option<u64>)>,
    /// Tables: elements they begin with, and elements they may grow to.
    pub(super) tables: Vec<(u64, Option<u64>)>,
    /// Functions of its own.
    pub(super) functions: u32,
    /// Bytes of the code and data sections.
    pub(super) code_len: u64,
    pub(super) data_len: u64,
    /// Names of the custom sections, and bytes of each.
    pub(super) custom: Vec<(String, u64)>,
    /// The bytes of its manifest.
    pub(super) manifest: Option<Vec<u8>>,
    pub(super) has_start: bool,
    types: Vec<FuncType>,
    /// The type of each function, imported ones first.
    func_types: Vec<u32>,
}

impl Anatomy {
    /// Reads a module; the error is a sentence that goes after the file's name.
    pub(super) fn of(wasm: &[u8]) -> Result<Self, String> {
        let mut anatomy = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let taken = payload.and_then(|payload| {
                if let Payload::Version { encoding: Encoding::Component, .. } = payload {
                    return Ok(false);
                }
                anatomy.take(payload).map(|()| true)
            });
            match taken {
                Ok(true) => {}
                Ok(false) => {
                    return Err(format!("is a Wasm component, not a core module; {ADVICE}"));
                }
                Err(error) => {
                    let (why, at) = (error.message(), error.offset());
                    return Err(format!(
                        "is not a whole Wasm module: {why} (at byte {at}); {ADVICE}"
                    ));
                }
            }
        }
        Ok(anatomy)
    }

    fn take(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(types) => {
                self.types =
                    types.into_iter_err_on_gc_types().collect::<wasmparser::Result<_>>()?;
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    let kind = self.import(import.ty);
                    self.imports.push((format!("{}.{}", import.module, import.name), kind));
                }
            }
            Payload::FunctionSection(functions) => {
                self.functions = functions.count();
                for kind in functions {
                    self.func_types.push(kind?);
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    let memory = memory?;
                    self.memories.push((memory.initial, memory.maximum));
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    let table = table?.ty;
                    self.tables.push((table.initial, table.maximum));
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    let kind = self.export(export.kind, export.index);
                    self.exports.push((export.name.to_owned(), kind));
                }
            }
            Payload::StartSection { .. } => self.has_start = true,
            Payload::CodeSectionStart { size, .. } => self.code_len = u64::from(size),
            Payload::DataSection(section) => {
                let range = section.range();
                self.data_len = range.end - range.start;
            }
            Payload::CustomSection(section) => {
                let bytes = section.data();
                self.custom.push((section.name().to_owned(), bytes.len() as u64));
                if section.name() == MANIFEST && self.manifest.is_none() {
                    self.manifest = Some(bytes.to_vec());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The type of an import, which is noted where it takes a number.
    fn import(&mut self, kind: TypeRef) -> String {
        match kind {
            TypeRef::Func(kind) | TypeRef::FuncExact(kind) => {
                self.func_types.push(kind);
                self.signature(Some(kind))
            }
            TypeRef::Table(table) => {
                self.tables.push((table.initial, table.maximum));
                "table".to_owned()
            }
            TypeRef::Memory(memory) => {
                self.memories.push((memory.initial, memory.maximum));
                "memory".to_owned()
            }
            TypeRef::Global(_) => "global".to_owned(),
            TypeRef::Tag(_) => "exception".to_owned(),
        }
    }

    fn export(&self, kind: ExternalKind, index: u32) -> String {
        match kind {
            ExternalKind::Func | ExternalKind::FuncExact => {
                self.signature(self.func_types.get(index as usize).copied())
            }
            ExternalKind::Table => "table".to_owned(),
            ExternalKind::Memory => "memory".to_owned(),
            ExternalKind::Global => "global".to_owned(),
            ExternalKind::Tag => "exception".to_owned(),
        }
    }

    fn signature(&self, kind: Option<u32>) -> String {
        let kind = kind.and_then(|kind| self.types.get(kind as usize));
        let Some(kind) = kind else { return "a function of no type".to_owned() };
        let list = |types: &[wasmparser::ValType]| {
            types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        let params = list(kind.params());
        match kind.results() {
            [] => format!("({params})"),
            [result] => format!("({params}) -> {result}"),
            results => format!("({params}) -> ({})", list(results)),
        }
    }
}

const ADVICE: &str = "build the strategy for wasm32-unknown-unknown";

/// The custom section in which a module says what it is.
const MANIFEST: &str = "ringfence.manifest";
