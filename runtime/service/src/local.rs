//! The host of a unit test: answers in process, on the standard library.
//!
//! [`Context`](crate::Context) and [`Token`](crate::Token) call it where an image calls the worker.
//! A service runs on one thread, so the state is shared by [`Rc`].

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::hash::{BuildHasher, Hasher};
use std::hash::RandomState;
use std::time::Instant;

use crate::upstream_error::UpstreamError;

/// A handle on one invocation's state.
#[derive(Clone)]
pub(crate) struct Host {
    state: Rc<State>,
    /// The last of one name is the one that counts.
    variables: Vec<(String, String)>,
}

struct State {
    started: Instant,
    budget_us: u64,
    log: RefCell<String>,
    tokens_created: Cell<u32>,
    tokens_released: Cell<u32>,
    upstreams: RefCell<BTreeMap<String, Reply>>,
}

/// Answers what is asked of an upstream.
pub(crate) type Reply = Box<dyn FnMut(&[u8]) -> Result<Vec<u8>, UpstreamError>>;

impl Host {
    pub(crate) fn new(budget_us: u64) -> Self {
        let state = State {
            started: Instant::now(),
            budget_us,
            log: RefCell::default(),
            tokens_created: Cell::new(0),
            tokens_released: Cell::new(0),
            upstreams: RefCell::default(),
        };
        Self { state: Rc::new(state), variables: of_process() }
    }

    pub(crate) fn now_ns(&self) -> u64 {
        saturating(self.state.started.elapsed().as_nanos())
    }

    pub(crate) fn remaining_us(&self) -> u64 {
        self.state.budget_us.saturating_sub(saturating(self.state.started.elapsed().as_micros()))
    }

    pub(crate) fn log(&self, text: &str) {
        let mut log = self.state.log.borrow_mut();
        log.push_str(text);
        log.push('\n');
    }

    /// The standard library's one source of randomness: the keys of its hash maps.
    pub(crate) fn random_bytes(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let random = RandomState::new().build_hasher().finish().to_ne_bytes();
            chunk.copy_from_slice(&random[..chunk.len()]);
        }
    }

    pub(crate) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let mut newest = self.variables.iter().rev();
        newest.find(|(found, _)| found == name).map(|(_, value)| &**value)
    }

    pub(crate) fn checkpoint(&self) {}

    pub(crate) fn token_create(&self) -> u32 {
        increment(&self.state.tokens_created)
    }

    pub(crate) fn token_release(&self, _id: u32) {
        increment(&self.state.tokens_released);
    }

    pub(crate) fn set_upstream(&self, name: &str, reply: Reply) {
        self.state.upstreams.borrow_mut().insert(name.into(), reply);
    }

    /// The replies to `calls`, which are as the worker takes them: a name's length, a request's, and both.
    pub(crate) fn upstream(&self, mut calls: &[u8]) -> Result<Vec<u8>, UpstreamError> {
        let mut replies = Vec::new();
        while let Some((&[name_bytes, a, b, c, d], rest)) = calls.split_first_chunk::<5>() {
            let (name, rest) = rest.split_at(name_bytes.into());
            let (request, rest) = rest.split_at(u32::from_le_bytes([a, b, c, d]) as usize);
            calls = rest;
            let (status, reply) = match self.reply(name, request) {
                Ok(reply) => (0, reply),
                Err(why) => (why.status(), Vec::new()),
            };
            replies.push(status);
            replies.extend((reply.len() as u32).to_le_bytes());
            replies.extend(reply);
        }
        Ok(replies)
    }

    fn reply(&self, name: &[u8], request: &[u8]) -> Result<Vec<u8>, UpstreamError> {
        let mut upstreams = self.state.upstreams.borrow_mut();
        let mut named = upstreams.iter_mut().filter(|(known, _)| known.as_bytes() == name);
        let (_, reply) = named.next().ok_or(UpstreamError::NotGranted)?;
        reply(request)
    }

    pub(crate) fn logged(&self) -> String {
        self.state.log.borrow().clone()
    }

    pub(crate) fn live_tokens(&self) -> u32 {
        self.state.tokens_created.get() - self.state.tokens_released.get()
    }
}

/// The variables of this process that are UTF-8.
fn of_process() -> Vec<(String, String)> {
    let texts = std::env::vars_os()
        .map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    texts.flatten().collect()
}

fn increment(count: &Cell<u32>) -> u32 {
    count.set(count.get() + 1);
    count.get()
}

fn saturating(time: u128) -> u64 {
    u64::try_from(time).unwrap_or(u64::MAX)
}
