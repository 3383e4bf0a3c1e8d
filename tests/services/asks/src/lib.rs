//! Asks upstreams, several at once and one round after the other, and says what they replied.
#![no_std]

extern crate alloc;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use mote_service::{Context, Request, Response, Result};

/// In the data segment, which others of this image use while this one waits.
static ROUNDS: AtomicU32 = AtomicU32::new(0);

/// The body's lines are calls, each a name, a space and the request; those before an empty line go out together.
/// The response has a line for each: the reply, or `! ` and why there is none. Holds a token meanwhile, and one for
/// each round.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let _token = context.token();
    let body = core::str::from_utf8(request.body())?;
    let mut said = Vec::new();
    for (number, round) in (1..).zip(body.split("\n\n")) {
        let _token = context.token();
        ROUNDS.fetch_add(1, Relaxed);
        context.log("asks");
        said.extend(ask(round, context)?);
        if ROUNDS.load(Relaxed) != number {
            return Err("another invocation changed this one's data".into());
        }
    }
    Ok(Response::new(said.join("\n")))
}

fn ask(round: &str, context: &mut Context) -> Result<Vec<String>> {
    let mut calls = context.calls();
    let mut started = Vec::new();
    for line in round.lines() {
        let (name, request) = line.split_once(' ').ok_or("a call has no request")?;
        started.push(calls.start(&context.upstream(name)?, request.as_bytes()));
    }
    let mut replies = calls.join();
    let line = |call| match replies.take(call) {
        Ok(reply) => String::from_utf8_lossy(&reply).into_owned(),
        Err(why) => format!("! {why}"),
    };
    Ok(started.into_iter().map(line).collect())
}

#[cfg(test)]
mod tests {
    use mote_service::UpstreamError;

    use super::*;

    #[test]
    fn reply_or_error_is_said_for_each_call() {
        let mut context = Context::for_test();
        context.set_upstream("echo", |request| Ok(request.to_vec()));
        context.set_upstream("gone", |_| Err(UpstreamError::Gone));
        let response = handle(&Request::new(b"echo a b\ngone x"), &mut context).unwrap();
        assert_eq!(response.body(), b"a b\n! the upstream is gone");
    }
}
