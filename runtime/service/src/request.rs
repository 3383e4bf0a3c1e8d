//! What a service is asked.

/// One request. It borrows the body from the worker, so nothing was copied to make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    body: &'a [u8],
}

impl<'a> Request<'a> {
    /// A request with this body, for tests.
    #[must_use]
    pub const fn new(body: &'a [u8]) -> Self {
        Self { body }
    }

    /// The bytes that the client sent: any bytes, at most 1 MiB, possibly none.
    #[must_use]
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }
}
