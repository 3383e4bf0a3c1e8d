//! Second compilation: the glue, which names the user's `handle`. So this is where one is found to be
//! missing or of another type.

use std::path::Path;

use crate::compile::cargo_output::Crates;
use crate::compile::context::BuildContext;
use crate::compile::rustc::Rustc;
use crate::compile::variant::CodegenVariant;
use crate::error::BuildError;
use crate::event::Event;
use crate::intake::package::Package;
use crate::toolchain::command;
use crate::toolchain::messages::Diagnostic;

/// The name of the glue's crate.
pub(crate) const CRATE: &str = "mote_glue";

/// The file that it is compiled to, in the scratch folder.
pub(crate) const FILE: &str = "libmote_glue.rlib";

const SOURCE: &str = include_str!("templates/glue.rs");

/// Compiles the glue.
pub(crate) fn compile(
    rustc: &Rustc<'_>,
    context: &BuildContext<'_>,
    crates: &Crates,
    variant: CodegenVariant,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<(), BuildError> {
    rustc.write("glue.rs", SOURCE)?;
    let mut command = rustc.command(CRATE, "rlib");
    command
        .args(["-Cpanic=unwind", "-Cforce-unwind-tables=yes"])
        .args(variant.flags())
        .arg(context.options.profile.opt_level())
        .args(["--error-format=json", "glue.rs", "-o", FILE])
        .args([named("service", &crates.user), named("mote_service", &crates.service)])
        .args(folders(crates));
    let output = command::run(command, observer)?;
    if output.status.success() {
        return Ok(());
    }
    Err(failure(&Diagnostic::all_of(&output.stderr), &context.package, &output.stderr))
}

fn named(name: &str, file: &Path) -> String {
    format!("--extern={name}={}", file.display())
}

/// Tells the compiler where the crates that are not named lie.
pub(crate) fn folders(crates: &Crates) -> impl Iterator<Item = String> {
    crates.folders.iter().map(|folder| format!("-Ldependency={}", folder.display()))
}

/// What the compiler's refusal of the glue says about the user's crate.
fn failure(diagnostics: &[Diagnostic], package: &Package, stderr: &[u8]) -> BuildError {
    let has = |code| diagnostics.iter().any(|found| found.has_code(code));
    let definition = definition(&package.root);
    let file = package.shown(&package.root);
    let place = match &definition {
        Some(definition) => format!("{file}:{}", definition.line),
        None => file.clone(),
    };
    if has("E0425") || has("E0423") {
        return BuildError::NoHandle { file };
    }
    if has("E0603") {
        return BuildError::PrivateHandle { place };
    }
    let Some(mismatch) = diagnostics.iter().find(|found| found.has_code("E0308")) else {
        let stderr = String::from_utf8_lossy(stderr).into_owned();
        return BuildError::Generated { step: "glue", stderr };
    };
    let found = definition.map_or_else(|| found_type(mismatch), |definition| definition.signature);
    BuildError::WrongHandle { place, found }
}

/// The type that a "mismatched types" found, as the compiler writes it in a note:
/// ``found fn item `fn(&[u8]) -> … {handle}` ``.
fn found_type(mismatch: &Diagnostic) -> String {
    let notes = mismatch.children.iter().map(|note| note.message.as_str());
    let found = notes.filter_map(|note| note.rsplit_once("found ").map(|(_, found)| found)).next();
    let Some((_, quoted)) = found.and_then(|found| found.split_once('`')) else {
        return mismatch.message.clone();
    };
    let end = quoted.rfind('`').unwrap_or(quoted.len());
    quoted[..end].trim_end_matches(" {handle}").to_owned()
}

/// Where the crate root defines `handle`, if it does and not another module.
struct Definition {
    line: usize,
    /// From `fn` to before the body, on one line.
    signature: String,
}

fn definition(root: &Path) -> Option<Definition> {
    let text = std::fs::read_to_string(root).ok()?;
    let at = text.find("fn handle")?;
    let line = text[..at].lines().count().max(1);
    let signature = text[at..].split('{').next().unwrap_or_default();
    let words: Vec<&str> = signature.split_whitespace().collect();
    Some(Definition { line, signature: words.join(" ") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::package::Source;

    fn package(root: &Path) -> Package {
        Package {
            name: "p".into(),
            folder: "/none".into(),
            manifest: "/none/Cargo.toml".into(),
            root: root.to_owned(),
            source: Source::Version,
            target_directory: "/none/target".into(),
        }
    }

    fn diagnostic(code: &str, note: &str) -> Vec<Diagnostic> {
        let line = serde_json::json!({
            "message": "mismatched types", "level": "error", "code": {"code": code},
            "children": [{"message": note, "level": "note", "code": null}],
        });
        Diagnostic::all_of(line.to_string().as_bytes())
    }

    #[test]
    fn type_of_handle_is_the_compiler_s_when_its_definition_is_elsewhere() {
        let note = "expected fn pointer `fn(A) -> B`\n  found fn item `fn(&[u8]) -> C {handle}`";
        let package = package(Path::new("/none/lib.rs"));
        let error = failure(&diagnostic("E0308", note), &package, b"");
        let BuildError::WrongHandle { place, found } = error else { panic!("{error}") };
        assert_eq!((place.as_str(), found.as_str()), ("lib.rs", "fn(&[u8]) -> C"));
    }

    #[test]
    fn type_of_handle_is_the_user_s_own_words_when_they_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("lib.rs");
        std::fs::write(&root, "//! Doc.\n\npub fn handle(\n    body: &[u8],\n) -> u8 {\n}\n")
            .unwrap();
        let error = failure(&diagnostic("E0308", ""), &package(&root), b"");
        let BuildError::WrongHandle { place, found } = error else { panic!("{error}") };
        assert_eq!(place, format!("{}:3", root.display()));
        assert_eq!(found, "fn handle( body: &[u8], ) -> u8");
    }

    #[test]
    fn refusal_is_the_glue_s_own_when_its_code_is_unknown() {
        let package = package(Path::new("/none/lib.rs"));
        let error = failure(&diagnostic("E0000", ""), &package, b"why");
        assert!(matches!(error, BuildError::Generated { step: "glue", .. }), "{error}");
    }
}
