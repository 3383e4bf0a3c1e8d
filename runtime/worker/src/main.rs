//! The worker program: entry point, panic, and the memory functions that the compiler expects.
//! Everything else is the library's.
//!
//! It is a static executable without libc and without std. The dispatcher relocates it, to the same place for all
//! workers of a node and to another at each start: the addresses of its import stubs are known before it runs,
//! which is what lets one copy of an image serve all workers.
#![no_std]
#![no_main]

use core::arch::global_asm;

use mote_alloc::ChunkSource;

/// The only customer is the bump heap, for its one chunk.
#[global_allocator]
static CHUNKS: ChunkSource = ChunkSource::new();

// The kernel starts a process with the argument count at rsp (psABI 3.4.1).
global_asm!(
    ".globl _start",
    ".type _start, @function",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "and rsp, -16",
    "call {main}",
    "ud2",
    ".size _start, . - _start",
    main = sym main,
);

/// `initial_stack` is the argument count, the arguments, a null, the environment, a null, and the
/// auxiliary vector.
extern "C" fn main(initial_stack: *mut usize) -> ! {
    // SAFETY: the kernel's initial stack begins with the argument count.
    let arguments = unsafe { initial_stack.read() };
    let environment = initial_stack.wrapping_add(1 + arguments + 1).cast::<*mut u8>();
    // SAFETY: this is the process's start, and `environment` is what the kernel put there.
    unsafe { rustix::param::init(environment) };
    // SAFETY: this is the process's start.
    unsafe { mote_worker::start::run(&CHUNKS) }
}

// The host's own copies, so that RIP inside one means host text. (rustix asks for `strlen`, once, when it
// reads the environment.)
mote_worker::memory_functions!(".text.mote_mem", "", "mote_mem_start", "mote_mem_end", at_once);

// The core and alloc libraries come compiled for unwinding and name these two. Nothing unwinds here:
// a panic ends the worker.
global_asm!(
    ".globl rust_eh_personality",
    "rust_eh_personality:",
    ".globl _Unwind_Resume",
    "_Unwind_Resume:",
    "ud2",
);

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    mote_worker::sys::exit::abort()
}
