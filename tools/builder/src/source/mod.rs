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
//! | `macros` | which macros of a vetted crate expand to unsafe code |
//! | `strings` | code in the strings of attributes |
//! | `tokens` | small questions about tokens |

mod attribute;
mod macros;
mod names;
mod strings;
#[cfg(test)]
mod tests;
mod tokens;
mod walk;

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{LexError, TokenStream};

use crate::error::source::{Finding, SourceError};

/// The text of the rules: what they answered is told apart by it from what other rules would.
pub(crate) const RULES: &str = concat!(
    include_str!("mod.rs"),
    include_str!("attribute.rs"),
    include_str!("macros.rs"),
    include_str!("names.rs"),
    include_str!("strings.rs"),
    include_str!("tokens.rs"),
    include_str!("walk.rs"),
);

/// Looks at every token of the crate whose root is `root`. `shown` tells how a file is called in messages.
pub(crate) fn check(
    package: &str,
    root: &Path,
    shown: impl Fn(&Path) -> String,
) -> Result<(), SourceError> {
    first(package, root, shown, find)
}

/// Looks for macros of the crate whose root is `root` that expand to unsafe code elsewhere.
pub(crate) fn check_macros(
    package: &str,
    root: &Path,
    is_procedural: bool,
    shown: impl Fn(&Path) -> String,
) -> Result<(), SourceError> {
    first(package, root, shown, |text| macros::first_finding(tokens(text).ok()?, is_procedural))
}

/// The first thing that `find` finds in a source file: in the crate root, or below its folder, where the
/// modules of its library must be.
fn first(
    package: &str,
    root: &Path,
    shown: impl Fn(&Path) -> String,
    find: impl Fn(&[u8]) -> Option<(usize, Finding)>,
) -> Result<(), SourceError> {
    let files = sources(root.parent().unwrap_or(root));
    // The crate root may be called anything.
    for file in [root.to_owned()].into_iter().chain(files.into_iter().filter(|file| file != root)) {
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

/// Whether a source file has nothing that may not be there.
#[cfg(fuzzing)]
#[must_use]
pub fn accepts(text: &[u8]) -> bool {
    find(text).is_none()
}

/// The first thing in a file that may not be there, and its line.
fn find(text: &[u8]) -> Option<(usize, Finding)> {
    tokens(text).map_or_else(Some, walk::first_finding)
}

/// The tokens of a file; or the line where there are none, or too many in one another.
fn tokens(text: &[u8]) -> Result<TokenStream, (usize, Finding)> {
    let text = std::str::from_utf8(text).map_err(|_| (1, Finding::NoTokens))?;
    let tokens = without_shebang(text)
        .parse()
        .map_err(|error: LexError| (error.span().start().line, Finding::NoTokens))?;
    match tokens::too_deep(&tokens) {
        Some(span) => Err((span.start().line, Finding::Depth)),
        None => Ok(tokens),
    }
}

/// Without a first line that the compiler certainly takes for a shebang. It does not where an attribute
/// follows its `#!`, be it behind comments, or behind white space of which it knows more than Unicode does.
fn without_shebang(text: &str) -> &str {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_shebang = text.strip_prefix("#!").is_some_and(|rest| {
        let program = rest.trim_start_matches(' ').strip_prefix('/');
        program.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_alphanumeric()))
    });
    // Its line end stays, so that lines are counted right.
    if is_shebang { &text[text.find('\n').unwrap_or(text.len())..] } else { text }
}
