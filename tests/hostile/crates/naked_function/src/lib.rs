//! Has machine code of its choice: no byte of it is forbidden.
#![no_std]

use mote_service::{Context, Error, Request, Response};

#[unsafe(naked)]
extern "C" fn answer() -> u64 {
    core::arch::naked_asm!("mov eax, 7", "ret")
}

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new(answer().to_le_bytes()))
}
