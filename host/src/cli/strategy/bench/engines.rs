//! The engines that are measured.

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
        let compiled = Box::new(Wasmtime::new(WasmtimeCompiler::Optimised)?);
        engines.push(Measured { name: "wasmtime, compiled", engine: compiled });
        engines.push(Measured { name: "wasmi, interpreted", engine: Box::new(Wasmi::new()?) });
    }
    #[cfg(feature = "wasmedge")]
    {
        use crate::runtime::{WasmEdge, WasmEdgeMode};
        for (name, mode) in [
            ("WasmEdge, compiled", WasmEdgeMode::Compiled),
            ("WasmEdge, interpreted", WasmEdgeMode::Interpreted),
        ] {
            engines.push(Measured { name, engine: Box::new(WasmEdge::new(mode)?) });
        }
    }
    Ok(engines)
}
