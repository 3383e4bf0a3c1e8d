//! Modules that were compiled ahead of time. wasmtime trusts their bytes, hence `unsafe`.
#![allow(unsafe_code, reason = "wasmtime's deserialisation trusts its input")]

use std::path::Path;

use wasmtime::{Engine, Module};

/// The module of these bytes, which [`compile`](crate::service::compile) wrote.
pub(crate) fn from_memory(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Module> {
    // SAFETY: the bytes are those that wasmtime's own compiler made; the folder that they were read
    // from belongs to the one who runs the benchmark, and is deleted with it.
    unsafe { Module::deserialize(engine, bytes) }
}

/// The module in this file, which is mapped.
pub(crate) fn from_file(engine: &Engine, path: &Path) -> wasmtime::Result<Module> {
    // SAFETY: as above, and nobody writes into the file: it is not changed after it was written.
    unsafe { Module::deserialize_file(engine, path) }
}
