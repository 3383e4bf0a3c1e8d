//! What a service may do beyond computing.

use core::fmt;
use core::marker::PhantomData;

use crate::{Calls, Host, Token, Upstream, UpstreamError};

/// The only capability of a service.
///
/// Methods that change something take `&mut self`: a helper that is lent a `&Context` can read the
/// clocks and nothing else. Every method is a place where a service that ran past its budget is
/// unwound; in a loop that calls nothing and allocates nothing, call [`checkpoint`](Self::checkpoint)
/// if destructors matter.
pub struct Context {
    host: Host,
    /// A context belongs to one invocation on one stack: neither `Send` nor `Sync`.
    not_shared: PhantomData<*mut ()>,
}

impl Context {
    pub(crate) const fn from_host(host: Host) -> Self {
        Self { host, not_shared: PhantomData }
    }

    /// Nanoseconds on a clock that never goes back, the same for all services of a node. It begins as
    /// CLOCK_MONOTONIC (clock_gettime(2)) and keeps its own pace. In a test, since the context was made.
    #[must_use]
    #[inline]
    pub fn now_ns(&self) -> u64 {
        self.host.now_ns()
    }

    /// What is left of the budget, in microseconds; 0 once it is used up. In a test, what
    /// [`for_test_with_budget_us`](Self::for_test_with_budget_us) was given less what has passed.
    #[must_use]
    #[inline]
    pub fn remaining_us(&self) -> u64 {
        self.host.remaining_us()
    }

    /// Adds a line to the invocation's log, which goes to the node's operator and not to the client.
    /// A log holds 4 KiB; what goes beyond is dropped.
    #[inline]
    pub fn log(&mut self, text: &str) {
        self.host.log(text);
    }

    /// Fills `bytes` with bytes that nobody can predict. In a test they differ from run to run but
    /// are not fit for secrets.
    #[inline]
    pub fn random_bytes(&mut self, bytes: &mut [u8]) {
        self.host.random_bytes(bytes);
    }

    /// The value of a variable that the operator set for this function, such as the address of a store; `None` if it is
    /// not set. In a test, one of the process, or what [`with_variable`](Self::with_variable) was given.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.host.variable(name)
    }

    /// Does nothing, and is a place where a service that ran past its budget is unwound. In a test it
    /// never is.
    #[inline]
    pub fn checkpoint(&mut self) {
        self.host.checkpoint();
    }

    /// Opens a handle that the worker counts: see [`Token`].
    #[inline]
    pub fn token(&mut self) -> Token {
        Token::from_host(&self.host)
    }

    /// The backend that the operator calls `name`. Whether it is there, and granted to this service, shows when it is
    /// called.
    ///
    /// # Errors
    /// No upstream can have that name: [`UpstreamError::NotGranted`].
    pub fn upstream(&mut self, name: &str) -> Result<Upstream, UpstreamError> {
        Upstream::new(self.host.clone(), name)
    }

    /// No calls yet, to which several are added that go out together: see [`Calls`].
    #[must_use]
    pub fn calls(&mut self) -> Calls {
        Calls::new(self.host.clone())
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

/// For tests of a service; absent from images.
#[cfg(not(mote_image))]
impl Context {
    /// A context that answers in process, with a budget of one second.
    #[must_use]
    pub fn for_test() -> Self {
        Self::for_test_with_budget_us(1_000_000)
    }

    /// As [`for_test`](Self::for_test), with this budget in microseconds. Nothing happens when it is
    /// used up but that [`remaining_us`](Self::remaining_us) is 0.
    #[must_use]
    pub fn for_test_with_budget_us(budget_us: u64) -> Self {
        Self::from_host(Host::new(budget_us))
    }

    /// From now on, `reply` answers what is asked of the upstream `name`.
    pub fn set_upstream(
        &mut self,
        name: &str,
        reply: impl FnMut(&[u8]) -> Result<alloc::vec::Vec<u8>, UpstreamError> + 'static,
    ) {
        self.host.set_upstream(name, alloc::boxed::Box::new(reply));
    }

    /// The same context with one more variable, which comes before one of the process.
    #[must_use]
    pub fn with_variable(self, name: &str, value: &str) -> Self {
        Self::from_host(self.host.with_variable(name, value))
    }

    /// What was logged, each line ended.
    #[must_use]
    pub fn logged(&self) -> alloc::string::String {
        self.host.logged()
    }

    /// Tokens that were opened and not dropped.
    #[must_use]
    pub fn live_tokens(&self) -> u32 {
        self.host.live_tokens()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_live_until_it_is_dropped() {
        let mut context = Context::for_test();
        let first = context.token();
        let second = context.token();
        assert_ne!(first, second);
        assert_eq!(context.live_tokens(), 2);
        drop(first);
        assert_eq!(context.live_tokens(), 1);
        core::mem::forget(second);
        assert_eq!(context.live_tokens(), 1);
    }

    #[test]
    fn log_ends_each_line() {
        let mut context = Context::for_test();
        context.log("one");
        context.log("two");
        assert_eq!(context.logged(), "one\ntwo\n");
    }

    #[test]
    fn clock_never_goes_back() {
        let context = Context::for_test();
        let before_ns = context.now_ns();
        assert!(context.now_ns() >= before_ns);
    }

    #[test]
    fn variables_are_those_of_the_test_and_of_the_process() {
        let context = Context::for_test().with_variable("GREETING", "Hi").with_variable("PATH", "");
        assert_eq!(context.variable("GREETING"), Some("Hi"));
        assert_eq!(context.variable("PATH"), Some(""));
        assert_eq!(context.variable("CARGO_PKG_NAME"), Some("mote-service"));
        assert_eq!(context.variable("no variable"), None);
    }

    #[test]
    fn remaining_time_ends_at_zero() {
        assert_eq!(Context::for_test_with_budget_us(0).remaining_us(), 0);
        let context = Context::for_test_with_budget_us(60_000_000);
        assert!((1..=60_000_000).contains(&context.remaining_us()));
    }

    #[test]
    fn random_bytes_fill_all_and_differ() {
        let mut context = Context::for_test();
        let (mut first, mut second) = ([0; 35], [0; 35]);
        context.random_bytes(&mut first);
        context.random_bytes(&mut second);
        assert_ne!(first, second);
        assert_ne!(first[32..], [0; 3]);
    }
}
