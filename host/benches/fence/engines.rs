//! The engines that are measured, and what each may take.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ringfence_host::runtime::{Artifact, Engine, EngineError, Module};

/// One engine with what strategies start on before it has compiled them.
pub(super) struct Engines {
    pub(super) name: &'static str,
    pub(super) first: Arc<dyn Engine>,
    pub(super) then: Arc<dyn Engine>,
    /// Made when asked for: it reserves a good deal of address space.
    pub(super) pooled: Option<fn() -> Arc<dyn Engine>>,
    /// A call with one event, and one with 64.
    pub(super) call_limits: [(&'static str, Duration); 2],
}

pub(super) fn engines() -> Vec<Engines> {
    let limits = |one, many| {
        let of = Duration::from_nanos;
        [("a call with 1 event", of(one)), ("a call with 64 events", of(many))]
    };
    let mut engines = Vec::new();
    #[cfg(feature = "wasmtime")]
    {
        use ringfence_host::runtime::{Wasmtime, WasmtimeCompiler::Optimised};
        engines.push(Engines {
            name: "wasmtime",
            first: soonest(),
            then: Arc::new(Wasmtime::new(Optimised).unwrap()),
            pooled: Some(|| Arc::new(Wasmtime::pooled(Optimised, 64).unwrap())),
            call_limits: limits(60, 400),
        });
    }
    #[cfg(feature = "wasmedge")]
    {
        use ringfence_host::runtime::{WasmEdge, WasmEdgeMode};
        engines.push(Engines {
            name: "wasmedge",
            first: soonest(),
            then: Arc::new(WasmEdge::new(WasmEdgeMode::Compiled).unwrap()),
            pooled: None,
            call_limits: limits(300, 700),
        });
    }
    engines
}

/// What the program starts strategies on that were never seen.
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
fn soonest() -> Arc<dyn Engine> {
    #[cfg(feature = "wasmtime")]
    return Arc::new(ringfence_host::runtime::Wasmi::to_start_with().unwrap());
    #[cfg(not(feature = "wasmtime"))]
    return Arc::new(
        ringfence_host::runtime::WasmEdge::new(ringfence_host::runtime::WasmEdgeMode::Interpreted)
            .unwrap(),
    );
}

/// An engine whose compiler does not get to anything.
#[derive(Debug)]
pub(super) struct NeverThere(pub Arc<dyn Engine>);

impl Engine for NeverThere {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn fingerprint(&self) -> String {
        self.0.fingerprint()
    }

    fn keeps_artifacts(&self) -> bool {
        true
    }

    fn prepare(&self, _admitted: &[u8]) -> Result<Arc<dyn Module>, EngineError> {
        Err(self.not_there())
    }

    fn compile(&self, _admitted: &[u8], _path: &Path) -> Result<(), EngineError> {
        Err(self.not_there())
    }

    fn open(&self, _artifact: &Artifact) -> Result<Arc<dyn Module>, EngineError> {
        Err(self.not_there())
    }
}

impl NeverThere {
    fn not_there(&self) -> EngineError {
        EngineError { engine: self.0.name(), doing: "does not compile", why: "it waits".to_owned() }
    }
}
