//! Allocates without end. Shows the arena's limit: the allocation that goes past it fails, the
//! service is unwound with the outcome `over_memory`, and its token is released.
#![no_std]

extern crate alloc;

use alloc::vec;
use alloc::vec::Vec;
use core::hint::black_box;

use mote_service::{Context, Request, Response, Result};

const CHUNK_BYTES: usize = 4096;

/// Keeps every chunk.
pub fn handle(_request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let _token = context.token();
    let mut chunks: Vec<Vec<u8>> = Vec::new();
    loop {
        chunks.push(vec![0xa5; CHUNK_BYTES]);
        black_box(&chunks);
    }
}
