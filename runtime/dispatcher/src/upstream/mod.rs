//! Calls of services to upstreams: who waits for which replies, and whom to ask.
//!
//! ```text
//!  worker: calls, suspended ─▶ begin ─▶ UpstreamDriver::call … (any thread) … UpstreamReply::send ─┐
//!  worker: replies, goes on ◀─ pool ◀─ answer, when all are in ◀─ Arrivals ◀───────────────────────┘
//!                                └──── expired: it goes on with nothing left of its budget
//! ```
//!
//! A reply is for a wait, by its number. Whose job has ended meanwhile has no wait any more, and its late reply is
//! dropped.

mod arrivals;
mod driver;
mod waits;

use std::sync::Arc;

use mote_abi::upstream::{CALLS_LIMIT, CallError, Calls};

pub use driver::{UpstreamCall, UpstreamDriver, UpstreamReply};

use crate::job::called::Called;
use crate::job::ids::Ticket;
use crate::pool::bell::Bell;
use crate::upstream::arrivals::{Arrivals, CallNumber};
use crate::upstream::waits::{Answer, Waits};

/// Who waits, and who is asked.
#[derive(Debug)]
pub(crate) struct Upstreams {
    driver: Option<Box<dyn UpstreamDriver>>,
    waits: Waits,
    arrivals: Arc<Arrivals>,
    /// From the entry of a service until it waits no longer, in nanoseconds.
    limit_ns: u64,
}

impl Upstreams {
    /// Nobody to ask yet. `bell` is rung when a reply comes.
    pub(crate) fn new(bell: Arc<Bell>, limit_ns: u64) -> Self {
        let arrivals = Arc::new(Arrivals::new(bell));
        Self { driver: None, waits: Waits::default(), arrivals, limit_ns }
    }

    /// From now on, `driver` is asked.
    pub(crate) fn set_driver(&mut self, driver: Box<dyn UpstreamDriver>) {
        self.driver = Some(driver);
    }

    /// Asks what a job waits for. Calls that nobody can take, and all beyond the limit, are answered at once.
    pub(crate) fn begin(&mut self, called: Called) {
        let calls: Vec<_> = Calls::new(&called.calls).collect();
        let until_ns = called.entered_ns.saturating_add(self.limit_ns);
        // Bytes that are no calls have one reply too: the refusal.
        let wait = self.waits.begin(called.worker, called.ticket, until_ns, calls.len().max(1));
        let reply = |call| UpstreamReply::new(&self.arrivals, CallNumber { wait, call });
        if calls.is_empty() {
            reply(0).send(Err(CallError::Refused));
        }
        for (number, call) in calls.into_iter().enumerate() {
            let reply = reply(number);
            let Ok(name) = std::str::from_utf8(call.name) else {
                reply.send(Err(CallError::NotGranted));
                continue;
            };
            let (name, request) = (name.to_owned(), call.request.to_vec());
            let (tenant, service) = (called.tenant, called.service);
            match &mut self.driver {
                None => reply.send(Err(CallError::NotGranted)),
                Some(_) if number >= CALLS_LIMIT => reply.send(Err(CallError::Busy)),
                Some(driver) => {
                    driver.call(UpstreamCall { tenant, service, name, request, reply });
                }
            }
        }
    }

    /// The next job to whose calls all replies have come.
    pub(crate) fn next_answer(&mut self) -> Option<Answer> {
        while let Some(arrival) = self.arrivals.pop() {
            let answer = self.waits.arrive(arrival.number, arrival.result);
            if answer.is_some() {
                return answer;
            }
        }
        None
    }

    /// A job that may not wait any longer: its worker and its ticket.
    pub(crate) fn pop_expired(&mut self, now_ns: u64) -> Option<(usize, Ticket)> {
        self.waits.pop_expired(now_ns)
    }

    /// When that is; `u64::MAX` if none waits.
    pub(crate) fn next_deadline_ns(&self) -> u64 {
        self.waits.next_deadline_ns()
    }

    /// A job does not wait any more: replies to it are late.
    #[inline]
    pub(crate) fn forget(&mut self, ticket: Ticket) {
        if !self.waits.is_empty() {
            self.waits.forget(ticket);
        }
    }
}
