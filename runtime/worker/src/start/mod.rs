//! From the program's entry to the loop: map, pin, install, lock down, serve.
//!
//! Each stage is told to the dispatcher before the next begins, so that a start that fails says where
//! and why.

pub mod handlers;
pub mod lockdown;
pub mod memory;
pub mod slots;

use core::ops::Range;
use core::sync::atomic::Ordering::{Relaxed, Release};

use mote_abi::area::{ANY_CPU, Stage, StartParameters, WorkerStatus};
use mote_abi::image::ABI_VERSION;
use mote_abi::park::WakeFence;
use mote_abi::stack::gap_blocks;
use mote_abi::windows::ZONES_MAX;
use mote_alloc::ChunkSource;
use mote_sigctx::arch::Crossing;
use mote_sigctx::signal;
use mote_sigctx::unwind::HostText;
use rustix::io::Errno;
use rustix::thread::CpuSet;

use crate::calls::{hooks, stubs};
use crate::host::areas::Areas;
use crate::host::scrub::AlternateStack;
use crate::host::{self, Host};
use crate::preempt::current::CURRENT;
use crate::preempt::timer;
#[cfg(not(feature = "torture"))]
use crate::serve::run as work;
use crate::start::memory::Presence;
use crate::sys::exit::exit;
use crate::sys::{barrier, clock, life, mem_functions, program, serialize};
#[cfg(feature = "torture")]
use crate::torture::run as work;

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
    let Some(status) = status(&areas) else { exit(NO_AREAS) };
    reach(status, Stage::AreasMapped);
    // SAFETY: passed on to the caller.
    if let Err(errno) = unsafe { prepare(areas, status, chunks) } {
        status.errno.store(errno.raw_os_error() as u32, Release);
        exit(NOT_STARTED);
    }
    reach(status, Stage::Ready);
    work(areas)
}

/// Where this worker tells of its start and its end.
#[cfg(not(feature = "torture"))]
fn status(areas: &Areas) -> Option<&'static WorkerStatus> {
    Some(&areas.outbox().status)
}

/// A torture worker's outbox is its own; the results are what the tool sees.
#[cfg(feature = "torture")]
fn status(_areas: &Areas) -> Option<&'static WorkerStatus> {
    let base = memory::results().ok()?;
    // SAFETY: just mapped, whole, and never unmapped.
    unsafe { crate::torture::sys::results::set(base) };
    Some(&crate::torture::sys::results::head().status)
}

fn reach(status: &WorkerStatus, stage: Stage) {
    status.stage.store(stage as u32, Release);
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
    status: &'static WorkerStatus,
    chunks: &'static ChunkSource,
) -> Result<(), Errno> {
    let start = &areas.inbox().start;
    if start.abi_version.load(Relaxed) != ABI_VERSION {
        return Err(Errno::PROTO);
    }
    // What ps(1) shows; the program was executed by the number of its descriptor.
    rustix::thread::set_name(c"mote-worker")?;
    clock::prepare(start.tsc_scale.get(), start.clock_step_ns.load(Relaxed));
    pin(start)?;
    life::tell_end(&areas.outbox().life)?;
    if WakeFence::from_number(start.wake_fence.load(Relaxed)) == WakeFence::BySleeper {
        barrier::register()?;
    }
    serialize::prepare();
    let text = program::text().ok_or(Errno::NOEXEC)?;
    let zones = zones(start)?;
    zones.clone().try_for_each(memory::windows)?;
    let slots = slots::map(start, chunks)?;
    reach(status, Stage::MemoryMapped);
    stubs::keep();
    Crossing::get().install(hooks::HOOKS);
    let alternate_stack = install_handlers(status, &areas, text)?;
    timer::prepare(start.timer_us.load(Relaxed)).map_err(errno)?;
    reach(status, Stage::SignalsInstalled);
    CURRENT.set_placement(&slots.placement());
    // SAFETY: once, before the loop.
    unsafe { host::set(Host::new(areas, slots, alternate_stack, zones.len(), host_text())) };
    lockdown::enter(&areas.inbox().lockdown)
}

/// The worker's own code whose frames may lie between a service's.
fn host_text() -> HostText {
    HostText {
        fake_frame: Crossing::fake_frame_text(),
        memory_functions: mem_functions::service::range(),
    }
}

fn pin(start: &StartParameters) -> Result<(), Errno> {
    let cpu = start.cpu.load(Relaxed);
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
fn zones(start: &StartParameters) -> Result<Range<u8>, Errno> {
    match start.zones.load(Relaxed) as usize {
        zones @ 1..=ZONES_MAX => Ok(0..zones as u8),
        _ => Err(Errno::INVAL),
    }
}

fn install_handlers(
    status: &'static WorkerStatus,
    areas: &Areas,
    text: Range<u64>,
) -> Result<AlternateStack, Errno> {
    let frame_bytes = rustix::param::linux_minsigstksz();
    let bytes = signal::alternate_stack_bytes(frame_bytes);
    let alternate = memory::stack(bytes, Presence::Ordinary)?;
    let length = (alternate.end - alternate.start) as usize;
    // SAFETY: freshly mapped for this, never unmapped.
    unsafe { signal::set_alternate_stack(alternate.start as *mut u8, length) }
        .and_then(|()| handlers::install((areas.inbox(), areas.outbox()), text, status))
        .map_err(errno)?;
    let frame_bytes = u32::try_from(frame_bytes).unwrap_or(u32::MAX);
    Ok(AlternateStack { stack: alternate, gap_blocks: gap_blocks(frame_bytes) })
}

fn errno(of: signal::Errno) -> Errno {
    Errno::from_raw_os_error(of.0)
}
