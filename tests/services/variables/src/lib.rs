//! Reads variables. Shows that what the operator sets reaches the service, also after it was paused.
#![no_std]

extern crate alloc;

use alloc::string::String;

use mote_service::{Context, Request, Response, Result};

/// Answers `NAME=VALUE` for each line of the body, and logs it; a variable that is not set has no `=`. A line that
/// begins with a digit is a time to wait first, in microseconds.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let mut answer = String::new();
    for line in core::str::from_utf8(request.body())?.lines() {
        if let Ok(us) = line.parse::<u64>() {
            wait(us, context);
            continue;
        }
        answer.push_str(line);
        if let Some(value) = context.variable(line) {
            answer.push('=');
            answer.push_str(value);
        }
        answer.push('\n');
    }
    context.log(&answer);
    Ok(Response::new(answer))
}

fn wait(us: u64, context: &Context) {
    let until_ns = context.now_ns() + us * 1_000;
    while context.now_ns() < until_ns {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_that_is_set_is_answered_with_its_value() {
        let mut context = Context::for_test().with_variable("A", "b");
        let answer = handle(&Request::new(b"A\nno\n1"), &mut context).unwrap();
        assert_eq!(answer.body(), b"A=b\nno\n");
    }
}
