//! A worker as the paper compares with: services are shared libraries in it, and the dispatcher calls
//! them through a [mailbox](crate::contenders::mailbox) in shared memory, like the one that our workers have.

use std::ffi::CString;
use std::hint::spin_loop;
use std::io::{self, BufRead as _};
use std::path::Path;

use crate::contenders::mailbox::{completion, request};
use crate::contenders::sys::library::{self, Library};
use crate::contenders::sys::memory::Memory;

/// A kind of request: call a library that is loaded.
pub(crate) const WARM: &str = "warm";
/// A kind of request: load the library, call it, unload it.
pub(crate) const COLD: &str = "cold";

pub(crate) fn serve(folder: &Path, resident: usize, spare: usize, memory: &Path) -> io::Result<()> {
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
        let line = line?;
        let (kind, requests) = line.split_once(' ').ok_or_else(|| unknown(&line))?;
        let requests: u64 = requests.trim().parse().map_err(io::Error::other)?;
        for _ in 0..requests {
            sequence += 1;
            let index = take(&memory, sequence);
            let stamp_ns = answer(kind, index, &warm, &cold)?;
            completion(&memory, sequence).publish(sequence, [stamp_ns, 0, 0, 0, 0, 0, 0]);
        }
    }
    Ok(())
}

/// When the service ran; what was loaded for it is unloaded by then.
fn answer(kind: &str, index: usize, warm: &[Library], cold: &[CString]) -> io::Result<u64> {
    match kind {
        WARM => Ok(warm[index].stamp_ns()),
        COLD => {
            let library = Library::open(&cold[index])?;
            let stamp_ns = library.stamp_ns();
            library.close(&cold[index])?;
            Ok(stamp_ns)
        }
        _ => Err(unknown(kind)),
    }
}

fn unknown(kind: &str) -> io::Error {
    io::Error::other(format!("{kind:?} is not a kind of request"))
}

/// Which library is asked for.
fn take(memory: &Memory, sequence: u64) -> usize {
    let request = request(memory, sequence);
    loop {
        if let Some([index, ..]) = request.poll(sequence) {
            return index as usize;
        }
        spin_loop();
    }
}
