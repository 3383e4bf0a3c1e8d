//! What the sources of a crate say, asked once: that a crate has nothing to be told is kept in the cache,
//! by the checksum of its file, the question, and the rules that answered it.

use std::path::Path;

use crate::error::BuildError;
use crate::error::source::SourceError;
use crate::intake::crates::Unpacked;
use crate::source;
use crate::toolchain::cache::Cache;
use crate::toolchain::digest;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// What is against the rules for services.
    Rules,
    /// Which macro expands to unsafe code.
    UnsafeMacros {
        /// Whether the crate is a procedural macro.
        is_procedural: bool,
    },
}

/// The first thing to be told of the crate that is unpacked, whose crate root is `root`.
pub(super) fn of(
    title: &str,
    unpacked: &Unpacked,
    root: &Path,
    question: Question,
    cache: &Cache,
) -> Result<Option<SourceError>, BuildError> {
    let asked = format!("{question:?}");
    let parts = [unpacked.checksum.as_str(), &asked, &root.display().to_string(), source::RULES];
    let key = digest::hex(&digest::of_parts(parts.map(str::as_bytes)));
    let clean = cache.clean_sources().join(key);
    if clean.is_dir() {
        return Ok(None);
    }
    let shown = |file: &Path| {
        let inside = file.strip_prefix(&unpacked.folder).unwrap_or(file);
        format!("{}/{}", title.replace(' ', "-"), inside.display())
    };
    let found = match question {
        Question::Rules => source::check(title, root, shown),
        Question::UnsafeMacros { is_procedural } => {
            source::check_macros(title, root, is_procedural, shown)
        }
    };
    match found {
        Err(error) => Ok(Some(error)),
        Ok(()) => {
            let kept = cache.install(&clean, |_| Ok(()));
            kept.map(|()| None).map_err(|error| BuildError::Write { path: clean, error })
        }
    }
}
