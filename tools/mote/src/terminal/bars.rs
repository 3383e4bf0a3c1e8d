//! Progress bars, shown on terminals only.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressStyle};

/// Steps that have names.
const STEPS: &str = "{bar:30} {pos} of {len}: {msg}";
/// Injections, of which nobody knows how many there will be.
const INJECTIONS: &str = "{spinner} {human_pos} injections, {per_sec} {msg}";
/// Invocations.
const INVOCATIONS: &str = "{bar:40} {human_pos} of {human_len}, {eta} left";

/// Seconds, of which it is known how many there will be.
const SECONDS: &str = "{bar:30} {pos} of {len} s: {msg}";

/// The fewest invocations that take a while.
const MANY: u64 = 1_000;

/// For steps that have names.
pub(crate) fn steps() -> ProgressBar {
    bar(STEPS, 0)
}

/// For the injections of a sweep.
pub(crate) fn injections() -> ProgressBar {
    bar(INJECTIONS, 0)
}

/// For so many seconds.
pub(crate) fn seconds(count: u64) -> ProgressBar {
    bar(SECONDS, count)
}

/// For so many invocations; hidden if they are soon over.
pub(crate) fn invocations(count: u64) -> ProgressBar {
    if count < MANY { ProgressBar::hidden() } else { bar(INVOCATIONS, count) }
}

fn bar(template: &str, length: u64) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(template).expect("a constant template that is tested");
    ProgressBar::new(length).with_style(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_valid() {
        for template in [STEPS, INJECTIONS, INVOCATIONS, SECONDS] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
