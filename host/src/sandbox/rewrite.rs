//! Writes a module back with its fence built in: gas, stack depth and canonical NaNs.
//!
//! The fence is part of the code, so it is the same on every engine. The gas that is left and the
//! stack that is left are two globals which the host sets and reads and the guest cannot name.

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, MemoryType,
    Module, SectionId, TableType, ValType,
};
use wasmparser::{ExportSectionReader, FunctionBody, GlobalSectionReader, Parser};

use super::LoadError;
use super::admission::Survey;
use crate::runtime::{Call, DEPTH_GLOBAL, GAS_GLOBAL, MEMORY};

mod body;
mod cost;
mod segments;

/// Changes whenever the same module would be rewritten otherwise: it is part of what a compiled
/// module is found by.
pub const REWRITER_VERSION: u32 = 1;

/// Which parts of the fence are built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// Instructions are paid for.
    pub gas: bool,
    /// Nested calls are counted.
    pub depth: bool,
    /// Floats that are not numbers have one form.
    pub nan: bool,
}

impl Fence {
    /// What every strategy gets.
    pub const ALL: Self = Self { gas: true, depth: true, nan: true };

    /// Nothing, to measure against.
    pub const NONE: Self = Self { gas: false, depth: false, nan: false };

    /// One number for all three.
    pub(super) const fn code(self) -> u8 {
        self.gas as u8 | (self.depth as u8) << 1 | (self.nan as u8) << 2
    }
}

/// Rewrites a module that broke no rule.
pub(super) fn rewrite(
    wasm: &[u8],
    survey: &Survey,
    memory_pages: u32,
    fence: Fence,
) -> Result<Vec<u8>, LoadError> {
    let mut rewriter = Rewriter { survey, memory_pages, fence, next_body: 0, globals_done: false };
    let mut module = Module::new();
    rewriter.parse_core_module(&mut module, Parser::new(0), wasm).map_err(|error| {
        LoadError::Invalid { why: format!("it cannot be rewritten: {error}"), offset: 0 }
    })?;
    Ok(module.finish())
}

struct Rewriter<'a> {
    survey: &'a Survey,
    memory_pages: u32,
    fence: Fence,
    next_body: usize,
    globals_done: bool,
}

impl Rewriter<'_> {
    /// Number of the global that holds the gas that is left. No global is imported.
    const fn gas_global(&self) -> u32 {
        self.survey.globals
    }

    /// Number of the global that holds the stack that is left.
    const fn depth_global(&self) -> u32 {
        self.survey.globals + 1
    }

    fn add_globals(&mut self, globals: &mut GlobalSection) {
        self.globals_done = true;
        let of = |val_type| GlobalType { val_type, mutable: true, shared: false };
        globals.global(of(ValType::I64), &ConstExpr::i64_const(0));
        globals.global(of(ValType::I32), &ConstExpr::i32_const(0));
    }
}

impl Reencode for Rewriter<'_> {
    type Error = std::convert::Infallible;

    /// Drops it, whatever it is.
    fn parse_custom_section(
        &mut self,
        _module: &mut Module,
        _section: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        Ok(())
    }

    /// Adds the section of globals where the module has none.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), reencode::Error> {
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
    ) -> Result<(), reencode::Error> {
        reencode::utils::parse_global_section(self, globals, section)?;
        self.add_globals(globals);
        Ok(())
    }

    /// Keeps the ABI's exports, drops all others, and adds what the host reads.
    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        for export in section {
            let export = export?;
            let known = Call::ALL.into_iter().any(|call| call.export() == export.name);
            if known || export.name == MEMORY {
                self.parse_export(exports, export)?;
            }
        }
        exports.export(GAS_GLOBAL, ExportKind::Global, self.gas_global());
        exports.export(DEPTH_GLOBAL, ExportKind::Global, self.depth_global());
        Ok(())
    }

    /// Without a maximum, how far a memory grows would depend on the machine.
    fn memory_type(
        &mut self,
        memory: wasmparser::MemoryType,
    ) -> Result<MemoryType, reencode::Error> {
        let limit = u64::from(self.memory_pages);
        let maximum = memory.maximum.map_or(limit, |maximum| maximum.min(limit));
        let memory = reencode::utils::memory_type(self, memory);
        Ok(MemoryType { maximum: Some(maximum), ..memory })
    }

    /// A table never grows: the instructions that grow one are refused.
    fn table_type(&mut self, table: wasmparser::TableType) -> Result<TableType, reencode::Error> {
        let table = reencode::utils::table_type(self, table)?;
        Ok(TableType { maximum: Some(table.minimum), ..table })
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), reencode::Error> {
        let at = self.next_body;
        self.next_body += 1;
        let type_index = self.survey.functions.get(at).copied().unwrap_or_default();
        let fenced = body::Fenced {
            fence: self.fence,
            facts: self.survey.bodies.get(at).copied().unwrap_or_default(),
            result: self.survey.result_block(type_index),
            imported_funcs: self.survey.imported_funcs,
            gas_global: self.gas_global(),
            depth_global: self.depth_global(),
        };
        code.function(&fenced.rewrite(self, &body)?);
        Ok(())
    }
}
