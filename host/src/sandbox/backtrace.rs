//! Where a guest was when it failed: the path that its fence left, in its own module's words.

use std::sync::Arc;

use wasmparser::{BinaryReader, Name, NameSectionReader};

use super::rewrite::Path;
use crate::runtime::dialect;

/// What a module calls its functions.
///
/// Kept as it is in the module, and read when somebody wants to know: that is after a fault.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// The contents of its section `name`, if it has one.
    section: Option<Arc<[u8]>>,
    /// Functions that it imports: they come first in the numbering of functions.
    imported: u32,
    /// Functions of its own.
    functions: usize,
}

impl Names {
    /// Of a module that is valid, or was when its code was kept.
    pub(super) fn of(wasm: &[u8]) -> Self {
        let mut names = Self::default();
        let mut rest = dialect::reader(wasm);
        if rest.read_bytes(HEADER_LEN).is_ok() {
            while !rest.eof() && names.section(&mut rest).is_ok() {}
        }
        names
    }

    /// Takes what is wanted of one section. A walk over all instructions would take ten times as
    /// long, and happens at each start from kept code.
    fn section(&mut self, rest: &mut BinaryReader<'_>) -> wasmparser::Result<()> {
        let id = rest.read_u8()?;
        let len = rest.read_var_u32()? as usize;
        let mut inside = dialect::reader(rest.read_bytes(len)?);
        match id {
            // Admitted modules import nothing but functions.
            IMPORTS => self.imported = inside.read_var_u32()?,
            FUNCTIONS => self.functions = inside.read_var_u32()? as usize,
            CUSTOM if inside.read_string()? == SECTION => {
                self.section = Some(inside.read_bytes(inside.bytes_remaining())?.into());
            }
            _ => {}
        }
        Ok(())
    }

    /// The functions of a path, innermost first.
    pub(super) fn frames(&self, steps: u64) -> Vec<String> {
        let path = Path { steps, functions: self.functions };
        path.functions().map(|at| self.of_own(at)).collect()
    }

    /// Functions that it imports.
    pub(super) const fn imported(&self) -> u32 {
        self.imported
    }

    /// What its own function at `at` is called.
    pub(super) fn of_own(&self, at: usize) -> String {
        self.name(self.imported.saturating_add(u32::try_from(at).unwrap_or(u32::MAX)))
    }

    /// What a function is called; its number where the module does not say.
    fn name(&self, function: u32) -> String {
        let name = self.section.as_deref().and_then(|section| find(section, function));
        match name {
            Some(name) if !name.is_empty() => {
                let name = format!("{:#}", rustc_demangle::demangle(name));
                name.chars().filter(|letter| !letter.is_control()).take(NAME_LEN_MAX).collect()
            }
            _ => format!("function {function}"),
        }
    }
}

/// The name of a function in the contents of a section `name`. One that is broken has none.
fn find(section: &[u8], function: u32) -> Option<&str> {
    for part in NameSectionReader::new(dialect::reader(section)) {
        if let Name::Function(names) = part.ok()? {
            let mut names = names.into_iter().map_while(Result::ok);
            return names.find(|naming| naming.index == function).map(|naming| naming.name);
        }
    }
    None
}

/// Bytes in front of the first section.
const HEADER_LEN: usize = 8;

/// Numbers of the sections that are looked into.
const CUSTOM: u8 = 0;
const IMPORTS: u8 = 2;
const FUNCTIONS: u8 = 3;

/// The custom section with the names.
const SECTION: &str = "name";

/// Letters of a name; the rest is cut off.
const NAME_LEN_MAX: usize = 200;
