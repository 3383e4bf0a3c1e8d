//! Tokens, as services call for them.

use mote_sigctx::arch::ReturnPath;

use crate::calls::captured::must_wait;
use crate::calls::hooks;
use crate::host::lend;

/// What the log of an invocation says that asks for too many.
const TOO_MANY: &[u8] =
    b"mote: this invocation has created 4096 tokens; further ones are not counted";

/// A token; 0, which stands for none, beyond the limit. The first time, the log says so.
pub(super) extern "C" fn create() -> u32 {
    lend(|host| {
        let token = host.tokens.create();
        if token == 0 && host.tokens.note_refusal() {
            host.note(TOO_MANY);
        }
        token
    })
}

pub(super) extern "C" fn create_late() -> u32 {
    if must_wait() { create() } else { hooks::act(ReturnPath::Raising) }
}

pub(super) extern "C" fn release(token: u32) {
    if token != 0 {
        lend(|host| host.tokens.release(token));
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::host::tokens::TOKEN_LIMIT;

    #[test]
    fn log_names_the_limit() {
        let text = core::str::from_utf8(TOO_MANY).unwrap();
        assert!(text.contains(&std::format!(" {TOKEN_LIMIT} tokens")));
    }
}
