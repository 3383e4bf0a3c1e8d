//! How a build shows what it does: a spinner on terminals, lines elsewhere.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use mote_builder::{Admission, Event, Rule, Step};

/// Shows the events of one build on stderr, until dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    spinner: ProgressBar,
    has_lines: bool,
}

impl Progress {
    /// With a spinner on a terminal, and a line per step elsewhere.
    pub(crate) fn lines() -> Self {
        Self { spinner: spinner(), has_lines: !io::stderr().is_terminal() }
    }

    /// With a spinner on a terminal, and elsewhere with what the compiler says alone.
    pub(crate) fn quiet() -> Self {
        Self { spinner: spinner(), has_lines: false }
    }

    /// Shows what happens.
    pub(crate) fn show(&mut self, event: Event<'_>) {
        match event {
            Event::Step(step) => self.say(step.title().to_owned()),
            Event::Compiled { package, is_fresh: false } => self.say(compiled(package)),
            Event::Diagnostic { rendered, .. } => self.spinner.suspend(|| eprint!("{rendered}")),
            Event::Ignored { path, why } => {
                self.spinner.suspend(|| eprintln!("ignored: {}: {why}", path.display()));
            }
            Event::Admitted(admissions) => self.admitted(admissions),
            // What else a build tells is for other observers.
            _ => {}
        }
    }

    /// One line for each rule.
    fn admitted(&self, admissions: &[Admission]) {
        for (rule, title) in [(Rule::Policy, "by the policy"), (Rule::Source, "by their sources")] {
            let packages: Vec<&str> = admissions
                .iter()
                .filter(|admission| admission.rule == rule)
                .map(|admission| admission.package.as_str())
                .collect();
            if self.has_lines && !packages.is_empty() {
                eprintln!("admitted {title}: {}", packages.join(", "));
            }
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
