//! Programs that were built together, and how each ends natively.

use std::path::Path;

use mote_builder::Profile;

use super::grammar::Program;
use super::native::{self, Ended};
use super::package;
use crate::bundle;
use crate::error::Error;

/// Programs with their image.
pub(super) struct Batch {
    /// The programs; the body of a request is the number of one.
    pub(super) programs: Vec<Program>,
    /// How the image was compiled.
    pub(super) profile: Profile,
    /// Their image.
    pub(super) image: Vec<u8>,
}

impl Batch {
    /// Builds `programs` in `folder`, in place of what was built there before.
    ///
    /// # Errors
    /// They do not build, or files cannot be written.
    pub(super) fn build(
        folder: &Path,
        programs: Vec<Program>,
        profile: Profile,
    ) -> Result<Self, Error> {
        package::write(folder, &programs)
            .map_err(|source| Error::Write { path: folder.to_owned(), source })?;
        let image = bundle::build(&package::service(folder), profile)?.image;
        Ok(Self { programs, profile, image })
    }

    /// How they end natively. The batch was the last to be built in `folder`.
    ///
    /// # Errors
    /// They do not compile for that, or do not run.
    pub(super) fn natively(&self, folder: &Path) -> Result<Vec<Ended>, Error> {
        native::run(folder, &folder.join("target"), self.programs.len())
    }
}
