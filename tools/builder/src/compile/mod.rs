//! The three compilations of an image, and the loader's verdict on what they made.

mod cargo;
mod cargo_output;
mod context;
mod dependencies;
mod glue;
mod handle;
mod link;
mod lints;
mod note;
mod rustc;
mod service_crate;

use mote_loader::{Expected, verify};

use crate::error::BuildError;
use crate::event::{Event, Step};
pub(crate) use context::BuildContext;
use rustc::Rustc;

use crate::sandbox::Deadline;

/// Compiles, links and checks the image of `context`'s service.
pub(crate) fn compile(
    context: &BuildContext<'_>,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<u8>, BuildError> {
    observer(Event::Step(Step::Compile));
    lints::install(context)?;
    dependencies::prepare(context, observer)?;
    let deadline = Deadline::after(context.options.limits.seconds);
    let crates = service_crate::compile(context, deadline, observer)?;
    let rustc = Rustc::new(context, deadline);
    observer(Event::Step(Step::Glue));
    glue::compile(&rustc, &crates, observer)?;
    observer(Event::Step(Step::Link));
    let image = link::link(&rustc, &crates, observer)?;
    observer(Event::Step(Step::Check));
    match verify(&image, &Expected::of(&context.toolchain.version)) {
        Ok(_) => Ok(image),
        Err(verdict) => Err(BuildError::Refused { verdict }),
    }
}
