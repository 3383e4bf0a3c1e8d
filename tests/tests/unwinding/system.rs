//! What the system has: the live registers and stack of this thread, and libgcc's unwinder to compare
//! with. All unsafe code of this test is here.

use std::ffi::{c_int, c_void};
use std::fs;
use std::ops::Range;

use mote_tests::dwarf::Stack;

/// Stores the registers of the function that uses it into a `[u64; 17]`, in DWARF order. rip is the
/// address of an instruction of the macro.
#[macro_export]
macro_rules! capture {
    () => {{
        let mut values = [0_u64; 17];
        // SAFETY: the instructions write inside `values` only, and change no register but the one
        // that is declared.
        unsafe {
            core::arch::asm!(
                "mov [{values}], rax",
                "mov [{values} + 8], rdx",
                "mov [{values} + 16], rcx",
                "mov [{values} + 24], rbx",
                "mov [{values} + 32], rsi",
                "mov [{values} + 40], rdi",
                "mov [{values} + 48], rbp",
                "mov [{values} + 56], rsp",
                "mov [{values} + 64], r8",
                "mov [{values} + 72], r9",
                "mov [{values} + 80], r10",
                "mov [{values} + 88], r11",
                "mov [{values} + 96], r12",
                "mov [{values} + 104], r13",
                "mov [{values} + 112], r14",
                "mov [{values} + 120], r15",
                "lea {rip}, [rip]",
                "mov [{values} + 128], {rip}",
                values = in(reg) values.as_mut_ptr(),
                rip = out(reg) _,
                options(nostack, preserves_flags),
            );
        }
        mote_sigctx::registers::Registers::new(values)
    }};
}

/// The part of this thread's stack that belongs to the callers of whoever made it.
pub(crate) struct LiveStack(Range<u64>);

impl LiveStack {
    /// From the stack pointer of a function that has not returned, to the end of its mapping.
    pub(crate) fn above(rsp: u64) -> Self {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let mapping = maps.lines().filter_map(range_of).find(|range| range.contains(&rsp)).unwrap();
        Self(rsp..mapping.end)
    }
}

fn range_of(line: &str) -> Option<Range<u64>> {
    let (start, rest) = line.split_once('-')?;
    let (end, _) = rest.split_once(' ')?;
    Some(u64::from_str_radix(start, 16).ok()?..u64::from_str_radix(end, 16).ok()?)
}

impl Stack for LiveStack {
    fn read_u64(&self, address: u64) -> Option<u64> {
        if address < self.0.start || address.checked_add(8)? > self.0.end {
            return None;
        }
        // SAFETY: the eight bytes lie in a readable mapping that lives as long as this thread. They may
        // be unaligned, and nobody writes them meanwhile: only this thread uses its stack.
        Some(unsafe { (address as *const u64).read_unaligned() })
    }
}

/// A frame as libgcc sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemFrame {
    pub(crate) rip: u64,
    pub(crate) rsp: u64,
    /// rbx, rbp, r12, r13, r14, r15.
    pub(crate) preserved: [u64; 6],
    /// Where the function begins.
    pub(crate) function: u64,
    pub(crate) has_lsda: bool,
}

/// DWARF numbers of the registers that a call preserves.
pub(crate) const PRESERVED: [u16; 6] = [3, 6, 12, 13, 14, 15];

// libgcc's unwinder, which std links. Source: Itanium C++ ABI, Exception Handling, 1.5 and 1.6.
unsafe extern "C" {
    fn _Unwind_Backtrace(
        trace: extern "C" fn(*mut c_void, *mut c_void) -> c_int,
        argument: *mut c_void,
    ) -> c_int;
    fn _Unwind_GetIP(context: *mut c_void) -> u64;
    fn _Unwind_GetCFA(context: *mut c_void) -> u64;
    fn _Unwind_GetGR(context: *mut c_void, number: c_int) -> u64;
    fn _Unwind_GetRegionStart(context: *mut c_void) -> u64;
    fn _Unwind_GetLanguageSpecificData(context: *mut c_void) -> *const c_void;
}

/// The frames of this thread by libgcc, the caller's first.
#[inline(never)]
pub(crate) fn system_frames() -> Vec<SystemFrame> {
    let mut frames: Vec<SystemFrame> = Vec::new();
    // SAFETY: `collect` gets the vector that the argument points to, while nobody else uses it.
    unsafe { _Unwind_Backtrace(collect, (&raw mut frames).cast()) };
    // The first is this function.
    frames.remove(0);
    frames
}

extern "C" fn collect(context: *mut c_void, frames: *mut c_void) -> c_int {
    // SAFETY: `context` is libgcc's, valid during this call.
    let rip = unsafe { _Unwind_GetIP(context) };
    // SAFETY: as above.
    let rsp = unsafe { _Unwind_GetCFA(context) };
    // SAFETY: as above; libgcc saves all registers that a call preserves before it walks.
    let preserved = PRESERVED.map(|number| unsafe { _Unwind_GetGR(context, number.into()) });
    // SAFETY: as above.
    let function = unsafe { _Unwind_GetRegionStart(context) };
    // SAFETY: as above.
    let lsda = unsafe { _Unwind_GetLanguageSpecificData(context) };
    // SAFETY: `system_frames` passed its vector and waits.
    let frames = unsafe { &mut *frames.cast::<Vec<SystemFrame>>() };
    frames.push(SystemFrame { rip, rsp, preserved, function, has_lsda: !lsda.is_null() });
    0
}
