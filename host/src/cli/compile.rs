//! A compiler in a process of its own: what a host starts, not a person.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum as _;

use super::Outcome;
use super::strategies::Runtime;
use crate::error::RunError;
use crate::runtime::{Engine, EngineError, InChild, compile_as_child};

/// What is compiled for which engine, and where to.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    runtime: Runtime,
    path: PathBuf,
    /// Fingerprint of the engine that will run it
    fingerprint: String,
}

/// `engine`, whose compiler is this program in a process of its own, with limits.
pub(super) fn in_child(runtime: Runtime, engine: Arc<dyn Engine>) -> io::Result<InChild> {
    Ok(InChild::new(engine, std::env::current_exe()?, args(runtime)))
}

/// The arguments that lead here, but for the last two.
fn args(runtime: Runtime) -> [OsString; 2] {
    let name = runtime.to_possible_value().map(|value| value.get_name().into());
    ["compile-guest".into(), name.unwrap_or_default()]
}

/// Compiles standard input.
pub(super) fn run(args: &Args) -> Result<Outcome, RunError> {
    let failed = |why: String| RunError::Usage(why);
    let engine = engine(args.runtime).map_err(|error| failed(error.to_string()))?;
    compile_as_child(&*engine, &args.path, &args.fingerprint).map_err(failed)?;
    Ok(Outcome::AsWished)
}

fn engine(runtime: Runtime) -> Result<Box<dyn Engine>, EngineError> {
    match runtime {
        #[cfg(feature = "wasmtime")]
        Runtime::Wasmtime => {
            use crate::runtime::{Wasmtime, WasmtimeCompiler};
            Ok(Box::new(Wasmtime::new(WasmtimeCompiler::Optimised)?))
        }
        #[cfg(feature = "wasmedge")]
        Runtime::Wasmedge => Ok(Box::new(crate::runtime::WasmEdge::compiler()?)),
        #[cfg(not(all(feature = "wasmtime", feature = "wasmedge")))]
        _ => Err(EngineError {
            engine: "the other engine",
            doing: "cannot compile the module",
            why: "this ringfence was built without it".to_owned(),
        }),
    }
}
