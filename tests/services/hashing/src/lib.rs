//! Hashes 64-byte inputs with SHA-512, at a stride of 16 bytes through a large buffer: the load of the
//! paper's Figure 2. Shows what preemption costs those that are never preempted.
#![no_std]

extern crate alloc;

use alloc::vec;
use core::hint::black_box;

use mote_service::{Context, Error, Request, Response, Result};
use sha2::{Digest, Sha512};

/// The buffer that inputs are taken from, in bytes.
const BUFFER_BYTES: usize = 1 << 20;
/// One input.
const INPUT_BYTES: usize = 64;
/// From one input to the next.
const STRIDE_BYTES: usize = 16;

/// Hashes as often as the body says, a little-endian number of 32 bits, and answers with the time
/// that took, in nanoseconds: 8 little-endian bytes.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let Ok(hashes) = request.body().try_into().map(u32::from_le_bytes) else {
        return Err(Error::new("the body is not a number of 4 bytes"));
    };
    let buffer = vec![0x5a_u8; BUFFER_BYTES];
    let start_ns = context.now_ns();
    run(&buffer, hashes);
    Ok(Response::new((context.now_ns() - start_ns).to_le_bytes()))
}

fn run(buffer: &[u8], hashes: u32) {
    let inputs = (buffer.len() - INPUT_BYTES) / STRIDE_BYTES;
    for hash in 0..hashes as usize {
        let start = hash % inputs * STRIDE_BYTES;
        black_box(Sha512::digest(&buffer[start..start + INPUT_BYTES]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_a_time_and_other_bodies_are_refused() {
        let mut context = Context::for_test();
        let response = handle(&Request::new(&10_u32.to_le_bytes()), &mut context).unwrap();
        assert_eq!(response.body().len(), 8);
        assert!(handle(&Request::new(b"ten"), &mut context).is_err());
    }
}
