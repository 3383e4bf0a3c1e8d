//! A worker as the paper compares with: services are shared libraries in it, and the dispatcher calls
//! them through a mailbox in shared memory, the same line of one cache line that our workers have.
//!
//! On its standard input it gets a line with a number: so many requests follow in the mailbox. It
//! spins for those, and sleeps in between.

use std::ffi::CString;
use std::hint::spin_loop;
use std::io::{self, BufRead as _};
use std::path::Path;

use mote_abi::line::Line;

use crate::bench::sys::library::{self, Library};
use crate::bench::sys::memory::Memory;

/// In the second word of a request: call a library that is loaded.
pub(in crate::bench) const WARM: u64 = 0;
/// Load the library, call it, answer, unload it.
pub(in crate::bench) const COLD: u64 = 1;

pub(super) fn serve(folder: &Path, resident: usize, spare: usize, memory: &Path) -> io::Result<()> {
    let names = |count: usize, prefix: &'static str| {
        (0..count).map(move |index| library::name(&folder.join(format!("{prefix}{index}"))))
    };
    let cold = names(spare, "cold-").collect::<io::Result<Vec<CString>>>()?;
    let warm = names(resident, "")
        .map(|name| Library::open(&name?))
        .collect::<io::Result<Vec<Library>>>()?;
    let memory = Memory::open(memory)?;
    println!("ready");
    let mut sequence = 0;
    for line in io::stdin().lock().lines() {
        let requests: u64 = line?.trim().parse().map_err(io::Error::other)?;
        for _ in 0..requests {
            sequence += 1;
            answer(&memory, sequence, &warm, &cold)?;
        }
    }
    Ok(())
}

fn answer(memory: &Memory, sequence: u64, warm: &[Library], cold: &[CString]) -> io::Result<()> {
    let [index, kind, ..] = take(memory.at(0), sequence);
    let completion: &Line = memory.at(1);
    let tell = |stamp_ns| completion.publish(sequence, [stamp_ns, 0, 0, 0, 0, 0, 0]);
    if kind == WARM {
        tell(warm[index as usize].stamp_ns());
        return Ok(());
    }
    let name = &cold[index as usize];
    let library = Library::open(name)?;
    tell(library.stamp_ns());
    library.close(name)
}

fn take(request: &Line, sequence: u64) -> [u64; 7] {
    loop {
        if let Some(words) = request.poll(sequence) {
            return words;
        }
        spin_loop();
    }
}
