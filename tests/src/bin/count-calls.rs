//! `count-calls PID`: counts the system calls of a process until its own standard input ends, then
//! prints a line `NUMBER COUNT` for each call. It says `ready` when it has begun.
//!
//! A process of its own, because a tracer's stops can be waited for by any thread of its process, and
//! the dispatcher waits for its workers. Source: ptrace(2).

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use std::{env, process, thread};

/// In the stop signal of a system call: ptrace(2), `PTRACE_O_TRACESYSGOOD`.
const CALL_STOP: i32 = libc::SIGTRAP | 0x80;

static IS_OVER: AtomicBool = AtomicBool::new(false);

fn main() {
    let pid = env::args().nth(1).and_then(|pid| pid.parse().ok());
    let Some(pid) = pid else {
        eprintln!("usage: count-calls PID");
        process::exit(2);
    };
    if let Err(error) = count(pid) {
        eprintln!(
            "cannot trace process {pid}: {error} (run the tests as root, or set \
             kernel.yama.ptrace_scope to 0)"
        );
        process::exit(1);
    }
}

fn count(pid: i32) -> io::Result<()> {
    request(libc::PTRACE_SEIZE, pid, libc::PTRACE_O_TRACESYSGOOD as usize)?;
    request(libc::PTRACE_INTERRUPT, pid, 0)?;
    wait(pid, 0)?;
    request(libc::PTRACE_SYSCALL, pid, 0)?;
    println!("ready");
    thread::spawn(|| {
        // Whatever ends the input, also an error, ends the count.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        IS_OVER.store(true, Relaxed);
    });
    for (number, count) in follow(pid)? {
        println!("{number} {count}");
    }
    Ok(())
}

fn follow(pid: i32) -> io::Result<BTreeMap<u64, u64>> {
    let mut calls = BTreeMap::new();
    let mut is_entry = true;
    while !IS_OVER.load(Relaxed) {
        let Some(status) = wait(pid, libc::WNOHANG)? else {
            thread::sleep(Duration::from_micros(20));
            continue;
        };
        let signal = (status >> 8) & 0xff;
        if signal == CALL_STOP {
            if is_entry {
                *calls.entry(call_number(pid)?).or_default() += 1;
            }
            is_entry = !is_entry;
        }
        let is_signal = signal != CALL_STOP && status >> 16 == 0;
        request(libc::PTRACE_SYSCALL, pid, if is_signal { signal as usize } else { 0 })?;
    }
    Ok(calls)
}

fn call_number(pid: i32) -> io::Result<u64> {
    // SAFETY: an all-zero register set is valid.
    let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
    request(libc::PTRACE_GETREGS, pid, &raw mut registers as usize)?;
    Ok(registers.orig_rax)
}

/// The status of the next stop of `pid`; `None` if `flags` say not to wait and there is none.
fn wait(pid: i32, flags: i32) -> io::Result<Option<i32>> {
    let mut status = 0;
    // SAFETY: `status` is ours.
    let found = unsafe { libc::waitpid(pid, &raw mut status, libc::__WALL | flags) };
    if found < 0 {
        return Err(io::Error::last_os_error());
    }
    if found == pid && libc::WIFSTOPPED(status) { Ok(Some(status)) } else { Ok(None) }
}

fn request(request: libc::c_uint, pid: i32, data: usize) -> io::Result<()> {
    // SAFETY: the requests used here write at most a register set at `data`, which is ours.
    match unsafe { libc::ptrace(request, pid, 0usize, data) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
