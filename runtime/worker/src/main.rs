//! The worker program: entry point, panic, and the memory functions that the compiler expects.
//! Everything else is the library's.
//!
//! It is a static executable at a fixed address, without libc and without std: the addresses of its
//! import stubs are known when it is linked, which is what lets one copy of an image serve all workers.
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

// The host's own copies, so that RIP inside one means host text. `rep` needs no call back to itself,
// which a loop in Rust would become.
global_asm!(
    ".globl memcpy",
    ".type memcpy, @function",
    "memcpy:",
    "mov rax, rdi",
    "mov rcx, rdx",
    "rep movsb",
    "ret",
    ".size memcpy, . - memcpy",
    ".globl memset",
    ".type memset, @function",
    "memset:",
    "mov r8, rdi",
    "mov eax, esi",
    "mov rcx, rdx",
    "rep stosb",
    "mov rax, r8",
    "ret",
    ".size memset, . - memset",
    ".globl memmove",
    ".type memmove, @function",
    "memmove:",
    "mov rax, rdi",
    "mov rcx, rdi",
    "sub rcx, rsi",
    "cmp rcx, rdx",
    "jae 2f",
    "lea rdi, [rdi + rdx - 1]",
    "lea rsi, [rsi + rdx - 1]",
    "mov rcx, rdx",
    "std",
    "rep movsb",
    "cld",
    "ret",
    "2:",
    "mov rcx, rdx",
    "rep movsb",
    "ret",
    ".size memmove, . - memmove",
    ".globl memcmp",
    ".type memcmp, @function",
    ".globl bcmp",
    ".type bcmp, @function",
    "memcmp:",
    "bcmp:",
    "xor eax, eax",
    "mov rcx, rdx",
    "test rcx, rcx",
    "je 3f",
    "repe cmpsb",
    "movzx eax, byte ptr [rdi - 1]",
    "movzx ecx, byte ptr [rsi - 1]",
    "sub eax, ecx",
    "3:",
    "ret",
    ".size memcmp, . - memcmp",
    ".globl strlen",
    ".type strlen, @function",
    "strlen:",
    "mov rax, rdi",
    "4:",
    "cmp byte ptr [rax], 0",
    "je 5f",
    "inc rax",
    "jmp 4b",
    "5:",
    "sub rax, rdi",
    "ret",
    ".size strlen, . - strlen",
);

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
    mote_worker::exit::abort()
}
