//! The rules for sources that nobody has vetted: a service's own, and those of crates that the policy
//! does not list.
//!
//! They hold for the program as it is compiled, whoever writes its tokens. An `unsafe` must stand in some
//! source: so every token of every file is looked at, in macro definitions and invocations, and whether or
//! not a `cfg` drops it. rustc's own lint says nothing where an external macro expands to unsafe code
//! (rust-lang/rust#88987).
//!
//! | module | its part |
//! | --- | --- |
//! | `names` | what may not be named, and where |
//! | `walk` | every token of a file |
//! | `attribute` | what an attribute is, also one that a macro makes |
//! | `tokens` | small questions about tokens |

mod attribute;
mod names;
#[cfg(test)]
mod tests;
mod tokens;
mod walk;

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;

use crate::error::source::{Finding, SourceError};

/// Looks at every source file below the folder of the crate root `root`: where the modules of its library
/// must be. `shown` tells how a file is called in messages.
pub(crate) fn check(
    package: &str,
    root: &Path,
    shown: impl Fn(&Path) -> String,
) -> Result<(), SourceError> {
    for file in sources(root.parent().unwrap_or(root)) {
        let text = fs::read(&file).unwrap_or_default();
        if let Some((line, finding)) = find(&text) {
            let place = format!("{}:{line}", shown(&file));
            return Err(SourceError { place, package: package.to_owned(), finding });
        }
    }
    Ok(())
}

/// The source files below `folder`, in a stable order.
pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() && !path.is_symlink() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The first thing in a file that may not be there, and its line.
fn find(text: &[u8]) -> Option<(usize, Finding)> {
    let Ok(text) = std::str::from_utf8(text) else { return Some((1, Finding::NoTokens)) };
    match without_shebang(text).parse::<TokenStream>() {
        Ok(tokens) => walk::first_finding(tokens),
        Err(error) => Some((error.span().start().line, Finding::NoTokens)),
    }
}

/// As the compiler does, which takes `#!` for a shebang unless an attribute follows.
fn without_shebang(text: &str) -> &str {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_shebang =
        text.strip_prefix("#!").is_some_and(|rest| !rest.trim_start().starts_with('['));
    // Its line end stays, so that lines are counted right.
    if is_shebang { &text[text.find('\n').unwrap_or(text.len())..] } else { text }
}
