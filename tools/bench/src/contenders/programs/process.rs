//! A service as a process, without a C library: `process WHAT [MEMORY INDEX]`.
//!
//! | WHAT | what it does |
//! | --- | --- |
//! | `exit` | ends at once |
//! | `stamp` | writes the time into its slot and ends |
//! | `serve` | binds a UDP socket on the loopback, writes its port into its slot, and then the time for every datagram |
//!
//! Slot INDEX is 64 bytes of the file MEMORY: the port, then the time in nanoseconds.
//! The clock is read by a system call, which costs less than a tenth of a microsecond.
#![no_std]
#![no_main]

use core::arch::{asm, global_asm};
use core::sync::atomic::{AtomicU64, Ordering};

global_asm!(
    ".globl _start",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "and rsp, -16",
    "call {main}",
    "ud2",
    main = sym main,
);

const OPEN: usize = 2;
const MMAP: usize = 9;
const SOCKET: usize = 41;
const RECVFROM: usize = 45;
const BIND: usize = 49;
const GETSOCKNAME: usize = 51;
const PRCTL: usize = 157;
const CLOCK_GETTIME: usize = 228;
const EXIT_GROUP: usize = 231;

const READ_WRITE: usize = 2;
const SHARED: usize = 1;
const PAGE_BYTES: usize = 4096;
const SLOT_BYTES: usize = 64;
const AF_INET: usize = 2;
const SOCK_DGRAM: usize = 2;
const MONOTONIC: usize = 1;
const DIE_WITH_PARENT: usize = 1;
const SIGKILL: usize = 9;

#[repr(C)]
struct Slot {
    port: AtomicU64,
    stamp_ns: AtomicU64,
}

/// `arguments` is the argument count, then the arguments, then a null: psABI 3.4.1.
extern "C" fn main(arguments: *const usize) -> ! {
    // SAFETY: the caller of this program gives as many arguments as are asked for here.
    let argument = |index: usize| unsafe { *arguments.add(1 + index) } as *const u8;
    // SAFETY: an argument ends with a zero, so it has one byte at least.
    let first = unsafe { *argument(1) };
    // SAFETY: every word this program knows has two letters and more.
    let second = if first == 0 { 0 } else { unsafe { *argument(1).add(1) } };
    match [first, second] {
        [b's', b't'] => stamp(slot(argument(2), argument(3))),
        [b's', b'e'] => serve(slot(argument(2), argument(3))),
        _ => exit(0),
    }
    exit(0)
}

fn stamp(slot: &Slot) {
    slot.stamp_ns.store(now_ns(), Ordering::Release);
}

fn serve(slot: &Slot) -> ! {
    call([PRCTL, DIE_WITH_PARENT, SIGKILL, 0, 0, 0, 0]);
    let socket = checked(call([SOCKET, AF_INET, SOCK_DGRAM, 0, 0, 0, 0]));
    // AF_INET, any port, 127.0.0.1.
    let mut address: [u8; 16] = [2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut bytes = 16_u32;
    checked(call([BIND, socket, address.as_ptr() as usize, 16, 0, 0, 0]));
    checked(call([GETSOCKNAME, socket, address.as_mut_ptr() as usize, &raw mut bytes as usize, 0, 0, 0]));
    slot.port.store(u64::from(u16::from_be_bytes([address[2], address[3]])), Ordering::Release);
    let mut datagram = [0_u8; 8];
    loop {
        checked(call([RECVFROM, socket, datagram.as_mut_ptr() as usize, 8, 0, 0, 0]));
        stamp(slot);
    }
}

fn slot(path: *const u8, index: *const u8) -> &'static Slot {
    let at = number(index) * SLOT_BYTES;
    let file = checked(call([OPEN, path as usize, READ_WRITE, 0, 0, 0, 0]));
    let page = at / PAGE_BYTES * PAGE_BYTES;
    let address = checked(call([MMAP, 0, PAGE_BYTES, 3, SHARED, file, page]));
    // SAFETY: the page is mapped for as long as this program lives, the slot is aligned within it, and
    // all of it is atomic.
    unsafe { &*((address + at - page) as *const Slot) }
}

fn number(mut text: *const u8) -> usize {
    let mut number = 0;
    loop {
        // SAFETY: an argument ends with a zero, where this stops.
        match unsafe { *text } {
            digit @ b'0'..=b'9' => number = number * 10 + usize::from(digit - b'0'),
            _ => return number,
        }
        text = text.wrapping_add(1);
    }
}

fn now_ns() -> u64 {
    let mut time = [0_u64; 2];
    call([CLOCK_GETTIME, MONOTONIC, time.as_mut_ptr() as usize, 0, 0, 0, 0]);
    time[0].wrapping_mul(1_000_000_000).wrapping_add(time[1])
}

fn exit(status: usize) -> ! {
    call([EXIT_GROUP, status, 0, 0, 0, 0, 0]);
    loop {}
}

fn checked(result: isize) -> usize {
    if result < 0 {
        exit(1);
    }
    result as usize
}

/// A system call: its number, then its arguments.
fn call(words: [usize; 7]) -> isize {
    let result;
    // SAFETY: every caller gives pointers to live memory of the length that the call writes.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") words[0] => result,
            in("rdi") words[1],
            in("rsi") words[2],
            in("rdx") words[3],
            in("r10") words[4],
            in("r8") words[5],
            in("r9") words[6],
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    result
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    exit(1)
}
