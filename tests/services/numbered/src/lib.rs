//! Answers with the time at which it ran, as `timestamp` does; asked anything, with the number in its
//! image. Shows how many services there can be: whoever makes copies of the image writes another number
//! behind the mark into each.
#![no_std]

use core::hint::black_box;

use mote_service::{Context, Request, Response, Result};

/// The mark of 16 bytes, and the number as 8 little-endian ones.
static NUMBER: [u8; 24] = *b"number of copy: \0\0\0\0\0\0\0\0";

/// 8 bytes, whatever it is asked.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    if request.body().is_empty() {
        return Ok(Response::new(context.now_ns().to_le_bytes()));
    }
    // What the compiler does not see is read from the image.
    let number = black_box(&NUMBER);
    Ok(Response::new(&number[16..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &[u8]) -> u64 {
        let response = handle(&Request::new(body), &mut Context::for_test()).unwrap();
        u64::from_le_bytes(response.body().try_into().unwrap())
    }

    #[test]
    fn number_is_nought_before_it_is_written() {
        assert_eq!(answer(b"?"), 0);
        assert!(answer(b"") > 0);
    }
}
