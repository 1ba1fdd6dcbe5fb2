//! The rules that a valid module must keep, in one list.

use std::fmt;

use wasmparser::{ExternalKind, FuncType, ValType};

use super::Manifest;
use super::placement::Misplaced;
use super::survey::{FUNCTION_LEN_MAX, FuncFacts, Imported, Survey};
use crate::runtime::{Call, Import, MEMORY, Word};
use crate::sandbox::SandboxConfig;

/// A rule that a module breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It wants something from outside that strategies do not get.
    #[error(
        "imports `{module}.{name}`, which strategies may not use; build for \
         wasm32-unknown-unknown, without WASI or JavaScript bindings"
    )]
    ForeignImport {
        /// Where from.
        module: String,
        /// What.
        name: String,
    },
    /// It wants a function of the host with another type.
    #[error(
        "imports `{}.{}` with another type than {}: rebuild with ringfence-guest 0.1",
        import.module(), import.name(), Signature(import.params(), import.result())
    )]
    ImportType {
        /// Which function.
        import: Import,
    },
    /// It wants a function of the host that its manifest does not list.
    #[error(
        "imports `{}.{}`, which its manifest does not list: add \"{}\" to \"imports\" there",
        import.module(), import.name(), import.name()
    )]
    UnlistedImport {
        /// Which function.
        import: Import,
    },
    /// It lacks an export.
    #[error(
        "does not export `{name}`: use the `export!` macro of ringfence-guest, or its C header"
    )]
    MissingExport {
        /// Which.
        name: &'static str,
    },
    /// An export has another type.
    #[error("exports `{}`, but not as {}", call.export(), Signature(call.params(), result(*call)))]
    ExportType {
        /// Which.
        call: Call,
    },
    /// It has a function that runs before anybody calls it.
    #[error(
        "has a start function, which would run before its limits are set: move that into \
         `rf_init` (AssemblyScript: --exportStart)"
    )]
    StartFunction,
    /// It begins with more memory than it may have.
    #[error(
        "begins with {pages} pages of memory, but may have {max}: raise memory_pages or shrink its static data"
    )]
    MemoryTooLarge {
        /// Pages it begins with.
        pages: u64,
        /// Pages it may have.
        max: u32,
    },
    /// One of its segments is to be copied to where there is no room for it.
    #[error(
        "has a segment that does not fit: {what} segment {number} puts {len} {} at {offset}, where there \
         are {room}: begin with more {}, or move it",
        if *.what == "data" { "bytes" } else { "elements" },
        if *.what == "data" { "memory" } else { "elements in the table" }
    )]
    Misplaced {
        /// `data` or `element`.
        what: &'static str,
        /// Which of its kind, from 0.
        number: u32,
        /// Where it is to begin.
        offset: u32,
        /// Bytes or elements it has.
        len: u64,
        /// Bytes or elements there are at the start.
        room: u64,
    },
    /// It changes a table.
    #[error(
        "uses `{instruction}`: tables of strategies are fixed, so that a strategy can move to \
         faster code between two calls"
    )]
    TableChange {
        /// How.
        instruction: &'static str,
    },
    /// It uses a segment later than at its start.
    #[error(
        "uses `{instruction}`: segments of strategies are copied at the start, so that a strategy \
         can move to faster code between two calls"
    )]
    SegmentUse {
        /// How.
        instruction: &'static str,
    },
    /// It has a global that changes and is no number.
    #[error(
        "global {number} is a reference that can change: a strategy's state is its memory and \
         globals that hold numbers"
    )]
    ReferenceGlobal {
        /// Which.
        number: u32,
    },
    /// It refers to a function of the host, which would be called for the price of its own.
    #[error(
        "refers to `{module}.{name}` as a function pointer or in a table: strategies only call \
         functions of the host; point at a function of the strategy that calls it"
    )]
    HostReference {
        /// Where it imports it from.
        module: String,
        /// What.
        name: String,
    },
    /// It has more of something than a module may.
    #[error("has {found} {what}, but may have {max}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many it has.
        found: u64,
        /// How many it may have.
        max: u64,
    },
    /// One of its functions outgrows what engines take.
    #[error(
        "has a function of {found} bytes once its fence is in, but engines take {max}: split it, or \
         build with opt-level \"s\""
    )]
    FencedTooLong {
        /// Bytes the function has with its fence.
        found: u64,
        /// Bytes it may have.
        max: u64,
    },
}

/// All rules that a module breaks, in the order of this list.
pub(super) fn refusals(
    survey: &Survey,
    manifest: &Manifest,
    config: &SandboxConfig,
) -> Vec<Refusal> {
    let mut found: Vec<Refusal> = Vec::new();
    found.extend(survey.imports.iter().filter_map(|import| import_refusal(survey, import)));
    found.extend(unlisted(survey, manifest));
    found.extend(memory_export(survey));
    found.extend(Call::ALL.into_iter().filter_map(|call| export_refusal(survey, call)));
    found.extend(survey.has_start.then_some(Refusal::StartFunction));
    found.extend(memory_size(survey, config));
    found.extend(survey.misplaced.as_ref().map(misplaced));
    found.extend(survey.table_change.map(|instruction| Refusal::TableChange { instruction }));
    found.extend(survey.segment_use.map(|instruction| Refusal::SegmentUse { instruction }));
    found.extend(reference_global(survey));
    found.extend(host_reference(survey));
    found.extend(counts(survey).into_iter().filter_map(|(what, found, max)| {
        (found > max).then_some(Refusal::TooMany { what, found, max })
    }));
    found
}

fn import_refusal(survey: &Survey, imported: &Imported) -> Option<Refusal> {
    let foreign =
        || Refusal::ForeignImport { module: imported.module.clone(), name: imported.name.clone() };
    let (Some(import), Some(type_index)) =
        (Import::named(&imported.module, &imported.name), imported.func_type)
    else {
        return Some(foreign());
    };
    let found = survey.types.get(type_index as usize)?;
    let matches = is_of_type(found, import.params(), import.result());
    (!matches).then_some(Refusal::ImportType { import })
}

fn unlisted(survey: &Survey, manifest: &Manifest) -> impl Iterator<Item = Refusal> {
    let wanted = survey.known_imports().into_iter();
    wanted
        .filter(|import| !manifest.allows(*import))
        .map(|import| Refusal::UnlistedImport { import })
}

fn memory_export(survey: &Survey) -> Option<Refusal> {
    let is_memory = |name: &str, kind| name == MEMORY && kind == ExternalKind::Memory;
    let found = survey.exports.iter().any(|export| is_memory(&export.name, export.kind));
    (!found).then_some(Refusal::MissingExport { name: MEMORY })
}

fn export_refusal(survey: &Survey, call: Call) -> Option<Refusal> {
    let Some(export) = survey.exports.iter().find(|export| export.name == call.export()) else {
        let missing = Refusal::MissingExport { name: call.export() };
        return (!call.is_optional()).then_some(missing);
    };
    let matches = export.kind == ExternalKind::Func
        && survey
            .func_type(export.index)
            .is_some_and(|found| is_of_type(found, call.params(), result(call)));
    (!matches).then_some(Refusal::ExportType { call })
}

fn memory_size(survey: &Survey, config: &SandboxConfig) -> Option<Refusal> {
    let (pages, max) = (survey.memory?.initial, config.pages_max());
    (pages > u64::from(max)).then_some(Refusal::MemoryTooLarge { pages, max })
}

fn misplaced(segment: &Misplaced) -> Refusal {
    let &Misplaced { what, number, offset, len, room } = segment;
    Refusal::Misplaced { what, number, offset, len, room }
}

fn reference_global(survey: &Survey) -> Option<Refusal> {
    let is_number = |at: u32| {
        survey
            .globals
            .get(at as usize)
            .is_some_and(|global| !global.content_type.is_reference_type())
    };
    let number = survey.mutable_globals().find(|at| !is_number(*at))?;
    Some(Refusal::ReferenceGlobal { number })
}

fn host_reference(survey: &Survey) -> Option<Refusal> {
    let import = survey.imported_func(survey.host_reference?)?;
    let (module, name) = (import.module.clone(), import.name.clone());
    Some(Refusal::HostReference { module, name })
}

/// What is counted, how many there are, and how many there may be.
pub(super) fn counts(survey: &Survey) -> [(&'static str, u64, u64); 14] {
    let most = |of: fn(&FuncType) -> usize| survey.types.iter().map(of).max().unwrap_or(0) as u64;
    let longest = |of: fn(&FuncFacts) -> u64| {
        survey.bodies.iter().map(|(facts, _)| of(facts)).max().unwrap_or(0)
    };
    [
        ("imports", survey.imports.len() as u64, 100),
        ("types", survey.types.len() as u64, 5_000),
        ("functions", survey.functions.len() as u64, 20_000),
        ("globals", survey.globals.len() as u64, 1_000),
        ("exports", survey.exports.len() as u64, 1_000),
        ("tables", survey.tables.len() as u64, 1),
        ("table elements", survey.tables.iter().sum(), TABLE_ELEMENTS_MAX),
        ("parameters of one function", most(|it| it.params().len()), 100),
        ("results of one function", most(|it| it.results().len()), 1),
        // Beyond these a single frame could outgrow what the depth limit reckons with.
        ("locals of one function", longest(|it| it.locals.into()), 2_000),
        ("bytes of one function", longest(|it| it.len), FUNCTION_LEN_MAX),
        // wasmtime compiles 65,520, wasmi reads 131,072.
        ("targets of one br_table", longest(|it| it.targets.into()), 65_000),
        // wasmi numbers what a function works with from -32,768 to 32,767: its locals and values from
        // 0 upwards, from -1 downwards the numbers in it and the jumps that lead far. Beyond that it
        // fails in the first call, or panics. The fence comes on top, with at most 4,100 numbers.
        ("values on the stack of one function", longest(|it| it.height.into()), 10_000),
        ("numbers and jumps of one function", longest(|it| it.numbers_and_jumps.into()), 25_000),
    ]
}

fn is_of_type(found: &FuncType, params: &[Word], result: Option<Word>) -> bool {
    let same = |found: &ValType, word: &Word| match word {
        Word::I32 => *found == ValType::I32,
        Word::I64 => *found == ValType::I64,
    };
    let (found_params, found_results) = (found.params(), found.results());
    found_params.len() == params.len()
        && found_params.iter().zip(params).all(|(found, word)| same(found, word))
        && found_results.len() == usize::from(result.is_some())
        && found_results.iter().zip(&result).all(|(found, word)| same(found, word))
}

fn result(call: Call) -> Option<Word> {
    call.returns().then_some(Word::I32)
}

/// A type as people write it: `(i32, i32) -> i32`.
struct Signature(&'static [Word], Option<Word>);

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let params: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        write!(f, "({})", params.join(", "))?;
        match self.1 {
            Some(result) => write!(f, " -> {result}"),
            None => Ok(()),
        }
    }
}

/// Elements that tables may have.
const TABLE_ELEMENTS_MAX: u64 = 2_500;
