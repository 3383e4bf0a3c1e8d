//! How wasmtime is set up: as fast as its documentation says that it can be for many small modules.
//!
//! Preemption is on for Mote, so epochs are on here, except where their cost is measured.
//! Source: wasmtime's `Config` and `PoolingAllocationConfig`, "Fast instantiation" in its book.

use wasmtime::error::Context as _;
use wasmtime::{Config, Enabled, Engine, Linker, PoolingAllocationConfig, Store};

use crate::sys::clock::now_ns;

/// What a service may have as linear memory, in bytes: one page of WebAssembly.
const MEMORY_BYTES: usize = 64 << 10;
/// What of a memory is put back by writing, not by a system call, when its instance ends, in bytes.
/// More makes a fresh instance no faster here, and every slot larger.
const KEPT_BYTES: usize = 4 << 10;
/// Instances beyond the resident ones: one that is fresh, one that is cold, and some room.
const SPARE_INSTANCES: usize = 16;

/// How many slots of the pool remember the module that used them last: a fresh instance of that module
/// finds its memory mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slots {
    /// As many as wasmtime has them by default.
    Default,
    /// All: each module comes to have a slot of its own.
    All,
}

/// An engine for `resident` services, with as many slots in its pool and some more.
pub(crate) fn pooled(resident: usize, remember: Slots) -> wasmtime::Result<Engine> {
    let slots = u32::try_from(resident + SPARE_INSTANCES).context("too many services")?;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(slots)
        .total_memories(slots)
        .total_tables(SPARE_INSTANCES as u32)
        .max_memory_size(MEMORY_BYTES)
        .linear_memory_keep_resident(KEPT_BYTES)
        .pagemap_scan(Enabled::Auto);
    if remember == Slots::All {
        pool.max_unused_warm_slots(slots);
    }
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
