//! The hashing loop of Figure 2 in a process of its own, under a periodic timer or none. The same loop
//! with the same crate as the service `hashing`.

use std::hint::black_box;
use std::io;

use mote_dispatcher::now_ns;
use sha2::{Digest as _, Sha512};

use super::periodic::Source;
use crate::bench::sys::timer;

/// The buffer that inputs are taken from, in bytes.
const BUFFER_BYTES: usize = 1 << 20;
/// One input.
const INPUT_BYTES: usize = 64;
/// From one input to the next.
const STRIDE_BYTES: usize = 16;

/// Prints how long `hashes` hashes take, in nanoseconds, `times` times.
pub(super) fn measure(source: Source, period_us: u32, hashes: u32, times: u32) -> io::Result<()> {
    let buffer = vec![0x5a_u8; BUFFER_BYTES];
    run(&buffer, hashes);
    timer::start(source, period_us)?;
    let mut taken_ns = Vec::new();
    for _ in 0..times {
        let start_ns = now_ns();
        run(&buffer, hashes);
        taken_ns.push(now_ns() - start_ns);
    }
    timer::ignore()?;
    taken_ns.iter().for_each(|taken_ns| println!("{taken_ns}"));
    Ok(())
}

fn run(buffer: &[u8], hashes: u32) {
    let inputs = (buffer.len() - INPUT_BYTES) / STRIDE_BYTES;
    for hash in 0..hashes as usize {
        let start = hash % inputs * STRIDE_BYTES;
        black_box(Sha512::digest(&buffer[start..start + INPUT_BYTES]));
    }
}
