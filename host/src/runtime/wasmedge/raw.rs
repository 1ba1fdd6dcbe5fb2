//! The C library's objects, each owned by one Rust value that frees it.
#![expect(unsafe_code, reason = "everything here is a call of the C library")]

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr::{self, NonNull};

use wasmedge_sys::ffi;

use super::{EngineError, failed};

/// Settings of the library.
#[derive(Debug)]
pub(super) struct Configuration(NonNull<ffi::WasmEdge_ConfigureContext>);

// SAFETY: it is written by `new` alone; everything later reads it.
unsafe impl Send for Configuration {}
// SAFETY: as above.
unsafe impl Sync for Configuration {}

impl Configuration {
    pub(super) fn new(interpret: bool) -> Result<Self, EngineError> {
        // SAFETY: the call has no precondition; null is refused below.
        let made = unsafe { ffi::WasmEdge_ConfigureCreate() };
        let made = Self(some(made, "cannot be configured")?);
        // SAFETY: the context is alive and not shared yet.
        unsafe { ffi::WasmEdge_ConfigureSetForceInterpreter(made.as_ptr(), interpret) };
        Ok(made)
    }

    pub(super) const fn as_ptr(&self) -> *mut ffi::WasmEdge_ConfigureContext {
        self.0.as_ptr()
    }
}

impl Drop for Configuration {
    fn drop(&mut self) {
        // SAFETY: we own it, and what was made with it keeps a copy.
        unsafe { ffi::WasmEdge_ConfigureDelete(self.0.as_ptr()) };
    }
}

/// A module that was read and validated, with its compiled code where there is some.
#[derive(Debug)]
pub(super) struct Syntax(NonNull<ffi::WasmEdge_ASTModuleContext>);

// SAFETY: validation, the only thing that writes to it, is over before `new` returns; making an
// instance reads it.
unsafe impl Send for Syntax {}
// SAFETY: as above.
unsafe impl Sync for Syntax {}

impl Syntax {
    /// Reads a module's bytes, to be interpreted.
    pub(super) fn from_bytes(
        configuration: &Configuration,
        bytes: &[u8],
    ) -> Result<Self, EngineError> {
        let len = u32::try_from(bytes.len())
            .map_err(|_| failed("cannot read the module", "it is larger than 4 GiB"))?;
        Self::read(configuration, |loader, module| {
            let bytes = ffi::WasmEdge_Bytes { Length: len, Buf: bytes.as_ptr() };
            // SAFETY: the loader is alive, `module` is a place for a pointer, and the bytes
            // outlive the call, which keeps no pointer to them.
            unsafe { ffi::WasmEdge_LoaderParseFromBytes(loader, module, bytes) }
        })
    }

    /// Reads a shared library that the compiler made.
    ///
    /// Anything else is refused here: a Wasm file with compiled code of another version in it would
    /// be interpreted without a word.
    pub(super) fn from_library(
        configuration: &Configuration,
        path: &Path,
    ) -> Result<Self, EngineError> {
        let cannot = |why: String| failed("cannot open the compiled module", why);
        let mut magic = [0; 4];
        File::open(path)
            .and_then(|mut file| file.read_exact(&mut magic))
            .map_err(|error| cannot(format!("{}: {error}", path.display())))?;
        if magic != *b"\x7fELF" {
            return Err(cannot(format!("{} is not a shared library", path.display())));
        }
        let path = CString::new(path.as_os_str().as_bytes())
            .map_err(|_| cannot("its path holds a zero byte".to_owned()))?;
        Self::read(configuration, |loader, module| {
            // SAFETY: the loader is alive, `module` is a place for a pointer, and the path ends
            // with a zero and outlives the call.
            unsafe { ffi::WasmEdge_LoaderParseFromFile(loader, module, path.as_ptr()) }
        })
    }

    fn read(
        configuration: &Configuration,
        parse: impl FnOnce(
            *mut ffi::WasmEdge_LoaderContext,
            *mut *mut ffi::WasmEdge_ASTModuleContext,
        ) -> ffi::WasmEdge_Result,
    ) -> Result<Self, EngineError> {
        // SAFETY: the configuration is alive; the loader copies it.
        let loader = unsafe { ffi::WasmEdge_LoaderCreate(configuration.as_ptr()) };
        let mut module = ptr::null_mut();
        let parsed = parse(loader, &raw mut module);
        // SAFETY: we own the loader, and the module it made does not refer to it.
        unsafe { ffi::WasmEdge_LoaderDelete(loader) };
        check(parsed, "cannot read the module")?;
        let syntax = Self(some(module, "cannot read the module")?);
        // SAFETY: as for the loader.
        let validator = unsafe { ffi::WasmEdge_ValidatorCreate(configuration.as_ptr()) };
        // SAFETY: both are alive, and nobody else has the module yet.
        let valid = unsafe { ffi::WasmEdge_ValidatorValidate(validator, syntax.as_ptr()) };
        // SAFETY: we own it.
        unsafe { ffi::WasmEdge_ValidatorDelete(validator) };
        check(valid, "does not take the module")?;
        Ok(syntax)
    }

    pub(super) const fn as_ptr(&self) -> *mut ffi::WasmEdge_ASTModuleContext {
        self.0.as_ptr()
    }
}

impl Drop for Syntax {
    fn drop(&mut self) {
        // SAFETY: we own it; guests that run its code keep it alive by an `Arc`.
        unsafe { ffi::WasmEdge_ASTModuleDelete(self.0.as_ptr()) };
    }
}

/// The library's version.
pub(super) fn version() -> String {
    // SAFETY: the call has no precondition and returns a static string.
    let version = unsafe { CStr::from_ptr(ffi::WasmEdge_VersionGet()) };
    version.to_string_lossy().into_owned()
}

/// Runs `with` on a name in the library's own form.
pub(super) fn with_name<T>(name: &str, with: impl FnOnce(ffi::WasmEdge_String) -> T) -> T {
    let len = u32::try_from(name.len()).unwrap_or(u32::MAX);
    // SAFETY: the pointer and the length are those of `name`, which outlives the call; wrapping
    // copies nothing and frees nothing.
    with(unsafe { ffi::WasmEdge_StringWrap(name.as_ptr().cast(), len) })
}

/// Whether the library did what it was asked.
pub(super) fn check(result: ffi::WasmEdge_Result, doing: &'static str) -> Result<(), EngineError> {
    // SAFETY: plain functions of a plain number; the message is a static string.
    unsafe {
        if ffi::WasmEdge_ResultOK(result) {
            return Ok(());
        }
        let why = CStr::from_ptr(ffi::WasmEdge_ResultGetMessage(result));
        Err(failed(doing, why.to_string_lossy()))
    }
}

/// What the library made, unless it could not.
pub(super) fn some<T>(made: *mut T, doing: &'static str) -> Result<NonNull<T>, EngineError> {
    NonNull::new(made).ok_or_else(|| failed(doing, "the library gave no reason"))
}
