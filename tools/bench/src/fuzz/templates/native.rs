//! Runs each program as an ordinary one, and prints how it ended: outcome, live tokens, answer.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};

use mote_service::{Context, Request};

thread_local! {
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

fn main() {
    panic::set_hook(Box::new(|info| {
        let message = info.payload_as_str().unwrap_or("no text");
        let place = info.location().unwrap();
        let file = place.file().rsplit_once("src/").map_or(place.file(), |(_, name)| name);
        let text = format!("{message} (at src/{file}:{}:{})", place.line(), place.column());
        MESSAGE.set(text);
    }));
    let count: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    for number in 0..count {
        let mut context = Context::for_test();
        let body = number.to_string();
        let request = Request::new(body.as_bytes());
        let ended = panic::catch_unwind(AssertUnwindSafe(|| programs::handle(&request, &mut context)));
        let (outcome, answer) = match ended {
            Ok(Ok(response)) => ("ok", String::from_utf8(response.into_body()).unwrap()),
            Ok(Err(error)) => ("error", error.to_string()),
            Err(_) => ("panicked", MESSAGE.take()),
        };
        println!("{outcome}\t{}\t{}", context.live_tokens(), answer.escape_debug());
    }
}
