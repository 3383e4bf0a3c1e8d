//! Calls to backends that the operator has declared and granted.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::Host;
use crate::upstream_error::UpstreamError;

/// Bytes before each reply: a status, and its length.
const REPLY_HEAD_BYTES: usize = 5;

/// A backend: [`Context::upstream`](crate::Context::upstream).
///
/// [`call`](Self::call) asks it one thing. The service is suspended there until the reply is in: others run
/// meanwhile, and none of its budget is used. It is a place where a service is unwound that ran past its budget,
/// or waited for too long.
pub struct Upstream {
    host: Host,
    name: String,
}

impl Upstream {
    pub(crate) fn new(host: Host, name: &str) -> Result<Self, UpstreamError> {
        if name.is_empty() || name.len() > u8::MAX.into() {
            return Err(UpstreamError::NotGranted);
        }
        Ok(Self { host, name: name.into() })
    }

    /// What the operator calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sends `request` as it is, and waits for the reply: what both are is the backend's business.
    ///
    /// # Errors
    /// [`UpstreamError`].
    pub fn call(&mut self, request: &[u8]) -> Result<Vec<u8>, UpstreamError> {
        let mut calls = Calls::new(self.host.clone());
        let call = calls.start(self, request);
        calls.join().take(call)
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Several calls at once: [`Context::calls`](crate::Context::calls).
///
/// They go out together when they are joined, and the service waits once, for the slowest.
///
/// ```
/// # use mote_service::{Context, Response, Result};
/// # fn handle(context: &mut Context) -> Result<Response> {
/// let (store, cache) = (context.upstream("store")?, context.upstream("cache")?);
/// let mut calls = context.calls();
/// let user = calls.start(&store, b"user 7");
/// let page = calls.start(&cache, b"page /");
/// let mut replies = calls.join();
/// let (user, page) = (replies.take(user)?, replies.take(page)?);
/// # Ok(Response::new([user, page].concat()))
/// # }
/// # let mut context = Context::for_test();
/// # context.set_upstream("store", |_| Ok(b"Ada ".to_vec()));
/// # context.set_upstream("cache", |_| Ok(b"Home".to_vec()));
/// # assert_eq!(handle(&mut context).unwrap().body(), b"Ada Home");
/// ```
pub struct Calls {
    host: Host,
    bytes: Vec<u8>,
    count: usize,
}

/// Which of some [`Calls`] a reply is to.
#[derive(Debug)]
pub struct Started(usize);

impl Calls {
    pub(crate) fn new(host: Host) -> Self {
        Self { host, bytes: Vec::new(), count: 0 }
    }

    /// Adds a call.
    pub fn start(&mut self, upstream: &Upstream, request: &[u8]) -> Started {
        let head_bytes = 1 + size_of::<u32>();
        self.bytes.reserve(head_bytes + upstream.name.len() + request.len());
        self.bytes.push(upstream.name.len() as u8);
        self.bytes.extend_from_slice(&(request.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(upstream.name.as_bytes());
        self.bytes.extend_from_slice(request);
        self.count += 1;
        Started(self.count - 1)
    }

    /// Sends all of them, and waits until there are replies to all.
    #[must_use]
    pub fn join(self) -> Replies {
        if self.count == 0 {
            return Replies(Vec::new());
        }
        let answer = self.host.upstream(&self.bytes);
        Replies(match answer {
            Ok(bytes) => {
                let mut replies: Vec<_> = replies(&bytes).map(Some).collect();
                replies.resize(self.count, Some(Err(UpstreamError::Refused)));
                replies
            }
            Err(why) => alloc::vec![Some(Err(why)); self.count],
        })
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calls").field("count", &self.count).finish_non_exhaustive()
    }
}

/// The replies to some [`Calls`].
#[derive(Debug)]
pub struct Replies(Vec<Option<Result<Vec<u8>, UpstreamError>>>);

impl Replies {
    /// The reply to one of them. One that is of other calls has none here: it is refused.
    ///
    /// # Errors
    /// [`UpstreamError`].
    pub fn take(&mut self, call: Started) -> Result<Vec<u8>, UpstreamError> {
        let reply = self.0.get_mut(call.0).and_then(Option::take);
        reply.unwrap_or(Err(UpstreamError::Refused))
    }
}

/// The replies that `bytes` hold: a status, a length, and the reply itself, for each.
fn replies(mut bytes: &[u8]) -> impl Iterator<Item = Result<Vec<u8>, UpstreamError>> {
    core::iter::from_fn(move || {
        let (&[status, a, b, c, d], rest) = bytes.split_first_chunk::<REPLY_HEAD_BYTES>()?;
        let (reply, rest) = rest.split_at_checked(u32::from_le_bytes([a, b, c, d]) as usize)?;
        bytes = rest;
        Some(if status == 0 { Ok(reply.into()) } else { Err(UpstreamError::from_status(status)) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Context;

    /// An upstream that replies with the request turned round.
    fn context() -> Context {
        let mut context = Context::for_test();
        context.set_upstream("mirror", |request| Ok(request.iter().rev().copied().collect()));
        context.set_upstream("wall", |_| Err(UpstreamError::Busy));
        context
    }

    #[test]
    fn reply_is_the_upstreams() {
        let mut context = context();
        assert_eq!(context.upstream("mirror").unwrap().call(b"abc").unwrap(), b"cba");
        assert_eq!(context.upstream("wall").unwrap().call(b""), Err(UpstreamError::Busy));
    }

    #[test]
    fn upstream_that_was_not_set_is_not_granted() {
        let mut context = context();
        let mut other = context.upstream("other").unwrap();
        assert_eq!(other.call(b"x"), Err(UpstreamError::NotGranted));
        for name in ["", &"n".repeat(256)] {
            assert_eq!(context.upstream(name).unwrap_err(), UpstreamError::NotGranted);
        }
    }

    #[test]
    fn each_of_several_calls_has_its_own_reply() {
        let mut context = context();
        let (mirror, wall) =
            (context.upstream("mirror").unwrap(), context.upstream("wall").unwrap());
        let mut calls = context.calls();
        let first = calls.start(&mirror, b"12");
        let second = calls.start(&wall, b"34");
        let third = calls.start(&mirror, b"56");
        let mut replies = calls.join();
        assert_eq!(replies.take(third).unwrap(), b"65");
        assert_eq!(replies.take(second), Err(UpstreamError::Busy));
        assert_eq!(replies.take(first).unwrap(), b"21");
        assert_eq!(context.calls().join().take(Started(0)), Err(UpstreamError::Refused));
    }

    #[test]
    fn replies_that_are_cut_off_are_left_out() {
        let bytes = [0, 1, 0, 0, 0, 7, 0, 2, 0, 0, 0, 8];
        assert_eq!(replies(&bytes).collect::<Vec<_>>(), [Ok(alloc::vec![7])]);
        assert_eq!(replies(&[6, 0, 0, 0, 0]).next(), Some(Err(UpstreamError::Gone)));
    }
}
