//! The host of an image: the worker's functions, bound by the loader, and safe wrappers.
//!
//! The names are the loader's whitelist; a service can call no others. The ABI says what the
//! compiler must know of unwinding: a call that may raise is `extern "C-unwind"` and gets landing
//! pads around it, one that never does is `extern "C"` and gets none.
//!
//! Every function here keeps its promise for any argument: the worker checks tokens against its own
//! table and copies bytes from exactly the range it is given.
#![expect(unsafe_code, reason = "the boundary to the worker; nothing else in this crate is unsafe")]

use alloc::vec::Vec;

use crate::upstream_error::UpstreamError;

unsafe extern "C-unwind" {
    safe fn mote_now_ns() -> u64;
    safe fn mote_remaining_us() -> u64;
    safe fn mote_variables() -> u64;
    safe fn mote_checkpoint();
    safe fn mote_token_create() -> u32;
    fn mote_log(text: *const u8, bytes: usize);
    fn mote_random_bytes(bytes: *mut u8, len: usize);
    fn mote_upstream(calls: *const u8, bytes: usize) -> Answer;
    fn mote_respond(is_error: u32, bytes: *const u8, len: usize);
}

unsafe extern "C" {
    safe fn mote_token_release(token: u32);
}

/// Replies of upstreams, readable until the next call for some; or null, and why there are none.
#[repr(C)]
struct Answer {
    replies: *const u8,
    bytes: usize,
}

/// The worker. It knows which invocation runs, so nothing is kept here.
#[derive(Clone)]
pub(crate) struct Host;

impl Host {
    #[inline]
    pub(crate) fn now_ns(&self) -> u64 {
        mote_now_ns()
    }

    #[inline]
    pub(crate) fn remaining_us(&self) -> u64 {
        mote_remaining_us()
    }

    #[inline]
    pub(crate) fn log(&self, text: &str) {
        // SAFETY: the worker reads exactly the text's bytes, before it returns.
        unsafe { mote_log(text.as_ptr(), text.len()) }
    }

    #[inline]
    pub(crate) fn random_bytes(&self, bytes: &mut [u8]) {
        // SAFETY: the worker writes inside the slice only, which this call borrows mutably.
        unsafe { mote_random_bytes(bytes.as_mut_ptr(), bytes.len()) }
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        find(variables(), name)
    }

    #[inline]
    pub(crate) fn checkpoint(&self) {
        mote_checkpoint();
    }

    #[inline]
    pub(crate) fn token_create(&self) -> u32 {
        mote_token_create()
    }

    #[inline]
    pub(crate) fn token_release(&self, id: u32) {
        mote_token_release(id);
    }

    /// Sends calls to upstreams, and waits until there are replies to all, or says why there are none.
    pub(crate) fn upstream(&self, calls: &[u8]) -> Result<Vec<u8>, UpstreamError> {
        // SAFETY: the worker reads exactly the slice's bytes, before anything else of this invocation runs.
        let answer = unsafe { mote_upstream(calls.as_ptr(), calls.len()) };
        if answer.replies.is_null() {
            return Err(UpstreamError::from_status(answer.bytes as u8));
        }
        // SAFETY: so many bytes are there, and nobody writes them before the next such call.
        Ok(unsafe { core::slice::from_raw_parts(answer.replies, answer.bytes) }.to_vec())
    }

    /// Hands over the response's body, or the error's text. The worker copies it before it returns.
    #[inline]
    pub(crate) fn respond(&self, is_error: bool, bytes: &[u8]) {
        // SAFETY: the worker reads exactly the slice's bytes, before it returns.
        unsafe { mote_respond(is_error.into(), bytes.as_ptr(), bytes.len()) }
    }
}

/// The variables of the running invocation. They live as long as it does, and no value outlives the
/// [`Host`] that it is borrowed from, of which the entry has the only one.
fn variables<'a>() -> &'a [u8] {
    let packed = mote_variables();
    let (address, bytes) = (packed & (1 << 48) - 1, packed >> 48);
    let start = core::ptr::with_exposed_provenance(address as usize);
    // SAFETY: the worker says where they are: that many readable bytes, in the request or its copy, which
    // nobody writes until the entry has returned or its stack is gone.
    unsafe { core::slice::from_raw_parts(start, bytes as usize) }
}

/// The value of `name` among names and values by turns, each ended by a zero byte.
fn find<'a>(variables: &'a [u8], name: &str) -> Option<&'a str> {
    let mut texts = variables.split(|&byte| byte == 0);
    while let (Some(found), Some(value)) = (texts.next(), texts.next()) {
        if found == name.as_bytes() {
            return core::str::from_utf8(value).ok();
        }
    }
    None
}

/// The body that the worker calls the entry with.
///
/// # Safety
/// The caller is the image's entry and passes on what the worker gave it: the start of `bytes`
/// readable bytes that nobody writes until the entry has returned or its stack is gone.
pub(crate) unsafe fn body<'a>(body: *const u8, bytes: usize) -> &'a [u8] {
    // SAFETY: the worker's promise, by this function's contract.
    unsafe { core::slice::from_raw_parts(body, bytes) }
}
