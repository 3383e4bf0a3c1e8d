//! The timestamp service as a module: it asks the host for the time and answers with it.
//!
//! As any module that a compiler makes, it has a memory with initialised data, which a fresh instance
//! has anew; the answer goes through that memory, as an answer of a Mote service goes through its
//! arena. Each copy has other data, so none can share anything with another.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use wasmtime::error::Context as _;
use wasmtime::{Engine, InstancePre, Linker, Module, ModuleExport, Store, TypedFunc};

use crate::engine::{self, Slots};
use crate::sys::module;

/// Compiles these copies and the spare ones into the folder.
pub(crate) fn compile(folder: &Path, copies: Range<usize>, spare: usize) -> wasmtime::Result<()> {
    // What is compiled depends on the features of the engine and not on the number of its slots.
    let engine = engine::pooled(0, Slots::Default)?;
    let warm = copies.map(|index| (warm_path(folder, index), index));
    let cold = (0..spare).map(|index| (cold_path(folder, index), usize::MAX - index));
    for (path, constant) in warm.chain(cold) {
        let bytes = engine.precompile_module(text(constant as u64).as_bytes())?;
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Where a copy is that is to be resident.
pub(crate) fn warm_path(folder: &Path, index: usize) -> PathBuf {
    folder.join(format!("{index}.cwasm"))
}

/// Where a copy is that is to be loaded on request.
pub(crate) fn cold_path(folder: &Path, index: usize) -> PathBuf {
    folder.join(format!("cold-{index}.cwasm"))
}

fn text(constant: u64) -> String {
    let constant: String = constant.to_le_bytes().map(|byte| format!("\\{byte:02x}")).concat();
    format!(
        r#"(module
            (import "mote" "now_ns" (func $now_ns (result i64)))
            (memory (export "memory") 1 1)
            (data (i32.const 0) "{constant}")
            (func (export "handle") (result i64)
                (i64.store (i32.const 8) (call $now_ns))
                (i64.load (i32.const 8))))"#
    )
}

/// A module that is ready to be instantiated: everything that does not depend on the instance is done.
pub(crate) struct Ready {
    before: InstancePre<()>,
    handle: ModuleExport,
}

impl Ready {
    pub(crate) fn new(linker: &Linker<()>, module: &Module) -> wasmtime::Result<Self> {
        let handle = module.get_export_index("handle").context("the module has no handle")?;
        Ok(Self { before: linker.instantiate_pre(module)?, handle })
    }

    /// Instantiates it.
    pub(crate) fn instance(&self, engine: &Engine) -> wasmtime::Result<Instance> {
        let mut store = engine::store(engine);
        let instance = self.before.instantiate(&mut store)?;
        let handle = instance.get_module_export(&mut store, &self.handle);
        let handle = handle.and_then(wasmtime::Extern::into_func);
        let handle = handle.context("the handle is no function")?.typed(&store)?;
        Ok(Instance { store, handle })
    }
}

/// An instance in a store of its own.
pub(crate) struct Instance {
    store: Store<()>,
    handle: TypedFunc<(), u64>,
}

impl Instance {
    /// When its service ran.
    pub(crate) fn stamp_ns(&mut self) -> wasmtime::Result<u64> {
        self.handle.call(&mut self.store, ())
    }
}

/// The module of a spare copy, loaded, instantiated, run and gone again; when it ran.
pub(crate) fn cold_stamp_ns(
    engine: &Engine,
    linker: &Linker<()>,
    load: impl FnOnce() -> wasmtime::Result<Module>,
) -> wasmtime::Result<u64> {
    Ready::new(linker, &load()?)?.instance(engine)?.stamp_ns()
}

/// A resident copy.
pub(crate) fn resident(
    engine: &Engine,
    linker: &Linker<()>,
    folder: &Path,
    index: usize,
) -> wasmtime::Result<Ready> {
    Ready::new(linker, &module::from_file(engine, &warm_path(folder, index))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::clock::now_ns;

    #[test]
    fn service_answers_with_the_time_kept_fresh_and_cold() {
        let folder = tempfile::tempdir().unwrap();
        compile(folder.path(), 0..2, 1).unwrap();
        let engine = engine::pooled(2, Slots::All).unwrap();
        let linker = engine::linker(&engine).unwrap();
        let ready = resident(&engine, &linker, folder.path(), 1).unwrap();
        let before_ns = now_ns();
        let mut kept = ready.instance(&engine).unwrap();
        let stamps_ns = [
            kept.stamp_ns().unwrap(),
            ready.instance(&engine).unwrap().stamp_ns().unwrap(),
            cold_stamp_ns(&engine, &linker, || {
                module::from_file(&engine, &cold_path(folder.path(), 0))
            })
            .unwrap(),
            kept.stamp_ns().unwrap(),
        ];
        assert!(before_ns <= stamps_ns[0] && stamps_ns.is_sorted(), "{stamps_ns:?}");
        assert!(stamps_ns[3] <= now_ns());
    }

    #[test]
    fn every_copy_is_another_module() {
        let folder = tempfile::tempdir().unwrap();
        compile(folder.path(), 0..2, 1).unwrap();
        let read = |path| std::fs::read(path).unwrap();
        let copies = [warm_path(folder.path(), 0), warm_path(folder.path(), 1)].map(read);
        assert_ne!(copies[0], copies[1]);
        assert_ne!(copies[0], read(cold_path(folder.path(), 0)));
    }
}
