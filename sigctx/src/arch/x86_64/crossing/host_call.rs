//! The stubs that services call instead of the host's functions.
//!
//! At the entry of each, rdi to r9 are arguments and rsp is the service's, at the return address of its
//! call. The functions run on the host stack, with rsp = host_rsp at the call, so aligned as the C ABI
//! wants it. Nothing is pushed onto the service's stack.
//!
//! ```text
//!  raising, quiet:  service_rsp = rsp, rsp = host_rsp ─▶ call function ─▶ exit: rsp = service_rsp, ret
//!  creating:        pending? ─ no ─▶ the same
//!                      └─ yes ─▶ capture ─▶ call the late function ─▶ exit
//!  diverging:       capture ─▶ jump to the function, which never returns
//! ```

use core::mem::offset_of;

use super::shared::{Crossing, Pending};

/// Defines a symbol that services call: the host's function behind a switch to the host stack.
///
/// - `raising`: something pending raises on the way back (the symbol is `extern "C-unwind"` to the
///   service);
/// - `creating`: something pending is looked at before the function runs and not on the way back, so
///   that what it creates for the service is never lost between the two. If something asks for a raise or
///   more, another function runs in its place, with the service's registers captured as they will be
///   after the call; it may raise, or do the work all the same;
/// - `quiet`: only what must happen at once does, and what does not raise (release; `extern "C"` to the service);
/// - `diverging`: captures the service's registers, and the function never returns; it may
///   [`answer`](crate::arch::answer) the call, at once or later.
///
/// The function is `extern "C"` and takes at most six integer arguments.
#[macro_export]
macro_rules! host_call {
    (raising $symbol:literal => $function:path) => {
        $crate::host_call!(@returning $symbol, $function, "jmp mote_exit_raising");
    };
    (quiet $symbol:literal => $function:path) => {
        $crate::host_call!(@returning $symbol, $function, "jmp mote_exit_quiet");
    };
    (creating $symbol:literal => $function:path, when pending $late:path) => {
        core::arch::global_asm!(
            ".pushsection .text.mote_crossing, \"axR\", @progbits",
            concat!(".globl ", $symbol),
            concat!(".type ", $symbol, ", @function"),
            concat!($symbol, ":"),
            "mov [rip + {crossing} + {service_rsp}], rsp",
            "test dword ptr [rip + {crossing} + {pending}], {before_creating}",
            "jne 2f",
            "mov rsp, [rip + {crossing} + {host_rsp}]",
            "cld",
            "call {function}",
            "jmp mote_exit_quiet",
            // The arguments survive capturing.
            "2:",
            "mov [rip + {crossing} + {captured}], rax",
            "lea rax, [rip + 3f]",
            "jmp mote_capture",
            "3:",
            "add rsp, 8",
            "call {late}",
            "jmp mote_exit_quiet",
            concat!(".size ", $symbol, ", . - ", $symbol),
            ".popsection",
            crossing = sym $crate::arch::CROSSING,
            pending = const $crate::arch::PENDING_OFFSET,
            before_creating = const $crate::arch::BEFORE_CREATING,
            service_rsp = const $crate::arch::SERVICE_RSP_OFFSET,
            host_rsp = const $crate::arch::HOST_RSP_OFFSET,
            captured = const $crate::arch::CAPTURED_OFFSET,
            function = sym $function,
            late = sym $late,
        );
    };
    (diverging $symbol:literal => $function:path) => {
        core::arch::global_asm!(
            ".pushsection .text.mote_crossing, \"axR\", @progbits",
            concat!(".globl ", $symbol),
            concat!(".type ", $symbol, ", @function"),
            concat!($symbol, ":"),
            "mov [rip + {crossing} + {captured}], rax",
            "lea rax, [rip + {function}]",
            "jmp mote_capture",
            concat!(".size ", $symbol, ", . - ", $symbol),
            ".popsection",
            crossing = sym $crate::arch::CROSSING,
            captured = const $crate::arch::CAPTURED_OFFSET,
            function = sym $function,
        );
    };
    (@returning $symbol:literal, $function:path, $exit:literal) => {
        core::arch::global_asm!(
            ".pushsection .text.mote_crossing, \"axR\", @progbits",
            concat!(".globl ", $symbol),
            concat!(".type ", $symbol, ", @function"),
            concat!($symbol, ":"),
            "mov [rip + {crossing} + {service_rsp}], rsp",
            "mov rsp, [rip + {crossing} + {host_rsp}]",
            "cld",
            "call {function}",
            $exit,
            concat!(".size ", $symbol, ", . - ", $symbol),
            ".popsection",
            crossing = sym $crate::arch::CROSSING,
            service_rsp = const $crate::arch::SERVICE_RSP_OFFSET,
            host_rsp = const $crate::arch::HOST_RSP_OFFSET,
            function = sym $function,
        );
    };
}

/// For [`host_call!`].
#[doc(hidden)]
pub const HOST_RSP_OFFSET: usize = offset_of!(Crossing, host_rsp);
/// For [`host_call!`].
#[doc(hidden)]
pub const PENDING_OFFSET: usize = offset_of!(Crossing, pending);
/// For [`host_call!`].
#[doc(hidden)]
pub const SERVICE_RSP_OFFSET: usize = offset_of!(Crossing, service_rsp);
/// For [`host_call!`].
#[doc(hidden)]
pub const CAPTURED_OFFSET: usize = offset_of!(Crossing, captured);
/// For [`host_call!`]: what raises instead of creating. A pause waits until it has been created.
#[doc(hidden)]
pub const BEFORE_CREATING: u32 =
    Pending::RaiseAtCall as u32 | Pending::RaiseHere as u32 | Pending::Discard as u32;
