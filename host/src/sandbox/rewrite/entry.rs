//! The functions that the host calls: each takes the gas, calls the guest's own function, and
//! returns what is left besides what that returned.
//!
//! Two globals to set and read beside each call would cost an engine more than the call does.

use wasm_encoder::{CodeSection, Function, FunctionSection, Instruction, TypeSection, ValType};

use crate::runtime::{Call, Word};
use crate::sandbox::admission::Survey;

/// One entry for each of the ABI's functions that the guest exports, in order of [`Call::ALL`].
#[derive(Debug)]
pub(super) struct Entries {
    calls: Vec<Entry>,
    first_type: u32,
    first_function: u32,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    call: Call,
    /// The guest's own function.
    target: u32,
}

impl Entries {
    /// The entries of a module that broke no rule.
    pub(super) fn of(survey: &Survey) -> Self {
        let count = |list: usize| u32::try_from(list).unwrap_or(u32::MAX);
        let entry = |call: Call| {
            let export = survey.exports.iter().find(|export| export.name == call.export())?;
            Some(Entry { call, target: export.index })
        };
        Self {
            calls: Call::ALL.into_iter().filter_map(entry).collect(),
            first_type: count(survey.types.len()),
            first_function: survey.imported_funcs + count(survey.functions.len()),
        }
    }

    /// Names of the exports, and which functions they are.
    pub(super) fn exports(&self) -> impl Iterator<Item = (&'static str, u32)> {
        self.calls.iter().zip(self.first_function..).map(|(entry, at)| (entry.call.export(), at))
    }

    pub(super) fn add_types(&self, types: &mut TypeSection) {
        for Entry { call, .. } in &self.calls {
            let gas = [ValType::I64];
            let mut params = gas.to_vec();
            params.extend(call.params().iter().map(|word| value(*word)));
            let results = [ValType::I32, ValType::I64];
            types
                .ty()
                .function(params, if call.returns() { results.to_vec() } else { gas.to_vec() });
        }
    }

    pub(super) fn add_functions(&self, functions: &mut FunctionSection) {
        for (at, _) in (self.first_type..).zip(&self.calls) {
            functions.function(at);
        }
    }

    pub(super) fn add_code(&self, code: &mut CodeSection, gas_global: u32) {
        for Entry { call, target } in &self.calls {
            let mut body = Function::new([]);
            body.instruction(&Instruction::LocalGet(0));
            body.instruction(&Instruction::GlobalSet(gas_global));
            for (param, _) in (1..).zip(call.params()) {
                body.instruction(&Instruction::LocalGet(param));
            }
            body.instruction(&Instruction::Call(*target));
            body.instruction(&Instruction::GlobalGet(gas_global));
            body.instruction(&Instruction::End);
            code.function(&body);
        }
    }
}

const fn value(word: Word) -> ValType {
    match word {
        Word::I32 => ValType::I32,
        Word::I64 => ValType::I64,
    }
}
