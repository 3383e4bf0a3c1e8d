//! A request's body, read within limits of length, time, and memory of all bodies together.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// What bounds bodies.
#[derive(Clone, Debug)]
pub(crate) struct BodyLimits {
    /// The longest body, in bytes.
    pub(crate) bytes: usize,
    /// How long one may take to arrive.
    pub(crate) time: Duration,
    /// A permit for each byte that all bodies together may have.
    pub(crate) memory: Arc<Semaphore>,
}

/// A body, which counts as memory in use until it is dropped.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) bytes: Bytes,
    _memory: Option<OwnedSemaphorePermit>,
}

impl Body {
    /// Bytes that are bounded elsewhere.
    pub(crate) fn kept(bytes: Bytes) -> Self {
        Self { bytes, _memory: None }
    }
}

/// A request's body, still on its way or read already.
#[derive(Debug)]
pub(crate) enum Arriving {
    Stream(Incoming),
    Read(Body),
}

/// Why a body was not read.
#[derive(Debug, Error)]
pub(crate) enum BodyError {
    #[error("the request's body is longer than {limit} bytes, which is the limit")]
    TooLong { limit: usize },
    #[error("the request's body did not arrive within {} ms", time.as_millis())]
    TooSlow { time: Duration },
    #[error("the bodies of other requests take all the memory there is for them; try again")]
    NoMemory,
    #[error("the request's body broke off: {0}")]
    Broken(#[from] hyper::Error),
}

/// Reads a body to its end.
pub(crate) async fn read(body: Arriving, limits: &BodyLimits) -> Result<Body, BodyError> {
    let body = match body {
        Arriving::Read(body) => return Ok(body),
        Arriving::Stream(body) => body,
    };
    let expected = body.size_hint().lower();
    if expected > limits.bytes as u64 {
        return Err(BodyError::TooLong { limit: limits.bytes });
    }
    match timeout(limits.time, collect(body, limits)).await {
        Ok(read) => read,
        Err(_elapsed) => Err(BodyError::TooSlow { time: limits.time }),
    }
}

async fn collect(mut body: Incoming, limits: &BodyLimits) -> Result<Body, BodyError> {
    let mut gathered = Gathered::default();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            gathered.add(data, limits)?;
        }
    }
    Ok(gathered.finish())
}

/// What has arrived. Most bodies arrive in one piece, which is not copied.
#[derive(Debug, Default)]
struct Gathered {
    first: Bytes,
    joined: BytesMut,
    memory: Option<OwnedSemaphorePermit>,
}

impl Gathered {
    fn add(&mut self, data: Bytes, limits: &BodyLimits) -> Result<(), BodyError> {
        let length = self.first.len().max(self.joined.len()) + data.len();
        if length > limits.bytes {
            return Err(BodyError::TooLong { limit: limits.bytes });
        }
        self.reserve(data.len(), &limits.memory)?;
        if self.first.is_empty() && self.joined.is_empty() {
            self.first = data;
            return Ok(());
        }
        if self.joined.is_empty() {
            self.joined.extend_from_slice(&self.first);
        }
        self.joined.extend_from_slice(&data);
        Ok(())
    }

    fn reserve(&mut self, bytes: usize, memory: &Arc<Semaphore>) -> Result<(), BodyError> {
        let permits = u32::try_from(bytes).map_err(|_| BodyError::NoMemory)?;
        let more = Arc::clone(memory).try_acquire_many_owned(permits);
        let more = more.map_err(|_| BodyError::NoMemory)?;
        match &mut self.memory {
            Some(held) => held.merge(more),
            None => self.memory = Some(more),
        }
        Ok(())
    }

    fn finish(self) -> Body {
        let bytes = if self.joined.is_empty() { self.first } else { self.joined.freeze() };
        Body { bytes, _memory: self.memory }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(bytes: usize, memory: usize) -> BodyLimits {
        BodyLimits { bytes, time: Duration::from_secs(1), memory: Arc::new(Semaphore::new(memory)) }
    }

    fn gather(pieces: &[&'static [u8]], limits: &BodyLimits) -> Result<Body, BodyError> {
        let mut gathered = Gathered::default();
        pieces.iter().try_for_each(|piece| gathered.add(Bytes::from_static(piece), limits))?;
        Ok(gathered.finish())
    }

    #[test]
    fn pieces_are_joined_in_their_order() {
        let limits = limits(100, 100);
        let cases: [&[&[u8]]; 3] = [&[b"abcd"], &[b"a", b"bcd"], &[b"", b"ab", b"c", b"d"]];
        for pieces in cases {
            assert_eq!(gather(pieces, &limits).unwrap().bytes, "abcd");
        }
        assert_eq!(gather(&[], &limits).unwrap().bytes, "");
    }

    #[test]
    fn body_is_refused_when_it_is_longer_than_the_limit_by_one() {
        let limits = limits(4, 100);
        assert!(gather(&[b"ab", b"cd"], &limits).is_ok());
        assert!(matches!(gather(&[b"ab", b"cde"], &limits), Err(BodyError::TooLong { limit: 4 })));
    }

    #[test]
    fn memory_is_taken_until_the_body_is_dropped() {
        let limits = limits(10, 10);
        let body = gather(&[b"abc", b"def"], &limits).unwrap();
        assert_eq!(limits.memory.available_permits(), 4);
        assert!(matches!(gather(&[b"ghijk"], &limits), Err(BodyError::NoMemory)));
        drop(body);
        assert_eq!(limits.memory.available_permits(), 10);
    }
}
