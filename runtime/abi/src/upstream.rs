//! Calls of a service to upstreams, and their replies: two sequences of byte strings with lengths.
//!
//! ```text
//!  calls:    (name_bytes u8 │ request_bytes u32 │ name │ request)…
//!  replies:  (status u8     │ reply_bytes u32   │ reply)…              one for each call, in their order
//! ```
//!
//! Numbers are little-endian and unaligned. Services write calls and dispatchers read them, so reading is total:
//! what is not a sequence of calls has none. The status of a reply is 0, or a [`CallError`]'s number.

use core::fmt;

/// The longest name of an upstream, in bytes.
pub const NAME_BYTES: usize = u8::MAX as usize;

/// Calls that may go out together; more are answered as [`CallError::Busy`].
pub const CALLS_LIMIT: usize = 64;

/// The status of a reply to a call that went well.
pub const OK: u8 = 0;

/// Why a call has no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CallError {
    /// It took too long.
    Timeout = 1,
    /// The backend does not take it.
    Refused = 2,
    /// The request or the reply is too long.
    TooLarge = 3,
    /// Too many calls are under way.
    Busy = 4,
    /// There is no such upstream for this service.
    NotGranted = 5,
    /// The backend, or the way to it, is gone: the call may have been obeyed.
    Gone = 6,
}

impl CallError {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Timeout, Self::Refused, Self::TooLarge, Self::Busy, Self::NotGranted, Self::Gone];
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Timeout => "the upstream did not reply in time",
            Self::Refused => "the upstream refused the call",
            Self::TooLarge => "the call or its reply is too long",
            Self::Busy => "too many calls are under way",
            Self::NotGranted => "no such upstream is granted to this service",
            Self::Gone => "the upstream is gone",
        })
    }
}

impl core::error::Error for CallError {}

/// One call: the upstream's name and the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// The name that the operator gave to the upstream.
    pub name: &'a [u8],
    /// What it is asked.
    pub request: &'a [u8],
}

/// The calls in some bytes; ends before the first that is not whole.
#[derive(Clone, Debug)]
pub struct Calls<'a>(&'a [u8]);

impl<'a> Calls<'a> {
    /// Reads `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

impl<'a> Iterator for Calls<'a> {
    type Item = Call<'a>;

    fn next(&mut self) -> Option<Call<'a>> {
        let (&name_bytes, rest) = self.0.split_first()?;
        let (request_bytes, rest) = rest.split_first_chunk()?;
        let (name, rest) = rest.split_at_checked(name_bytes.into())?;
        let request_bytes = u32::from_le_bytes(*request_bytes) as usize;
        let (request, rest) = rest.split_at_checked(request_bytes)?;
        self.0 = rest;
        Some(Call { name, request })
    }
}

/// What stands before a reply's bytes.
#[must_use]
pub fn reply_head(status: u8, reply_bytes: u32) -> [u8; REPLY_HEAD_BYTES] {
    let [a, b, c, d] = reply_bytes.to_le_bytes();
    [status, a, b, c, d]
}

/// Bytes of [`reply_head`].
pub const REPLY_HEAD_BYTES: usize = 5;

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn written(calls: &[Call<'_>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for call in calls {
            bytes.push(call.name.len() as u8);
            bytes.extend((call.request.len() as u32).to_le_bytes());
            bytes.extend(call.name);
            bytes.extend(call.request);
        }
        bytes
    }

    #[test]
    fn numbers_of_errors_are_their_own_and_none_is_ok() {
        for (number, error) in (1_u8..).zip(CallError::ALL) {
            assert_eq!(error as u8, number);
            assert_ne!(error as u8, OK);
        }
        assert_eq!(reply_head(CallError::Gone as u8, 0x0102), [6, 2, 1, 0, 0]);
    }

    #[test]
    fn call_that_is_not_whole_ends_them() {
        let call = Call { name: b"store", request: b"GET x" };
        let mut bytes = written(&[call, call]);
        bytes.pop();
        assert_eq!(Calls::new(&bytes).collect::<Vec<_>>(), [call]);
        assert_eq!(Calls::new(&[5, 0xff, 0xff, 0xff, 0xff, b'x']).next(), None);
    }

    proptest! {
        #[test]
        fn calls_are_read_as_they_were_written(
            calls in prop::collection::vec((any::<Vec<u8>>(), any::<Vec<u8>>()), 0..9),
        ) {
            let calls: Vec<_> = calls
                .iter()
                .map(|(name, request)| Call { name: &name[..name.len().min(NAME_BYTES)], request })
                .collect();
            let bytes = written(&calls);
            prop_assert_eq!(Calls::new(&bytes).collect::<Vec<_>>(), calls);
        }

        #[test]
        fn any_bytes_are_read_within_their_bounds(bytes: Vec<u8>) {
            let read: usize = Calls::new(&bytes).map(|call| 5 + call.name.len() + call.request.len()).sum();
            prop_assert!(read <= bytes.len());
        }
    }
}
