//! What a service answers.

use alloc::vec::Vec;

/// The answer to one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    body: Vec<u8>,
}

impl Response {
    /// A response with this body: a `Vec<u8>`, `String`, `&str`, `&[u8]` or byte array. The worker
    /// hands over at most 1 MiB.
    #[must_use]
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into() }
    }

    /// The bytes that the client will get.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The same, owned.
    #[must_use]
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    #[test]
    fn body_is_the_bytes_of_whatever_it_was_made_from() {
        for response in [
            Response::new("ab"),
            Response::new(String::from("ab")),
            Response::new(b"ab"),
            Response::new(&b"ab"[..]),
            Response::new(Vec::from(b"ab")),
        ] {
            assert_eq!(response.body(), b"ab");
            assert_eq!(response.into_body(), b"ab");
        }
        assert_eq!(Response::default().body(), b"");
    }
}
