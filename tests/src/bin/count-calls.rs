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

use mote_tests::ptrace::{registers, resume, seize, signal_to_pass, wait};

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
    seize(pid, libc::PTRACE_O_TRACESYSGOOD)?;
    resume(libc::PTRACE_SYSCALL, pid, 0)?;
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
        if (status >> 8) & 0xff == CALL_STOP {
            if is_entry {
                *calls.entry(registers(pid)?.orig_rax).or_default() += 1;
            }
            is_entry = !is_entry;
        }
        resume(libc::PTRACE_SYSCALL, pid, signal_to_pass(status))?;
    }
    Ok(calls)
}
