//! Whoever talks to backends for a node, as the node sees it.

use std::fmt;
use std::sync::Arc;

use mote_abi::upstream::CallError;

use crate::job::ids::{ServiceId, TenantId};
use crate::upstream::arrivals::{Arrival, Arrivals, CallNumber};

/// Talks to backends. Called on the node's thread, between two ticks of its watchdog: so it hands over what there
/// is to do, and waits for nothing.
pub trait UpstreamDriver: fmt::Debug + Send {
    /// Asks an upstream, if it is granted to whoever calls. [`UpstreamCall::reply`] says what came of it, from
    /// any thread.
    fn call(&mut self, call: UpstreamCall);
}

/// One call of a service.
#[derive(Debug)]
pub struct UpstreamCall {
    /// Whose service it is.
    pub tenant: TenantId,
    /// Which.
    pub service: ServiceId,
    /// The upstream's name, as the service says it: any text.
    pub name: String,
    /// What it is asked: any bytes.
    pub request: Vec<u8>,
    /// Where the reply goes.
    pub reply: UpstreamReply,
}

/// Where the reply to a call goes. Dropped without one, the upstream is [`Gone`](CallError::Gone).
pub struct UpstreamReply(Option<(Arc<Arrivals>, CallNumber)>);

impl UpstreamReply {
    pub(super) fn new(arrivals: &Arc<Arrivals>, number: CallNumber) -> Self {
        Self(Some((Arc::clone(arrivals), number)))
    }

    /// Replies. Nothing happens if the caller has ended meanwhile.
    pub fn send(mut self, result: Result<Vec<u8>, CallError>) {
        self.arrive(result);
    }

    fn arrive(&mut self, result: Result<Vec<u8>, CallError>) {
        if let Some((arrivals, number)) = self.0.take() {
            arrivals.push(Arrival { number, result });
        }
    }
}

impl Drop for UpstreamReply {
    fn drop(&mut self) {
        self.arrive(Err(CallError::Gone));
    }
}

impl fmt::Debug for UpstreamReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UpstreamReply").field(&self.0.as_ref().map(|(_, number)| number)).finish()
    }
}
