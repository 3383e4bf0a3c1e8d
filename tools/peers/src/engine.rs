//! How wasmtime is set up: as fast as its documentation says that it can be for many small modules.
//!
//! Preemption is on for Mote, so epochs are on here, except where their cost is measured.
//! Source: wasmtime's `Config` and `PoolingAllocationConfig`, "Fast instantiation" in its book.

use wasmtime::error::Context as _;
use wasmtime::{Config, Engine, Linker, PoolingAllocationConfig, Store};

use crate::sys::clock::now_ns;

/// What a service may have as linear memory, in bytes: one page of WebAssembly.
const MEMORY_BYTES: usize = 64 << 10;
/// What of a memory is zeroed by writing, not by a system call, when its instance ends, in bytes.
const KEPT_BYTES: usize = 64 << 10;
/// Instances beyond the resident ones: one that is fresh, one that is cold, and some room.
const SPARE_INSTANCES: usize = 16;

/// An engine for `resident` services, each with its slot in the pool.
pub(crate) fn pooled(resident: usize) -> wasmtime::Result<Engine> {
    let slots = u32::try_from(resident + SPARE_INSTANCES).context("too many services")?;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(slots)
        .total_memories(slots)
        .total_tables(SPARE_INSTANCES as u32)
        .max_memory_size(MEMORY_BYTES)
        .linear_memory_keep_resident(KEPT_BYTES)
        // A slot remembers its module, so that a fresh instance finds its memory prepared.
        .max_unused_warm_slots(slots);
    let mut config = Config::new();
    config.allocation_strategy(pool).epoch_interruption(true);
    Engine::new(&config)
}

/// An engine for one module alone.
pub(crate) fn single(has_epochs: bool) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config.epoch_interruption(has_epochs);
    Engine::new(&config)
}

/// What a service may call: the clock, and nothing else.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<()>> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("mote", "now_ns", now_ns)?;
    Ok(linker)
}

/// A store whose invocations run until the next epoch.
pub(crate) fn store(engine: &Engine) -> Store<()> {
    let mut store = Store::new(engine, ());
    store.set_epoch_deadline(1);
    store
}
