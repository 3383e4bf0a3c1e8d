//! Where a server's log goes: to stderr, as text or as JSON. `MOTE_LOG` says how much of it.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

/// What is logged unless `MOTE_LOG` says otherwise.
const DEFAULT: &str = "info";

/// Sends what is logged from now on to stderr.
pub(super) fn start(is_json: bool) {
    let filter = EnvFilter::try_from_env("MOTE_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && console::colors_enabled_stderr());
    if is_json { subscriber.json().init() } else { subscriber.init() }
}
