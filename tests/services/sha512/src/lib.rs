//! Hashes the body with SHA-512. Shows a dependency from the registry: the `sha2` crate, `no_std`.
#![no_std]

extern crate alloc;

use alloc::format;

use mote_service::{Context, Request, Response, Result};
use sha2::{Digest, Sha512};

/// Answers the digest as 128 hexadecimal digits in lower case (FIPS 180-4).
pub fn handle(request: &Request<'_>, _context: &mut Context) -> Result<Response> {
    Ok(Response::new(format!("{:x}", Sha512::digest(request.body()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4, example "abc".
    #[test]
    fn digest_is_the_standard_s_for_its_example() {
        let response = handle(&Request::new(b"abc"), &mut Context::for_test()).unwrap();
        assert_eq!(
            core::str::from_utf8(response.body()).unwrap(),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        );
    }
}
