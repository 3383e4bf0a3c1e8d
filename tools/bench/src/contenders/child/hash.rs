//! The hashing loop of Figure 2 in a process of its own, under a periodic timer or none. The same loop
//! with the same crate as the service `hashing`.

use std::hint::black_box;
use std::io;

use mote_dispatcher::now_ns;
use sha2::{Digest as _, Sha512};

use crate::contenders::sys::timer::{self, Source, Until};

/// The buffer that inputs are taken from, in bytes.
const BUFFER_BYTES: usize = 1 << 20;
/// One input.
const INPUT_BYTES: usize = 64;
/// From one input to the next.
const STRIDE_BYTES: usize = 16;

/// Before it counts, in nanoseconds.
const WARM_UP_NS: u64 = 2_000_000;
/// Hashes between two looks at the clock.
const HASHES_PER_LOOK: u64 = 64;

/// Hashes for `duration_ms`, and prints how many hashes that were and how long it took, in
/// nanoseconds.
pub(crate) fn measure(source: Source, period_us: u32, duration_ms: u64) -> io::Result<()> {
    let buffer = vec![0x5a_u8; BUFFER_BYTES];
    run(&buffer, now_ns() + WARM_UP_NS);
    let start_ns = now_ns();
    let end_ns = start_ns + duration_ms * 1_000_000;
    timer::start(source, period_us, Until { stamps: usize::MAX, end_ns })?;
    let hashes = run(&buffer, end_ns);
    let taken_ns = now_ns() - start_ns;
    println!("{hashes}\n{taken_ns}");
    Ok(())
}

/// Hashes until `end_ns`; returns how many hashes.
fn run(buffer: &[u8], end_ns: u64) -> u64 {
    let inputs = (buffer.len() - INPUT_BYTES) / STRIDE_BYTES;
    let mut hashes = 0;
    while now_ns() < end_ns {
        for hash in hashes..hashes + HASHES_PER_LOOK {
            let start = hash as usize % inputs * STRIDE_BYTES;
            black_box(Sha512::digest(&buffer[start..start + INPUT_BYTES]));
        }
        hashes += HASHES_PER_LOOK;
    }
    hashes
}
