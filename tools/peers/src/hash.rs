//! The hashing loop of the paper's Figure 2 as a module, with and without epochs: what looking at the
//! epoch costs code that is never interrupted.

use wasmtime::error::Context as _;
use wasmtime::{Instance, Module, Store, TypedFunc};

use crate::engine;
use crate::sha512;
use crate::sys::clock::now_ns;

/// Before it counts, in nanoseconds.
const WARM_UP_NS: u64 = 2_000_000;
/// Hashes between two looks at the clock, as in the loop that it is compared with.
const HASHES_PER_LOOK: u32 = 64;

/// Hashes for `duration_ms`, and prints how many hashes that were and how long it took, in
/// nanoseconds.
pub(crate) fn measure(has_epochs: bool, duration_ms: u64) -> wasmtime::Result<()> {
    let mut hasher = Hasher::new(has_epochs)?;
    hasher.run(now_ns() + WARM_UP_NS)?;
    let start_ns = now_ns();
    let hashes = hasher.run(start_ns + duration_ms * 1_000_000)?;
    println!("{hashes}\n{}", now_ns() - start_ns);
    Ok(())
}

struct Hasher {
    store: Store<()>,
    run: TypedFunc<(u32, u32), ()>,
    _instance: Instance,
}

impl Hasher {
    fn new(has_epochs: bool) -> wasmtime::Result<Self> {
        let engine = engine::single(has_epochs)?;
        let module = Module::new(&engine, sha512::module())?;
        let mut store = Store::new(&engine, ());
        if has_epochs {
            store.set_epoch_deadline(1);
        }
        let instance = Instance::new(&mut store, &module, &[])?;
        let run = instance.get_typed_func(&mut store, "run").context("the module hashes")?;
        Ok(Self { store, run, _instance: instance })
    }

    /// Hashes until `end_ns`; returns how many hashes.
    fn run(&mut self, end_ns: u64) -> wasmtime::Result<u64> {
        let mut hashes = 0_u32;
        while now_ns() < end_ns {
            self.run.call(&mut self.store, (hashes, HASHES_PER_LOOK))?;
            hashes += HASHES_PER_LOOK;
        }
        Ok(u64::from(hashes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_counted_with_and_without_epochs() {
        for has_epochs in [true, false] {
            let hashes = Hasher::new(has_epochs).unwrap().run(now_ns() + 1_000_000).unwrap();
            assert!(hashes > 0 && hashes.is_multiple_of(u64::from(HASHES_PER_LOOK)), "{hashes}");
        }
    }
}
