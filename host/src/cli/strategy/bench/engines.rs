//! The engines that are measured.

#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
use std::sync::Arc;

#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
use crate::cli::strategies::Runtime;
use crate::runtime::{Engine, EngineError};

/// An engine, as the table calls it.
pub(super) struct Measured {
    pub(super) name: &'static str,
    pub(super) engine: Box<dyn Engine>,
}

/// Every engine that strategies run on in this build: compiled code, and what they start in.
pub(super) fn engines() -> Result<Vec<Measured>, EngineError> {
    #[allow(unused_mut, reason = "a build without engines has none to add")]
    let mut engines: Vec<Measured> = Vec::new();
    #[cfg(feature = "wasmtime")]
    {
        use crate::runtime::{Wasmi, Wasmtime, WasmtimeCompiler};
        let compiled = Arc::new(Wasmtime::new(WasmtimeCompiler::Optimised)?);
        let engine = in_child(Runtime::Wasmtime, compiled)?;
        engines.push(Measured { name: "wasmtime, compiled", engine });
        engines.push(Measured { name: "wasmi, interpreted", engine: Box::new(Wasmi::new()?) });
    }
    #[cfg(feature = "wasmedge")]
    {
        use crate::runtime::{WasmEdge, WasmEdgeMode};
        let compiled = Arc::new(WasmEdge::new(WasmEdgeMode::Compiled)?);
        let engine = in_child(Runtime::Wasmedge, compiled)?;
        engines.push(Measured { name: "WasmEdge, compiled", engine });
        let engine = Box::new(WasmEdge::new(WasmEdgeMode::Interpreted)?);
        engines.push(Measured { name: "WasmEdge, interpreted", engine });
    }
    Ok(engines)
}

/// An engine that compiles as a venue does: elsewhere, and no longer than a compiler may.
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
fn in_child(runtime: Runtime, engine: Arc<dyn Engine>) -> Result<Box<dyn Engine>, EngineError> {
    let name = engine.name();
    match crate::cli::compile::in_child(runtime, engine) {
        Ok(in_child) => Ok(Box::new(in_child)),
        Err(error) => Err(EngineError {
            engine: name,
            doing: "cannot find this program, which compiles in a process of its own",
            why: error.to_string(),
        }),
    }
}
