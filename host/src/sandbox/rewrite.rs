//! Writes a module back with its fence built in: gas, stack depth, canonical NaNs, and the path of
//! calls that a backtrace is read from.
//!
//! The fence is part of the code, so it is the same on every engine. The gas that is left, the stack
//! that is left and the path are globals which the guest cannot name.

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, FunctionSection, GlobalSection, GlobalType,
    MemoryType, Module, SectionId, TableType, TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, ExportSectionReader, FunctionBody, FunctionSectionReader,
    GlobalSectionReader, TypeSectionReader,
};

pub use self::cost::PRICES;
use self::entry::Entries;
pub(super) use self::outline::{Outline, Outliner};
pub(super) use self::path::{Path, Step};
use super::LoadError;
use super::admission::{Refusal, Survey};
use super::backtrace::Names;
use crate::runtime::{DEPTH_GLOBAL, GAS_GLOBAL, MEMORY, PATH_GLOBAL, dialect, state_global};

mod body;
mod cost;
mod entry;
mod outline;
mod path;
mod segments;

/// Changes whenever the same module would be rewritten otherwise, or no longer taken: it is part of
/// what a compiled module is found by.
pub const REWRITER_VERSION: u32 = 6;

/// Which parts of the fence are built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// Instructions are paid for.
    pub gas: bool,
    /// Nested calls are counted.
    pub depth: bool,
    /// Floats that are not numbers have one form.
    pub nan: bool,
    /// Functions note that they run.
    pub path: bool,
}

impl Fence {
    /// What every strategy gets.
    pub const ALL: Self = Self { gas: true, depth: true, nan: true, path: true };

    /// Nothing, to measure against.
    pub const NONE: Self = Self { gas: false, depth: false, nan: false, path: false };

    /// One number for all of them.
    pub(super) const fn code(self) -> u8 {
        self.gas as u8 | (self.depth as u8) << 1 | (self.nan as u8) << 2 | (self.path as u8) << 3
    }
}

/// What one function costs where each of its instructions runs once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionGas {
    /// Its name, or its number where the module does not say.
    pub name: String,
    /// Gas of its instructions, without what they cost by length and without what it calls.
    pub gas: u64,
    /// Loops in it, each of which may run any number of times.
    pub loops: usize,
}

/// What each function of a module costs, dearest first.
///
/// # Errors
///
/// [`LoadError::Invalid`] where the module is cut off or uses what strategies may not.
pub fn gas_by_function(wasm: &[u8]) -> Result<Vec<FunctionGas>, LoadError> {
    let names = Names::of(wasm);
    let gather = || -> wasmparser::Result<Vec<FunctionGas>> {
        let mut found = Vec::new();
        for payload in dialect::parser().parse_all(wasm) {
            if let wasmparser::Payload::CodeSectionEntry(body) = payload? {
                let charges = segments::Segments::of(&body, names.imported())?.charges;
                found.push(FunctionGas {
                    name: names.of_own(found.len()),
                    gas: charges.iter().map(|charge| u64::from(charge.gas)).sum(),
                    // The beginning of the function is looked at too.
                    loops: charges.iter().filter(|charge| charge.check).count() - 1,
                });
            }
        }
        Ok(found)
    };
    let mut found = gather().map_err(|error| LoadError::Invalid {
        why: error.message().to_string(),
        offset: error.offset(),
    })?;
    found.sort_by(|a, b| b.gas.cmp(&a.gas).then_with(|| a.name.cmp(&b.name)));
    Ok(found)
}

/// Rewrites a module that broke no rule.
pub(super) fn rewrite(
    wasm: &[u8],
    survey: &Survey,
    memory_pages: u32,
    fence: Fence,
) -> Result<Vec<u8>, LoadError> {
    let entries = Entries::of(survey);
    let mut rewriter =
        Rewriter { survey, memory_pages, fence, entries, next_body: 0, globals_done: false };
    let mut module = Module::new();
    match rewriter.parse_core_module(&mut module, dialect::parser(), wasm) {
        Ok(()) => Ok(module.finish()),
        Err(Error::UserError(refusal)) => Err(LoadError::Refused(vec![refusal])),
        Err(error) => {
            let why = format!("it cannot be rewritten: {error}");
            Err(LoadError::Invalid { why, offset: 0 })
        }
    }
}

/// Why a module is not written back.
type Error = reencode::Error<Refusal>;

struct Rewriter<'a> {
    survey: &'a Survey,
    memory_pages: u32,
    fence: Fence,
    entries: Entries,
    next_body: usize,
    globals_done: bool,
}

impl<'a> Rewriter<'a> {
    /// The function at `at` among the module's own.
    fn fenced(&self, at: usize) -> body::Fenced<'a> {
        let (facts, outline) = &self.survey.bodies[at];
        body::Fenced {
            fence: self.fence,
            facts: *facts,
            outline,
            result: self.survey.result_block(self.survey.functions[at]),
            gas_global: self.gas_global(),
            depth_global: self.depth_global(),
            path_global: self.path_global(),
            step: Step::of(at, self.survey.functions.len()),
        }
    }

    /// Number of the global that holds the gas that is left. No global is imported.
    fn gas_global(&self) -> u32 {
        u32::try_from(self.survey.globals.len()).unwrap_or(u32::MAX)
    }

    /// Number of the global that holds the stack that is left.
    fn depth_global(&self) -> u32 {
        self.gas_global() + 1
    }

    /// Number of the global that holds the path of calls.
    fn path_global(&self) -> u32 {
        self.gas_global() + 2
    }

    fn add_globals(&mut self, globals: &mut GlobalSection) {
        self.globals_done = true;
        let of = |val_type| GlobalType { val_type, mutable: true, shared: false };
        globals.global(of(ValType::I64), &ConstExpr::i64_const(0));
        globals.global(of(ValType::I32), &ConstExpr::i32_const(0));
        globals.global(of(ValType::I64), &ConstExpr::i64_const(0));
    }
}

impl Reencode for Rewriter<'_> {
    type Error = Refusal;

    /// Drops it, whatever it is.
    fn parse_custom_section(
        &mut self,
        _module: &mut Module,
        _section: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Adds the section of globals where the module has none.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), Error> {
        let is_behind = matches!(
            before,
            None | Some(
                SectionId::Export
                    | SectionId::Start
                    | SectionId::Element
                    | SectionId::DataCount
                    | SectionId::Code
                    | SectionId::Data
            )
        );
        if is_behind && !self.globals_done {
            let mut globals = GlobalSection::new();
            self.add_globals(&mut globals);
            module.section(&globals);
        }
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<(), Error> {
        reencode::utils::parse_global_section(self, globals, section)?;
        self.add_globals(globals);
        Ok(())
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), Error> {
        reencode::utils::parse_type_section(self, types, section)?;
        self.entries.add_types(types);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        reencode::utils::parse_function_section(self, functions, section)?;
        self.entries.add_functions(functions);
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error> {
        reencode::utils::parse_code_section(self, code, section)?;
        self.entries.add_code(code, self.gas_global());
        Ok(())
    }

    /// Exports the memory, the entries in place of the ABI's functions, and all that the guest can
    /// change; nothing else.
    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        for export in section {
            let export = export?;
            if export.name == MEMORY {
                self.parse_export(exports, export)?;
            }
        }
        for (name, function) in self.entries.exports() {
            exports.export(name, ExportKind::Func, function);
        }
        for (at, number) in self.survey.mutable_globals().zip(0..) {
            exports.export(&state_global(number), ExportKind::Global, at);
        }
        exports.export(GAS_GLOBAL, ExportKind::Global, self.gas_global());
        exports.export(DEPTH_GLOBAL, ExportKind::Global, self.depth_global());
        exports.export(PATH_GLOBAL, ExportKind::Global, self.path_global());
        Ok(())
    }

    /// Without a maximum, how far a memory grows would depend on the machine.
    fn memory_type(&mut self, memory: wasmparser::MemoryType) -> Result<MemoryType, Error> {
        let limit = u64::from(self.memory_pages);
        let maximum = memory.maximum.map_or(limit, |maximum| maximum.min(limit));
        let memory = reencode::utils::memory_type(self, memory);
        Ok(MemoryType { maximum: Some(maximum), ..memory })
    }

    /// A table never changes: the instructions that change one are refused.
    fn table_type(&mut self, table: wasmparser::TableType) -> Result<TableType, Error> {
        let table = reencode::utils::table_type(self, table)?;
        Ok(TableType { maximum: Some(table.minimum), ..table })
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error> {
        let fenced = self.fenced(self.next_body);
        self.next_body += 1;
        let function = fenced.rewrite(self, &body)?;
        let found = function.byte_len() as u64;
        if found > FENCED_LEN_MAX {
            return Err(Error::UserError(Refusal::FencedTooLong { found, max: FENCED_LEN_MAX }));
        }
        code.function(&function);
        Ok(())
    }
}

/// Bytes of one function that engines take.
const FENCED_LEN_MAX: u64 = 7_654_321;
