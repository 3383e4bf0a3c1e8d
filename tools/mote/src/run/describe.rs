//! One invocation, told to a person on stderr.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};

use console::Style;
use mote_abi::outcome::Outcome;
use mote_dispatcher::Completed;

use mote_bench::format::text::printable;
use mote_bench::format::units::{human_bytes, human_ns};

/// Prints how one invocation went.
///
/// # Errors
/// Standard error cannot be written.
pub(super) fn one(completed: &Completed) -> io::Result<()> {
    write!(io::stderr(), "{}", described(completed))
}

/// After a body on a terminal: what follows begins on a line of its own.
pub(super) fn end_line(body: &[u8]) {
    let is_open = body.last().is_some_and(|&last| last != b'\n');
    if is_open && io::stdout().is_terminal() && io::stderr().is_terminal() {
        eprintln!();
    }
}

/// The style that an outcome is shown in, on stderr.
fn style(outcome: Outcome) -> Style {
    let style = Style::new().for_stderr().bold();
    if outcome == Outcome::Ok { style.green() } else { style.yellow() }
}

fn described(completed: &Completed) -> String {
    let outcome = style(completed.outcome).apply_to(completed.outcome);
    let mut text = format!("{outcome}, {}", completed.cleanup);
    text.push_str(&times(completed));
    let _ = write!(text, ", worker {}", completed.worker_pid);
    text.push_str(&held(completed));
    text.push('\n');
    let message = completed.error.as_deref().unwrap_or_default();
    for (label, said) in [("message", message), ("log", &completed.log)] {
        for line in said.lines() {
            let _ = writeln!(text, "{label}: {}", printable(line));
        }
    }
    text
}

fn times(completed: &Completed) -> String {
    let mut text = String::new();
    let mut add = |what: &str, time_ns: Option<u64>| {
        if let Some(time_ns) = time_ns {
            text.push_str(&format!(", {what} {}", human_ns(time_ns)));
        }
    };
    add("latency", completed.latency_ns);
    add("total", Some(completed.total_ns));
    add("late by", completed.late_ns);
    add("cleanup", completed.cleanup_ns);
    text
}

/// Memory, tokens and landing pads, as far as there were any.
fn held(completed: &Completed) -> String {
    let mut text = String::new();
    if completed.arena_peak_bytes > 0 {
        text.push_str(&format!(", memory {}", human_bytes(completed.arena_peak_bytes)));
    }
    let tokens = &completed.tokens;
    if tokens.created > 0 {
        let (created, released, reclaimed) = (tokens.created, tokens.released, tokens.reclaimed);
        text.push_str(&format!(
            ", tokens: {created} created, {released} released, {reclaimed} reclaimed"
        ));
    }
    if tokens.double_released > 0 {
        text.push_str(&format!(", {} released twice", tokens.double_released));
    }
    if completed.unwinding.landing_pads > 0 {
        text.push_str(&format!(", {} landing pads", completed.unwinding.landing_pads));
    }
    text
}
