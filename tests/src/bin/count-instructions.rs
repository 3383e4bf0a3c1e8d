//! `count-instructions PID`: steps a worker through its invocations, one instruction at a time, until
//! its own standard input ends. It says `ready` when it has begun, and at the end prints what the
//! shortest invocation took: a line `total N`, then `N FUNCTION` for each function.
//!
//! An idle worker executes `pause` between two looks at its ring. So what lies between two of them is
//! an idle turn, or, if any of it is in the text window, one invocation: from the look that finds
//! the request to the look after its completion was published. An instruction with a `rep` prefix
//! counts once, however often it repeats. Whoever sends the requests leaves time between two.
//!
//! The shortest of many is the count that does not depend on the clock: reading it takes a few more
//! instructions after each tick of the kernel's. Source: ptrace(2), proc_pid_mem(5).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::{env, process, thread};

use elf::ElfBytes;
use elf::endian::LittleEndian;
use mote_abi::windows::is_text;
use mote_tests::ptrace::{registers, resume, seize, signal_to_pass, wait};
use mote_tests::tracer::SERVICE;

/// The encoding of `pause`.
const PAUSE: [u8; 2] = [0xf3, 0x90];

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
    let mut code =
        Code { memory: File::open(format!("/proc/{pid}/mem"))?, is_pause: BTreeMap::new() };
    let (mut invocations, mut turn) = (Vec::new(), Vec::new());
    while !IS_OVER.load(Relaxed) {
        let address = registers(pid)?.rip;
        if code.is_pause(address)? {
            if turn.iter().any(|&address| is_text(address)) {
                invocations.push(std::mem::take(&mut turn));
            }
            turn.clear();
        } else if turn.last() != Some(&address) {
            turn.push(address);
        }
        step(pid)?;
    }
    Ok(invocations)
}

/// Lets the process execute one instruction, and passes signals on.
fn step(pid: i32) -> io::Result<()> {
    let mut signal = 0;
    loop {
        resume(libc::PTRACE_SINGLESTEP, pid, signal)?;
        let status = wait(pid, 0)?.ok_or_else(|| io::Error::other("it is gone"))?;
        signal = signal_to_pass(status);
        if signal == 0 {
            return Ok(());
        }
    }
}

/// The process's instructions, as far as they matter here.
struct Code {
    memory: File,
    is_pause: BTreeMap<u64, bool>,
}

impl Code {
    fn is_pause(&mut self, address: u64) -> io::Result<bool> {
        if let Some(&known) = self.is_pause.get(&address) {
            return Ok(known);
        }
        let mut bytes = [0; 2];
        // The vDSO's page is the one that cannot be read past its end: it has no pause there.
        let is_pause = self.memory.read_exact_at(&mut bytes, address).is_ok() && bytes == PAUSE;
        self.is_pause.insert(address, is_pause);
        Ok(is_pause)
    }
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
