//! The limits of this process, where a failed call is told by them.

use std::io;

use rustix::process::{Resource, getrlimit};
use thiserror::Error;

/// This process may not have as many descriptors open as something needs. Source: RLIMIT_NOFILE in
/// getrlimit(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "cannot {what}: this process may have {limit} descriptors open (ulimit -n), which are too few; raise \
     the limit, or configure fewer workers"
)]
pub struct TooFewDescriptors {
    /// What was tried.
    what: &'static str,
    /// The limit.
    limit: u64,
}

impl TooFewDescriptors {
    /// What `error` says if the limit is its cause.
    pub(crate) fn from_error(what: &'static str, error: &io::Error) -> Option<Self> {
        (error.raw_os_error() == Some(libc::EMFILE)).then(|| Self::now(what))
    }

    /// `what` has just failed for the limit.
    pub(crate) fn now(what: &'static str) -> Self {
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        Self { what, limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_of_another_kind_is_not_the_limits() {
        let error = |number| io::Error::from_raw_os_error(number);
        assert_eq!(TooFewDescriptors::from_error("try", &error(libc::ENFILE)), None);
        let told = TooFewDescriptors::from_error("try", &error(libc::EMFILE)).unwrap();
        assert!(told.to_string().contains("(ulimit -n)"), "{told}");
    }
}
