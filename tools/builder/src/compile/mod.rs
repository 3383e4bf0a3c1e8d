//! The three compilations of an image, and the loader's verdict on what they made.

mod cargo_output;
mod context;
mod glue;
mod handle;
mod link;
mod rustc;
mod service_crate;

use mote_loader::{Expected, verify};

use crate::error::BuildError;
use crate::event::{Event, Step};
pub(crate) use context::BuildContext;

/// Compiles, links and checks the image of `context`'s service.
pub(crate) fn compile(
    context: &BuildContext<'_>,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<u8>, BuildError> {
    observer(Event::Step(Step::Compile));
    let crates = service_crate::compile(context, observer)?;
    let scratch = context.scratch_folder()?;
    let rustc = context.rustc(scratch.path());
    observer(Event::Step(Step::Glue));
    glue::compile(&rustc, context, &crates, observer)?;
    observer(Event::Step(Step::Link));
    let image = link::link(&rustc, &crates, observer)?;
    observer(Event::Step(Step::Check));
    match verify(&image, &Expected::of(&context.toolchain.version)) {
        Ok(_) => Ok(image),
        Err(verdict) => Err(BuildError::Refused { verdict }),
    }
}
