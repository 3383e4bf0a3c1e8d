//! First compilation: the user's crate and its dependencies, by cargo. `-F unsafe-code` is for the
//! user's own crate.

use crate::compile::cargo;
use crate::compile::cargo_output::{CargoOutput, Crates};
use crate::compile::context::BuildContext;
use crate::error::BuildError;
use crate::event::Event;
use crate::sandbox::Deadline;
use crate::toolchain::messages::Message;

/// Compiles the user's crate.
pub(crate) fn compile(
    context: &BuildContext<'_>,
    deadline: Deadline,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Crates, BuildError> {
    let mut cargo = cargo::command(context, "rustc");
    cargo.args(["--locked", "--lib", "--crate-type=rlib", "--", "-F", "unsafe-code"]);
    let mut output = CargoOutput::new(context);
    let ended = context.sandbox.run(cargo, deadline, observer, &mut |line, observer| {
        output.message(Message::of_line(line), observer);
    });
    match ended {
        Ok(finished) if finished.is_success() => output.crates(finished.stderr),
        Ok(finished) => Err(output.failure(finished.stderr, observer)),
        Err(error) => Err(output.stopped(error)),
    }
}
