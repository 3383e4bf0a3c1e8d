//! `count-instructions PID`: steps a worker with the layout of these tests through its invocations, one instruction at a time, until
//! its own standard input ends. It says `ready` when it has begun, and at the end prints what the
//! shortest invocation took: a line `total N`, then `N FUNCTION` for each function.
//!
//! An idle worker polls its ring, as it does in the last half of what follows the last invocation, so the instruction
//! that is met most often there is a poll's. What lies between two of them is idle, or, if any of it is in a text window, one invocation: from the poll that
//! finds the request to the poll after its completion was published. An instruction with a `rep` prefix
//! counts once, however often it repeats.
//!
//! The shortest of many is the count that does not depend on the clock: reading it takes a few more
//! instructions after each tick of the kernel's. Source: ptrace(2).

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::{env, process, thread};

use elf::ElfBytes;
use elf::endian::LittleEndian;
use mote_dispatcher::Layout;
use mote_tests::LAYOUT_SEED;
use mote_tests::ptrace::{registers, resume, seize, signal_to_pass, wait};
use mote_tests::tracer::SERVICE;

static IS_OVER: AtomicBool = AtomicBool::new(false);

fn main() {
    let pid = env::args().nth(1).and_then(|pid| pid.parse().ok());
    let Some(pid) = pid else {
        eprintln!("usage: count-instructions PID");
        process::exit(2);
    };
    if let Err(error) = count(pid) {
        eprintln!("cannot trace process {pid}: {error}");
        process::exit(1);
    }
}

fn count(pid: i32) -> io::Result<()> {
    seize(pid, 0)?;
    println!("ready");
    thread::spawn(|| {
        // Whatever ends the input, also an error, ends the count.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        IS_OVER.store(true, Relaxed);
    });
    let shortest = follow(pid)?.into_iter().min_by_key(Vec::len);
    let shortest = shortest.ok_or_else(|| io::Error::other("there was no invocation"))?;
    println!("total {}", shortest.len());
    for (function, instructions) in by_function(pid, &shortest)? {
        println!("{instructions} {function}");
    }
    Ok(())
}

/// The addresses of each invocation's instructions, in their order.
fn follow(pid: i32) -> io::Result<Vec<Vec<u64>>> {
    let mut trace = Vec::new();
    while !IS_OVER.load(Relaxed) {
        let address = registers(pid)?.rip;
        if trace.last() != Some(&address) {
            trace.push(address);
        }
        step(pid)?;
    }
    Ok(invocations(&trace))
}

/// The parts of a trace that are invocations.
fn invocations(trace: &[u64]) -> Vec<Vec<u64>> {
    let Some(last) = trace.iter().rposition(|&address| is_text(address)) else { return Vec::new() };
    let idle = &trace[last + (trace.len() - last) / 2..];
    let (in_idle, in_all) = (times(idle), times(trace));
    let often = |address: &u64| (in_idle[address], in_all[address]);
    let Some(&poll) = in_idle.keys().max_by_key(|&address| often(address)) else {
        return Vec::new();
    };
    let turns = trace.split(|&address| address == poll);
    turns.filter(|turn| turn.iter().any(|&address| is_text(address))).map(<[u64]>::to_vec).collect()
}

/// How often each address is met.
fn times(trace: &[u64]) -> BTreeMap<u64, usize> {
    let mut times: BTreeMap<u64, usize> = BTreeMap::new();
    trace.iter().for_each(|&address| *times.entry(address).or_default() += 1);
    times
}

/// Whether `address` lies in a text window of a worker with the layout of these tests.
fn is_text(address: u64) -> bool {
    Layout::of_seed(LAYOUT_SEED).zones.is_text(address)
}

/// Lets the process execute one instruction. Preemption signals are withheld: no deadline is near, and a stepped
/// handler would take longer than it is until the next one.
fn step(pid: i32) -> io::Result<()> {
    loop {
        resume(libc::PTRACE_SINGLESTEP, pid, 0)?;
        match stopped_by(pid)? {
            0 => return Ok(()),
            libc::SIGALRM => {}
            signal => return Err(io::Error::other(format!("signal {signal} stopped it"))),
        }
    }
}

/// Waits for the process to stop: the signal to pass on, or 0.
fn stopped_by(pid: i32) -> io::Result<i32> {
    let status = wait(pid, 0)?.ok_or_else(|| io::Error::other("it is gone"))?;
    Ok(signal_to_pass(status))
}

/// How many of the addresses lie in which function of the worker, most first.
fn by_function(pid: i32, addresses: &[u64]) -> io::Result<Vec<(String, usize)>> {
    let program = std::fs::read(format!("/proc/{pid}/exe"))?;
    let symbols = symbols(&program).ok_or_else(|| io::Error::other("it has no symbols"))?;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for &address in addresses {
        *counts.entry(function(&symbols, address)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().map(|(name, n)| (name.to_owned(), n)).collect();
    counts.sort_by_key(|&(_, instructions)| std::cmp::Reverse(instructions));
    Ok(counts)
}

/// The worker's functions by address: name and length.
fn symbols(program: &[u8]) -> Option<BTreeMap<u64, (String, u64)>> {
    let elf = ElfBytes::<LittleEndian>::minimal_parse(program).ok()?;
    let (table, strings) = elf.symbol_table().ok()??;
    let functions = table.iter().filter(|symbol| symbol.st_symtype() == elf::abi::STT_FUNC);
    let named = functions.filter_map(|symbol| {
        let name = strings.get(symbol.st_name as usize).ok()?;
        let name = format!("{:#}", rustc_demangle::demangle(name));
        Some((symbol.st_value, (name, symbol.st_size)))
    });
    Some(named.collect())
}

fn function(symbols: &BTreeMap<u64, (String, u64)>, address: u64) -> &str {
    if is_text(address) {
        return SERVICE;
    }
    match symbols.range(..=address).next_back() {
        Some((start, (name, bytes))) if address - start < (*bytes).max(1) => name,
        Some((start, _)) if address - start < 1 << 20 => "(assembly without a size)",
        _ => "(vDSO)",
    }
}
