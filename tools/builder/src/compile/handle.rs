//! What is wrong with a service's `handle`, told from what the compiler says about the glue's call of
//! it and from its definition, which is parsed.

use std::path::{Path, PathBuf};

use syn::spanned::Spanned as _;

use crate::error::BuildError;
use crate::error::handle::{HandleError, Mismatch};
use crate::intake::package::Package;
use crate::source::sources;
use crate::toolchain::messages::Diagnostic;

/// The source of the glue, in which the compiler finds what is wrong.
pub(super) const GLUE: &str = include_str!("templates/glue.rs");

/// The file of the glue, as the compiler names it.
pub(super) const GLUE_FILE: &str = "glue.rs";

/// What the compiler's refusal of the glue says about the user's crate.
pub(super) fn failure(diagnostics: &[Diagnostic], package: &Package) -> BuildError {
    let errors: Vec<_> =
        diagnostics.iter().filter(|found| !found.is_warning() && !found.is_count()).collect();
    let has = |code| errors.iter().any(|found| found.has_code(code));
    let definition = Definition::find(package);
    let root = package.shown(&package.root);
    let place = definition.as_ref().map_or_else(|| root.clone(), |found| found.place(package));
    let error = if has("E0425") || has("E0423") {
        HandleError::Missing { file: root }
    } else if has("E0603") {
        HandleError::Private { place }
    } else if definition.as_ref().is_some_and(|found| found.is_async) {
        let found = definition.map(|found| found.signature).unwrap_or_default();
        HandleError::Async { place, found }
    } else if let Some(mismatch) = errors.iter().find_map(|error| mismatch(error)) {
        let found = definition.map_or_else(|| said(&errors), |found| found.signature);
        HandleError::Mismatch { place, found, mismatch }
    } else {
        return BuildError::Generated { step: "glue", stderr: said(&errors) };
    };
    BuildError::Handle(error)
}

fn said(errors: &[&Diagnostic]) -> String {
    errors.iter().map(|error| error.text().trim_end()).collect::<Vec<_>>().join("\n")
}

/// What an error about the glue's call says of the function called; `None` if it is not about it.
fn mismatch(error: &Diagnostic) -> Option<Mismatch> {
    let line = error.line_in(GLUE_FILE)?;
    let is_at = |text: &str| line_of(text) == Some(line);
    let code = |codes: &[&str]| codes.iter().any(|code| error.has_code(code));
    if code(&["E0061"]) {
        return Some(Mismatch::Arguments);
    }
    if code(&["E0282", "E0283", "E0284", "E0790"]) {
        return Some(Mismatch::NotInferred);
    }
    if is_at("        request,") {
        return Some(Mismatch::Request);
    }
    if is_at("        context,") {
        return Some(Mismatch::Context);
    }
    if !is_at("    service::handle(") {
        return None;
    }
    Some(match error.code.as_ref().map(|code| code.code.as_str()) {
        Some("E0308") => Mismatch::Response,
        Some("E0277") => Mismatch::Bound,
        Some("E0618") => Mismatch::NoFunction,
        Some("E0133") => Mismatch::Unsafe,
        _ => Mismatch::Lifetime,
    })
}

/// The line of the glue that is `text`.
fn line_of(text: &str) -> Option<usize> {
    GLUE.lines().position(|line| line == text).map(|index| index + 1)
}

/// Where `handle` is defined, by the parsed source.
struct Definition {
    file: PathBuf,
    line: usize,
    /// Its signature, on one line.
    signature: String,
    is_async: bool,
}

impl Definition {
    /// In the crate root, or else in another file of the package.
    fn find(package: &Package) -> Option<Self> {
        Self::in_file(&package.root)
            .or_else(|| sources(package.root.parent()?).iter().find_map(|file| Self::in_file(file)))
    }

    fn in_file(file: &Path) -> Option<Self> {
        let parsed = syn::parse_file(&std::fs::read_to_string(file).ok()?).ok()?;
        Self::among(&parsed.items, file)
    }

    fn among(items: &[syn::Item], file: &Path) -> Option<Self> {
        items.iter().find_map(|item| match item {
            syn::Item::Fn(function) if function.sig.ident == "handle" => {
                Some(Self::of(function, file))
            }
            syn::Item::Mod(module) => Self::among(&module.content.as_ref()?.1, file),
            _ => None,
        })
    }

    fn of(function: &syn::ItemFn, file: &Path) -> Self {
        let signature = &function.sig;
        let text = signature.span().source_text().unwrap_or_default();
        Self {
            file: file.to_owned(),
            line: signature.span().start().line,
            signature: text.split_whitespace().collect::<Vec<_>>().join(" "),
            is_async: signature.asyncness.is_some(),
        }
    }

    fn place(&self, package: &Package) -> String {
        format!("{}:{}", package.shown(&self.file), self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A package whose crate root is `text`, in a folder that goes when dropped.
    fn package(text: &str) -> (tempfile::TempDir, Package) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("lib.rs");
        std::fs::write(&root, text).unwrap();
        let package = Package {
            name: "p".into(),
            folder: folder.path().to_owned(),
            manifest: folder.path().join("Cargo.toml"),
            root,
        };
        (folder, package)
    }

    /// An error of `code` at the line of the glue that is `text`.
    fn diagnostic(code: &str, text: &str) -> Vec<Diagnostic> {
        let line = serde_json::json!({
            "message": "the compiler's words", "level": "error", "code": {"code": code},
            "spans": [{"file_name": GLUE_FILE, "line_start": line_of(text).unwrap(), "is_primary": true}],
        });
        Diagnostic::all_of(line.to_string().as_bytes())
    }

    fn mismatch_of(code: &str, text: &str) -> Option<Mismatch> {
        mismatch(&diagnostic(code, text)[0])
    }

    #[test]
    fn definition_is_the_code_s_and_not_a_comment_s() {
        let text = "//! fn handle(a: u8)\n/* pub fn handle() */\n\
                    const S: &str = \"fn handle(\";\n\npub fn handle(\n    body: &[u8],\n) -> u8 {\n    0\n}\n";
        let (_folder, package) = package(text);
        let error = failure(&diagnostic("E0061", "    service::handle("), &package);
        let BuildError::Handle(HandleError::Mismatch { place, found, mismatch }) = error else {
            panic!("{error}")
        };
        assert_eq!(
            (place.as_str(), found.as_str()),
            ("lib.rs:5", "fn handle( body: &[u8], ) -> u8")
        );
        assert_eq!(mismatch, Mismatch::Arguments);
    }

    #[test]
    fn definition_is_found_in_a_module_s_file() {
        let (folder, package) = package("mod inner;\npub use inner::handle;\n");
        std::fs::write(folder.path().join("inner.rs"), "\npub async fn handle() {}\n").unwrap();
        let error = failure(&diagnostic("E0308", "    service::handle("), &package);
        let BuildError::Handle(HandleError::Async { place, found }) = error else {
            panic!("{error}")
        };
        assert_eq!((place.as_str(), found.as_str()), ("inner.rs:2", "async fn handle()"));
    }

    #[test]
    fn argument_at_fault_is_told_by_the_line_of_the_call() {
        assert_eq!(mismatch_of("E0308", "        request,"), Some(Mismatch::Request));
        assert_eq!(mismatch_of("E0308", "        context,"), Some(Mismatch::Context));
        assert_eq!(mismatch_of("E0308", "    service::handle("), Some(Mismatch::Response));
        assert_eq!(mismatch_of("E0283", "    service::handle("), Some(Mismatch::NotInferred));
        assert_eq!(mismatch_of("E0521", "    service::handle("), Some(Mismatch::Lifetime));
    }

    #[test]
    fn refusal_is_the_glue_s_own_when_it_is_not_about_the_call() {
        let (_folder, package) = package("");
        let diagnostics = diagnostic("E0308", "#![no_std]");
        let BuildError::Generated { stderr, .. } = failure(&diagnostics, &package) else {
            panic!("it is the glue's")
        };
        assert_eq!(stderr, "the compiler's words");
    }
}
