//! Answers with the time at which it ran: `now_ns` as 8 little-endian bytes. Shows the clock, and
//! lets a caller on the same machine, which shares it, see how long a request took to get here.
#![no_std]

use mote_service::{Context, Request, Response, Result};

/// The first thing it does is read the clock.
pub fn handle(_request: &Request<'_>, context: &mut Context) -> Result<Response> {
    Ok(Response::new(context.now_ns().to_le_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_eight_bytes_of_the_clock() {
        let mut context = Context::for_test();
        let response = handle(&Request::new(b""), &mut context).unwrap();
        let stamp_ns = u64::from_le_bytes(response.body().try_into().unwrap());
        assert!(stamp_ns <= context.now_ns());
    }
}
