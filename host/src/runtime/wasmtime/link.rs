//! The host's functions, as wasmtime calls them.

use wasmtime::{Caller, Linker};

use super::guest::State;
use crate::runtime::Import;

/// Defines every function of the ABI, whether a guest imports it or not.
pub(super) fn link(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    for import in Import::ALL {
        let (module, name) = (import.module(), import.name());
        match import {
            Import::TimeNs | Import::Rand64 => {
                linker.func_wrap(module, name, move |mut caller: Caller<'_, State>| {
                    serve(&mut caller, import, [0; 4])
                })?;
            }
            Import::Submit => {
                linker.func_wrap(
                    module,
                    name,
                    move |mut caller: Caller<'_, State>, ptr: u32, len: u32| {
                        serve(&mut caller, import, [ptr.into(), len.into(), 0, 0]).map(low)
                    },
                )?;
            }
            Import::Log => {
                linker.func_wrap(
                    module,
                    name,
                    move |mut caller: Caller<'_, State>, level: u32, ptr: u32, len: u32| {
                        serve(&mut caller, import, [level.into(), ptr.into(), len.into(), 0])
                            .map(drop)
                    },
                )?;
            }
            Import::Metric => {
                linker.func_wrap(
                    module,
                    name,
                    move |mut caller: Caller<'_, State>, id: u32, value: u64| {
                        serve(&mut caller, import, [id.into(), value, 0, 0]).map(drop)
                    },
                )?;
            }
            Import::Panic | Import::Abort => {
                linker.func_wrap(
                    module,
                    name,
                    move |mut caller: Caller<'_, State>, a: u32, b: u32, c: u32, d: u32| {
                        serve(&mut caller, import, [a.into(), b.into(), c.into(), d.into()])
                            .map(drop)
                    },
                )?;
            }
        }
    }
    Ok(linker)
}

fn serve(caller: &mut Caller<'_, State>, import: Import, args: [u64; 4]) -> wasmtime::Result<u64> {
    let Some(memory) = caller.data().memory else {
        // Only a start function could call before the memory is known, and none is admitted.
        return Err(wasmtime::Error::msg("a host call before the guest's memory is known"));
    };
    let (bytes, state) = memory.data_and_store_mut(caller);
    state.imports.serve(import, args, bytes).map_err(|_| wasmtime::Error::new(TurnedDown))
}

/// How a host call stops a guest; [`Imports::fault`] says why.
#[derive(Debug, thiserror::Error)]
#[error("a host call turned the guest down")]
pub(super) struct TurnedDown;

#[expect(clippy::cast_possible_truncation, reason = "the high half of a 32-bit answer is zero")]
const fn low(answer: u64) -> u32 {
    answer as u32
}
