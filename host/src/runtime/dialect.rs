//! What of Wasm strategies may use, for whatever reads or checks a guest's bytes: one that knew more
//! would take in what no engine does.

use wasmparser::{BinaryReader, Parser, Validator, WasmFeatures};

/// Reads modules.
pub(crate) fn parser() -> Parser {
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    parser
}

/// Reads parts of modules.
pub(crate) fn reader(bytes: &[u8]) -> BinaryReader<'_> {
    BinaryReader::new_features(bytes, 0, FEATURES)
}

/// Validates modules.
pub(crate) fn validator() -> Validator {
    Validator::new_with_features(FEATURES)
}

/// What `rustc` emits for wasm32-unknown-unknown, and both engines share: no threads, no SIMD
/// (its floats differ between engines), no exceptions, no garbage collection, no 64-bit memory.
const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::FLOATS);
