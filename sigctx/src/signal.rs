//! Installing handlers, and the stack that they run on, by the kernel's own calls.
//!
//! Source: sigaction(2), sigaltstack(2); getauxval(3) for `AT_MINSIGSTKSZ`.

use linux_raw_sys::general as kernel;

use crate::arch::{Context, SigInfo, entry_for, restorer, syscall2, syscall4};

/// The signal that preempts.
pub const PREEMPT: u32 = kernel::SIGALRM;

/// What a handler itself needs of the alternate stack, besides the kernel's frame, in bytes.
pub const HANDLER_STACK_BYTES: usize = 32 << 10;

/// A handler with all three arguments (`SA_SIGINFO`).
pub type Handler = extern "C" fn(u32, &SigInfo, &mut Context);

/// The kernel refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

/// `struct kernel_sigaction`.
#[repr(C)]
struct SigAction {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: u64,
}

/// Bytes of an alternate stack for a machine whose auxiliary vector says `min_signal_stack`
/// (`AT_MINSIGSTKSZ`: the frame grows with the vector state, past 4 KiB with AVX-512 and AMX).
#[must_use]
pub const fn alternate_stack_bytes(min_signal_stack: usize) -> usize {
    (min_signal_stack + HANDLER_STACK_BYTES).next_multiple_of(4096)
}

/// Makes handlers run on `bytes` bytes from `base`.
///
/// # Errors
/// The kernel's, when the range is too small.
///
/// # Safety
/// The memory stays mapped and is used for nothing else while this thread lives.
pub unsafe fn set_alternate_stack(base: *mut u8, bytes: usize) -> Result<(), Errno> {
    #[repr(C)]
    struct Stack {
        base: *mut u8,
        flags: i32,
        bytes: usize,
    }
    let stack = Stack { base, flags: 0, bytes };
    // SAFETY: the structure is the kernel's and outlives the call; the memory is the caller's to give.
    check(unsafe { syscall2(kernel::__NR_sigaltstack, &raw const stack as usize, 0) })
}

/// Installs `handler` for `signal`, and lets `masked` wait while it runs.
///
/// The flags: `SA_SIGINFO` for the context to edit; `SA_ONSTACK` because the service's stack may be
/// full, or not a stack; `SA_RESTART` so that an interrupted call of the host goes on (the paper,
/// section 4); `SA_RESTORER` because the kernel asks for it on x86-64.
///
/// # Errors
/// The kernel's, when `signal` cannot be handled.
///
/// # Safety
/// `handler` is async-signal-safe and keeps its contracts for any interrupted instruction. It starts with the
/// flags of a function's entry, whatever those of the interrupted code are.
pub unsafe fn install(signal: u32, handler: Handler, masked: &[u32]) -> Result<(), Errno> {
    let action = SigAction {
        handler: entry_for(signal, handler as *const ()),
        flags: (kernel::SA_SIGINFO | kernel::SA_ONSTACK | kernel::SA_RESTART | kernel::SA_RESTORER)
            as usize,
        restorer: restorer(),
        mask: masked.iter().fold(0, |mask, signal| mask | 1 << (signal - 1)),
    };
    let address = &raw const action as usize;
    // SAFETY: the structure is the kernel's and outlives the call; what the handler does is the caller's
    // promise.
    check(unsafe {
        syscall4(kernel::__NR_rt_sigaction, signal as usize, address, 0, size_of::<u64>())
    })
}

/// What a call returned, as a result.
pub(crate) fn check(result: isize) -> Result<(), Errno> {
    if result < 0 { Err(Errno(-result as i32)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternate_stack_holds_the_frame_and_the_handler_in_whole_pages() {
        assert_eq!(alternate_stack_bytes(0), 32 << 10);
        assert_eq!(alternate_stack_bytes(1), 36 << 10);
        assert_eq!(alternate_stack_bytes(11_952), 44 << 10);
    }

    #[test]
    fn negative_result_is_the_error_number() {
        assert_eq!([check(0), check(7), check(-22)], [Ok(()), Ok(()), Err(Errno(22))]);
    }
}
