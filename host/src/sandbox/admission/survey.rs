//! What a module is made of, gathered while it is validated.

use wasmparser::{
    BlockType, CompositeInnerType, ConstExpr, Data, DataKind, Element, ElementItems, ElementKind,
    ExternalKind, FuncToValidate, FuncType, FuncValidatorAllocations, FunctionBody, GlobalType,
    MemoryType, Operator, Payload, TypeRef, ValidPayload, ValidatorResources,
};

use super::placement::Misplaced;
use crate::runtime::{Import, WASM_PAGE_LEN, dialect};
use crate::sandbox::LoadError;
use crate::sandbox::rewrite::{Outline, Outliner};

/// Everything about a module that a rule or the rewriter asks for.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Survey {
    /// Function types, by number.
    pub(in crate::sandbox) types: Vec<FuncType>,
    pub(in crate::sandbox) imports: Vec<Imported>,
    /// Imported functions; they come first in the numbering of functions.
    pub(in crate::sandbox) imported_funcs: u32,
    /// The type of each function of its own.
    pub(in crate::sandbox) functions: Vec<u32>,
    /// What each of them looks like, and where the rewriter has to touch it.
    pub(in crate::sandbox) bodies: Vec<(FuncFacts, Outline)>,
    /// Elements that each table starts with.
    pub(in crate::sandbox) tables: Vec<u64>,
    pub(in crate::sandbox) memory: Option<MemoryType>,
    pub(in crate::sandbox) globals: Vec<GlobalType>,
    pub(in crate::sandbox) exports: Vec<Exported>,
    pub(in crate::sandbox) has_start: bool,
    /// An instruction that changes a table, or makes what only tables could be changed to.
    pub(in crate::sandbox) table_change: Option<&'static str>,
    /// An instruction that uses or drops a passive segment, if one does.
    pub(in crate::sandbox) segment_use: Option<&'static str>,
    /// The first active segment that does not fit.
    pub(in crate::sandbox) misplaced: Option<Misplaced>,
    /// An imported function that is referred to and not just called, if one is.
    pub(in crate::sandbox) host_reference: Option<u32>,
}

/// Something that the module wants from outside.
#[derive(Debug)]
pub(in crate::sandbox) struct Imported {
    pub(in crate::sandbox) module: String,
    pub(in crate::sandbox) name: String,
    /// Its type, if it is a function.
    pub(in crate::sandbox) func_type: Option<u32>,
}

/// Something that the module shows to the outside.
#[derive(Debug)]
pub(in crate::sandbox) struct Exported {
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) kind: ExternalKind,
    pub(in crate::sandbox) index: u32,
}

/// What one function looks like.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::sandbox) struct FuncFacts {
    /// Bytes of its body.
    pub(in crate::sandbox) len: u64,
    /// Parameters and locals.
    pub(in crate::sandbox) locals: u32,
    /// Values that it holds at most, apart from those.
    pub(in crate::sandbox) height: u32,
    /// Targets of the `br_table` that has the most of them, without the last one.
    pub(in crate::sandbox) targets: u32,
    /// Numbers that it has in it or takes from globals, and jumps that depend on something.
    pub(in crate::sandbox) numbers_and_jumps: u32,
}

/// Bytes that a function may have.
pub(in crate::sandbox) const FUNCTION_LEN_MAX: u64 = 1 << 20;

impl FuncFacts {
    fn note(&mut self, op: &Operator<'_>) {
        match op {
            Operator::BrTable { targets } => self.targets = self.targets.max(targets.len()),
            Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::F32Const { .. }
            | Operator::F64Const { .. }
            | Operator::GlobalGet { .. }
            | Operator::BrIf { .. }
            | Operator::If { .. } => self.numbers_and_jumps += 1,
            _ => {}
        }
    }
}

impl Survey {
    /// Validates a module and gathers what it is made of.
    pub(in crate::sandbox) fn of(wasm: &[u8]) -> Result<Self, LoadError> {
        Self::gather(wasm).map_err(|error| LoadError::Invalid {
            why: error.message().to_string(),
            offset: error.offset(),
        })
    }

    fn gather(wasm: &[u8]) -> wasmparser::Result<Self> {
        let mut survey = Self::default();
        let mut validator = dialect::validator();
        let mut scratch = FuncValidatorAllocations::default();
        for payload in dialect::parser().parse_all(wasm) {
            let payload = payload?;
            if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
                scratch = survey.function(function, &body, scratch)?;
            }
            survey.section(payload)?;
        }
        Ok(survey)
    }

    fn section(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    for sub_type in group?.into_types() {
                        if let CompositeInnerType::Func(func) = sub_type.composite_type.inner {
                            self.types.push(func);
                        }
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let func_type = match import.ty {
                        TypeRef::Func(index) | TypeRef::FuncExact(index) => Some(index),
                        _ => None,
                    };
                    self.imported_funcs += u32::from(func_type.is_some());
                    let (module, name) = (import.module.to_owned(), import.name.to_owned());
                    self.imports.push(Imported { module, name, func_type });
                }
            }
            Payload::FunctionSection(section) => {
                self.functions = section.into_iter().collect::<wasmparser::Result<_>>()?;
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.tables.push(table?.ty.initial);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.memory = Some(memory?);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    self.note_references(&global.init_expr)?;
                    self.globals.push(global.ty);
                }
            }
            Payload::ElementSection(section) => {
                for (number, element) in (0..).zip(section) {
                    let element = element?;
                    self.note_element_place(number, &element);
                    self.note_elements(element.items)?;
                }
            }
            Payload::DataSection(section) => {
                for (number, data) in (0..).zip(section) {
                    self.note_data_place(number, &data?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let (name, kind, index) = (export.name.to_owned(), export.kind, export.index);
                    self.exports.push(Exported { name, kind, index });
                }
            }
            Payload::StartSection { .. } => self.has_start = true,
            _ => {}
        }
        Ok(())
    }

    /// Validates a body, and notes how much stack it takes.
    fn function(
        &mut self,
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
        scratch: FuncValidatorAllocations,
    ) -> wasmparser::Result<FuncValidatorAllocations> {
        let mut validator = function.into_validator(scratch);
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader)?;
        let mut facts = FuncFacts {
            len: body.range().end - body.range().start,
            locals: validator.len_locals(),
            ..FuncFacts::default()
        };
        let place = |offset: u64| usize::try_from(offset - body.range().start).unwrap_or_default();
        let begin = place(reader.original_position());
        // Of one that is refused no outline is wanted.
        let mut outliner = (facts.len <= FUNCTION_LEN_MAX)
            .then(|| Outliner::new(body.as_bytes(), begin, self.imported_funcs));
        let mut ops = wasmparser::OperatorsReader::new(reader);
        while !ops.eof() {
            let (op, offset) = ops.read_with_offset()?;
            validator.op(offset, &op)?;
            facts.height = facts.height.max(validator.operand_stack_height());
            self.note_change(&op);
            facts.note(&op);
            if let Some(outliner) = &mut outliner {
                outliner.pass(place(offset), place(ops.original_position()), &op);
            }
        }
        ops.finish()?;
        self.bodies.push((facts, outliner.map(Outliner::finish).unwrap_or_default()));
        Ok(validator.into_allocations())
    }

    fn note_change(&mut self, op: &Operator<'_>) {
        match op {
            Operator::TableGrow { .. } => self.table_change = Some("table.grow"),
            Operator::TableFill { .. } => self.table_change = Some("table.fill"),
            Operator::TableSet { .. } => self.table_change = Some("table.set"),
            Operator::TableCopy { .. } => self.table_change = Some("table.copy"),
            Operator::TableInit { .. } => self.table_change = Some("table.init"),
            Operator::ElemDrop { .. } => self.segment_use = Some("elem.drop"),
            Operator::DataDrop { .. } => self.segment_use = Some("data.drop"),
            Operator::MemoryInit { .. } => self.segment_use = Some("memory.init"),
            Operator::RefFunc { function_index } => {
                self.note_reference(*function_index);
                self.table_change = Some("ref.func");
            }
            _ => {}
        }
    }

    fn note_element_place(&mut self, number: u32, element: &Element<'_>) {
        let ElementKind::Active { table_index, offset_expr } = &element.kind else { return };
        let table = table_index.unwrap_or(0) as usize;
        let Some(&room) = self.tables.get(table) else { return };
        let len = match &element.items {
            ElementItems::Functions(functions) => functions.count(),
            ElementItems::Expressions(_, expressions) => expressions.count(),
        };
        let misplaced = || Misplaced::of(("element", number), offset_expr, len.into(), room);
        self.misplaced = self.misplaced.take().or_else(misplaced);
    }

    fn note_data_place(&mut self, number: u32, data: &Data<'_>) {
        let DataKind::Active { offset_expr, .. } = &data.kind else { return };
        let Some(memory) = &self.memory else { return };
        let (len, room) =
            (data.data.len() as u64, memory.initial.saturating_mul(WASM_PAGE_LEN as u64));
        let misplaced = || Misplaced::of(("data", number), offset_expr, len, room);
        self.misplaced = self.misplaced.take().or_else(misplaced);
    }

    fn note_elements(&mut self, items: ElementItems<'_>) -> wasmparser::Result<()> {
        match items {
            ElementItems::Functions(functions) => {
                for function in functions {
                    self.note_reference(function?);
                }
            }
            ElementItems::Expressions(_, expressions) => {
                for expression in expressions {
                    self.note_references(&expression?)?;
                }
            }
        }
        Ok(())
    }

    fn note_references(&mut self, expression: &ConstExpr<'_>) -> wasmparser::Result<()> {
        for op in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = op? {
                self.note_reference(function_index);
            }
        }
        Ok(())
    }

    fn note_reference(&mut self, function: u32) {
        if function < self.imported_funcs {
            self.host_reference = Some(function);
        }
    }

    /// What an imported function was imported as.
    pub(in crate::sandbox) fn imported_func(&self, function: u32) -> Option<&Imported> {
        let mut funcs = self.imports.iter().filter(|import| import.func_type.is_some());
        funcs.nth(function as usize)
    }

    /// Numbers of the globals that the guest can change, all of which hold numbers.
    pub(in crate::sandbox) fn mutable_globals(&self) -> impl Iterator<Item = u32> {
        (0..).zip(&self.globals).filter(|(_, global)| global.mutable).map(|(at, _)| at)
    }

    /// Parameters and results of a function of any kind, by its number.
    pub(in crate::sandbox) fn func_type(&self, function: u32) -> Option<&FuncType> {
        let type_index = if function < self.imported_funcs {
            self.imported_func(function)?.func_type?
        } else {
            *self.functions.get((function - self.imported_funcs) as usize)?
        };
        self.types.get(type_index as usize)
    }

    /// The host's functions among the imports.
    pub(in crate::sandbox) fn known_imports(&self) -> Vec<Import> {
        self.imports.iter().filter_map(|it| Import::named(&it.module, &it.name)).collect()
    }

    /// The block that yields what a function of this type returns: admitted ones return at most
    /// one value.
    pub(in crate::sandbox) fn result_block(&self, type_index: u32) -> BlockType {
        let results = self.types.get(type_index as usize).map_or(&[][..], FuncType::results);
        match results {
            [] => BlockType::Empty,
            [result, ..] => BlockType::Type(*result),
        }
    }
}
