//! The three compilations of an image, and the loader's verdict on what they made.

mod cargo_output;
mod context;
mod glue;
mod link;
mod rustc;
mod service_crate;
mod variant;

use mote_loader::{Expected, verify};

use crate::error::BuildError;
use crate::event::{Event, Step};
pub(crate) use context::BuildContext;
use variant::CodegenVariant;

/// How often functions are put into another order to please the loader.
const LAST_LAYOUT: u32 = 3;

/// Compiles, links and checks the image of `context`'s service.
pub(crate) fn compile(
    context: &BuildContext<'_>,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<u8>, BuildError> {
    let mut result = image(context, CodegenVariant::ALL[0], observer);
    for variant in &CodegenVariant::ALL[1..] {
        match &result {
            Err(error) if error.is_forbidden_instruction() => {}
            _ => break,
        }
        result = image(context, *variant, observer);
    }
    result
}

/// The three compilations. Links again with another order of functions while the loader finds a
/// forbidden instruction: it looks at every byte, and the distance from a call to a function, or from
/// a function to a constant, can have the bytes of one by chance.
fn image(
    context: &BuildContext<'_>,
    variant: CodegenVariant,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<u8>, BuildError> {
    observer(Event::Step(Step::Compile));
    let crates = service_crate::compile(context, variant, observer)?;
    let scratch = context.scratch_folder()?;
    let rustc = context.rustc(scratch.path());
    observer(Event::Step(Step::Glue));
    glue::compile(&rustc, context, &crates, variant, observer)?;
    let mut layout = 0;
    loop {
        observer(Event::Step(Step::Link));
        let image = link::link(&rustc, &crates, layout, observer)?;
        observer(Event::Step(Step::Check));
        match check_image(&image, &context.toolchain.version) {
            Err(error) if error.is_forbidden_instruction() && layout < LAST_LAYOUT => layout += 1,
            result => return result.map(|()| image),
        }
    }
}

fn check_image(image: &[u8], toolchain: &str) -> Result<(), BuildError> {
    match verify(image, &Expected { toolchain }) {
        Ok(_) => Ok(()),
        Err(verdict) => Err(BuildError::Refused { verdict }),
    }
}
