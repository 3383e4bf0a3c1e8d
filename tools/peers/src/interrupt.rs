//! How late an endless loop is stopped: another thread moves the epoch at the deadline, and the loop
//! looks at the epoch each time around.
//!
//! That thread does nothing but poll the clock, as Mote's watchdog polls. A timer in its place would
//! add its own lateness, and an epoch that moves once in a while up to that while.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rustix::thread::{CpuSet, sched_setaffinity};
use wasmtime::ensure;
use wasmtime::error::Context as _;
use wasmtime::{Engine, Module, Trap, TypedFunc};

use crate::engine;
use crate::sys::clock::now_ns;

/// It never ends by itself.
const ENDLESS: &str = r#"(module (func (export "spin") (loop $again (br $again))))"#;
/// Before those that count.
const WARM_UP: usize = 20;
/// In place of a deadline: there is none now.
const NONE: u64 = 0;
/// In place of a deadline: there will not be another.
const END: u64 = u64::MAX;

/// Prints so many times from the deadline until the caller of the loop has control again, in
/// nanoseconds, a line each.
pub(crate) fn measure(cpu: usize, budget_us: u64, count: usize) -> wasmtime::Result<()> {
    let engine = engine::single(true)?;
    let deadline_ns = AtomicU64::new(NONE);
    let late_ns = thread::scope(|scope| {
        scope.spawn(|| move_epochs(&engine, &deadline_ns, cpu));
        let late_ns = interrupt(&engine, &deadline_ns, budget_us, WARM_UP + count);
        deadline_ns.store(END, Ordering::Release);
        late_ns
    })?;
    late_ns.iter().skip(WARM_UP).for_each(|late_ns| println!("{late_ns}"));
    Ok(())
}

/// At every deadline, until there will not be another.
fn move_epochs(engine: &Engine, deadline_ns: &AtomicU64, cpu: usize) {
    let mut one = CpuSet::new();
    one.set(cpu);
    // A refusal is not an error: the figures then say what the scheduler made of it.
    let _ = sched_setaffinity(None, &one);
    loop {
        match deadline_ns.load(Ordering::Acquire) {
            END => return,
            due_ns if due_ns != NONE && now_ns() >= due_ns => {
                deadline_ns.store(NONE, Ordering::Relaxed);
                engine.increment_epoch();
            }
            _ => spin_loop(),
        }
    }
}

fn interrupt(
    engine: &Engine,
    deadline_ns: &AtomicU64,
    budget_us: u64,
    count: usize,
) -> wasmtime::Result<Vec<u64>> {
    let module = Module::new(engine, ENDLESS)?;
    let mut store = engine::store(engine);
    let instance = engine::linker(engine)?.instantiate(&mut store, &module)?;
    let spin: TypedFunc<(), ()> = instance.get_typed_func(&mut store, "spin")?;
    let mut once = || {
        store.set_epoch_deadline(1);
        let due_ns = now_ns() + budget_us * 1_000;
        deadline_ns.store(due_ns, Ordering::Release);
        let ended = spin.call(&mut store, ());
        let regained_ns = now_ns();
        let error = ended.err().context("an endless loop ended")?;
        let is_interrupt = error.downcast_ref::<Trap>() == Some(&Trap::Interrupt);
        ensure!(is_interrupt, "an endless loop ended otherwise: {error:#}");
        Ok(regained_ns - due_ns)
    };
    (0..count).map(|_| once()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_loop_is_stopped_after_its_deadline_each_time() {
        let engine = engine::single(true).unwrap();
        let deadline_ns = AtomicU64::new(NONE);
        let late_ns = thread::scope(|scope| {
            scope.spawn(|| move_epochs(&engine, &deadline_ns, 0));
            let late_ns = interrupt(&engine, &deadline_ns, 50, 5);
            deadline_ns.store(END, Ordering::Release);
            late_ns
        });
        assert_eq!(late_ns.unwrap().len(), 5);
    }
}
