//! From the program's entry to the loop: map, pin, install, serve.
//!
//! Each stage is told to the dispatcher before the next begins, so that a start that fails says where
//! and why.

use core::ops::Range;
use core::sync::atomic::Ordering::{Relaxed, Release};

use mote_abi::area::{ANY_CPU, Boot, Condition, Inbox, MAX_STACK_SLOTS, Stage};
use mote_abi::doze::Order;
use mote_abi::image::ABI_VERSION;
use mote_abi::windows::ZONES_MAX;
use mote_alloc::{Arena, ChunkSource, Region};
use mote_sigctx::arch::Crossing;
use mote_sigctx::signal;
use mote_sigctx::unwind::Unwinder;
use rustix::io::Errno;
use rustix::process::{Pid, Signal};
use rustix::thread::CpuSet;

use crate::exit::exit;
use crate::host::{Areas, GiveBack, Host, Reply, Unwinding};
use crate::program::Program;
#[cfg(not(feature = "torture"))]
use crate::serve::run as work;
use crate::shelf::Shelf;
use crate::slots::{Slots, StackSlot};
use crate::tokens::Tokens;
#[cfg(feature = "torture")]
use crate::torture::run as work;
use crate::{alarm, barrier, clock, handlers, host, host_calls, memory, serialize};

/// Exit status of a worker that could not start: the areas could not even be mapped.
const NO_AREAS: i32 = 70;

/// Exit status of a worker that could not start: the outbox says why.
const NOT_STARTED: i32 = 71;

/// Runs the worker. `chunks` is the program's global allocator.
///
/// # Safety
/// Called once, by the program's entry point, in a process started with the descriptors that
/// [`mote_abi::area::fds`] names.
pub unsafe fn run(chunks: &'static ChunkSource) -> ! {
    // SAFETY: passed on to the caller.
    let Ok(areas) = (unsafe { map_areas() }) else { exit(NO_AREAS) };
    let Some(condition) = condition(&areas) else { exit(NO_AREAS) };
    reach(condition, Stage::AreasMapped);
    // SAFETY: passed on to the caller.
    if let Err(errno) = unsafe { prepare(areas, condition, chunks) } {
        condition.errno.store(errno.raw_os_error() as u32, Release);
        exit(NOT_STARTED);
    }
    reach(condition, Stage::Ready);
    work(areas)
}

/// Where this worker tells of its start and its end.
#[cfg(not(feature = "torture"))]
fn condition(areas: &Areas) -> Option<&'static Condition> {
    Some(&areas.outbox().condition)
}

/// A torture worker's outbox is its own; the results are what the tool sees.
#[cfg(feature = "torture")]
fn condition(_areas: &Areas) -> Option<&'static Condition> {
    Some(&crate::torture::results::map().ok()?.condition)
}

fn reach(condition: &Condition, stage: Stage) {
    condition.stage.store(stage as u32, Release);
}

/// # Safety
/// As [`run`].
unsafe fn map_areas() -> Result<Areas, Errno> {
    let (inbox, outbox) = (memory::inbox()?, memory::outbox()?);
    // SAFETY: both were just mapped, whole, and are never unmapped.
    Ok(unsafe { Areas::new(inbox, outbox) })
}

/// # Safety
/// As [`run`].
unsafe fn prepare(
    areas: Areas,
    condition: &'static Condition,
    chunks: &'static ChunkSource,
) -> Result<(), Errno> {
    let boot = &areas.inbox().boot;
    if boot.abi_version.load(Relaxed) != ABI_VERSION {
        return Err(Errno::PROTO);
    }
    clock::prepare(boot.tempo.get());
    bind_to_dispatcher(boot)?;
    pin(boot)?;
    if Order::from_number(boot.order.load(Relaxed)) == Order::Kernel {
        barrier::register()?;
    }
    serialize::prepare();
    let program = Program::running().ok_or(Errno::NOEXEC)?;
    let zones = zones(boot)?;
    zones.clone().try_for_each(memory::windows)?;
    let (slot, slots) = stack_slots(boot, chunks)?;
    memory::close_descriptors(zones);
    reach(condition, Stage::MemoryMapped);
    Crossing::get().install(host_calls::HOOKS);
    install_handlers(condition, areas.inbox(), program.text.clone())?;
    alarm::prepare(boot.timer_us.load(Relaxed)).map_err(errno)?;
    reach(condition, Stage::SignalsInstalled);
    // SAFETY: once, before the loop.
    let host = unsafe { host::set(new_host(areas, slot, slots, program)) };
    host.announce_slot();
    Ok(())
}

/// A worker without a dispatcher serves nobody: it dies with it, and at once if that has happened.
fn bind_to_dispatcher(boot: &Boot) -> Result<(), Errno> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    let parent = rustix::process::getppid().map_or(0, Pid::as_raw_pid);
    if parent as u32 != boot.dispatcher_pid.load(Relaxed) {
        return Err(Errno::SRCH);
    }
    Ok(())
}

fn pin(boot: &Boot) -> Result<(), Errno> {
    let cpu = boot.cpu.load(Relaxed);
    if cpu == ANY_CPU {
        return Ok(());
    }
    if cpu as usize >= CpuSet::MAX_CPU {
        return Err(Errno::INVAL);
    }
    let mut set = CpuSet::new();
    set.set(cpu as usize);
    rustix::thread::sched_setaffinity(None, &set)
}

/// The numbers of the node's zones.
fn zones(boot: &Boot) -> Result<Range<u8>, Errno> {
    match boot.zones.load(Relaxed) as usize {
        zones @ 1..=ZONES_MAX => Ok(0..zones as u8),
        _ => Err(Errno::INVAL),
    }
}

/// The stack slot that is in use first, and all others. Without slices there is one.
fn stack_slots(boot: &Boot, chunks: &'static ChunkSource) -> Result<(StackSlot, Slots), Errno> {
    let slice_us = boot.slice_us.load(Relaxed);
    let mut slots = Slots::new(u64::from(slice_us) * 1000);
    if slice_us == 0 {
        return Ok((stack_slot(boot, chunks)?, slots));
    }
    let numbered = |number: u8| {
        let space = memory::shelf()?;
        // SAFETY: freshly mapped for this, never unmapped.
        let shelf = Some(unsafe { Shelf::new(number, space) });
        Ok::<_, Errno>(StackSlot { shelf, ..stack_slot(boot, chunks)? })
    };
    let count = boot.stack_slots.load(Relaxed).clamp(1, MAX_STACK_SLOTS as u32) as u8;
    for number in 1..count {
        slots.park(numbered(number)?);
    }
    Ok((numbered(0)?, slots))
}

/// A stack slot where nothing can be paused.
fn stack_slot(boot: &Boot, chunks: &'static ChunkSource) -> Result<StackSlot, Errno> {
    let stack = memory::stack(boot.stack_kib.load(Relaxed) as usize * 1024)?;
    let arena = arena(boot.arena_kib.load(Relaxed) as usize * 1024, chunks)?;
    Ok(StackSlot { arena: memory::place(arena)?, stack, shelf: None })
}

fn arena(limit_bytes: usize, chunks: &'static ChunkSource) -> Result<Arena<GiveBack>, Errno> {
    let bytes = Region::bytes_for(limit_bytes);
    let base = memory::arena(bytes)?;
    // SAFETY: a fresh private mapping of that length, which nobody else knows.
    let region = unsafe { Region::new(base, bytes) };
    // SAFETY: the arena gets a place of its own before its first use, and is discarded only after its
    // invocation has ended. Arenas are discarded one at a time.
    unsafe { Arena::new(region, chunks, GiveBack) }.map_err(|_| Errno::NOMEM)
}

fn install_handlers(
    condition: &'static Condition,
    inbox: &'static Inbox,
    text: Range<u64>,
) -> Result<(), Errno> {
    let bytes = signal::alternate_stack_bytes(rustix::param::linux_minsigstksz());
    let alternate = memory::stack(bytes)?;
    let length = (alternate.end - alternate.start) as usize;
    // SAFETY: freshly mapped for this, never unmapped.
    unsafe { signal::set_alternate_stack(alternate.start as *mut u8, length) }
        .and_then(|()| handlers::install(inbox, text, condition))
        .map_err(errno)
}

fn errno(of: signal::Errno) -> Errno {
    Errno::from_raw_os_error(of.0)
}

fn new_host(areas: Areas, slot: StackSlot, slots: Slots, program: Program) -> Host {
    let zones = areas.inbox().boot.zones.load(Relaxed) as usize;
    Host {
        areas,
        arena: slot.arena,
        tokens: Tokens::new(),
        stack: slot.stack,
        shelf: slot.shelf,
        slots,
        body: 0,
        invoke: mote_abi::message::Invoke::default(),
        sequence: 0,
        reply: Reply::default(),
        log_bytes: 0,
        is_cut_short: false,
        unwinding: Unwinding::default(),
        host_module: program.module,
        unwinder: Unwinder::new(),
        zones,
        generation: 0,
    }
}
