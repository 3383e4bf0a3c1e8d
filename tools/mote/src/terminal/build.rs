//! How a build shows what it does: a spinner on terminals, lines elsewhere.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use mote_builder::{Event, Step};

/// Shows the events of one build on stderr, until dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    spinner: ProgressBar,
    has_lines: bool,
    tells_admitted: bool,
}

impl Progress {
    /// With a spinner on a terminal, and a line per step elsewhere; and why each crate is admitted.
    pub(crate) fn lines() -> Self {
        let has_lines = !io::stderr().is_terminal();
        Self { spinner: spinner(), has_lines, tells_admitted: true }
    }

    /// With a spinner on a terminal, and elsewhere with what the compiler says alone.
    pub(crate) fn quiet() -> Self {
        Self { spinner: spinner(), has_lines: false, tells_admitted: false }
    }

    /// Shows what happens.
    pub(crate) fn show(&mut self, event: Event<'_>) {
        match event {
            Event::Step(step) => self.say(step.title().to_owned()),
            Event::Compiled { package, is_fresh: false } => self.say(compiled(package)),
            Event::Diagnostic { rendered, .. } => self.spinner.suspend(|| eprint!("{rendered}")),
            Event::Admitted { package, by } if self.tells_admitted => {
                self.spinner.suspend(|| eprintln!("admitted: {package}: {by}"));
            }
            Event::Ignored { path, why } => {
                self.spinner.suspend(|| eprintln!("ignored: {}: {why}", path.display()));
            }
            // What else a build tells is for other observers.
            _ => {}
        }
    }

    fn say(&self, what: String) {
        if self.has_lines {
            eprintln!("{what}");
        }
        self.spinner.set_message(what);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.spinner.finish_and_clear();
    }
}

fn compiled(package: &str) -> String {
    format!("{}: {package}", Step::Compile.title())
}

fn spinner() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner();
    spinner.set_style(ProgressStyle::default_spinner());
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}
