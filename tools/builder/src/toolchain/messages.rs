//! What cargo and rustc say, as JSON: the few fields that matter here.
//!
//! Spec: The Cargo Book, "External tools"; The rustc Book, "JSON output".

use std::path::PathBuf;

use serde::Deserialize;

/// One line of `cargo --message-format=json`.
#[derive(Debug, Deserialize)]
#[serde(tag = "reason")]
pub(crate) enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact(Artifact),
    #[serde(rename = "compiler-message")]
    FromCompiler(FromCompiler),
    #[serde(other)]
    Other,
}

impl Message {
    /// The message of a line; what is none (a build script may write anything) is of no interest.
    pub(crate) fn of_line(line: &str) -> Self {
        serde_json::from_str(line).unwrap_or(Self::Other)
    }
}

/// What was made of one target of a package.
#[derive(Debug, Deserialize)]
pub(crate) struct Artifact {
    pub(crate) manifest_path: PathBuf,
    pub(crate) target: Target,
    pub(crate) filenames: Vec<PathBuf>,
    pub(crate) fresh: bool,
}

impl Artifact {
    /// The library that Rust code links to, if this is one.
    pub(crate) fn rlib(&self) -> Option<&PathBuf> {
        self.filenames.iter().find(|file| file.extension().is_some_and(|found| found == "rlib"))
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Target {
    /// For a library, its crate's name.
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
    pub(crate) src_path: PathBuf,
}

/// What the compiler said about one target of a package.
#[derive(Debug, Deserialize)]
pub(crate) struct FromCompiler {
    pub(crate) manifest_path: PathBuf,
    pub(crate) target: Target,
    pub(crate) message: Diagnostic,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Diagnostic {
    pub(crate) message: String,
    pub(crate) level: String,
    pub(crate) code: Option<Code>,
    #[serde(default)]
    pub(crate) spans: Vec<Span>,
    #[serde(default)]
    pub(crate) rendered: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Code {
    pub(crate) code: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Span {
    file_name: String,
    line_start: usize,
    is_primary: bool,
    #[serde(default)]
    text: Vec<Line>,
}

#[derive(Debug, Deserialize)]
struct Line {
    text: String,
}

impl Diagnostic {
    /// The diagnostics of `rustc --error-format=json`; other lines are of no interest.
    pub(crate) fn all_of(stderr: &[u8]) -> Vec<Self> {
        let stderr = String::from_utf8_lossy(stderr);
        stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Whether the compiler goes on in spite of it.
    pub(crate) fn is_warning(&self) -> bool {
        self.level == "warning"
    }

    /// Whether it only counts the others; cargo would not show it either.
    pub(crate) fn is_count(&self) -> bool {
        let is_about_warnings = self.message.ends_with(" emitted") && self.is_warning();
        self.message.starts_with("aborting due to") || is_about_warnings
    }

    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.code.as_ref().is_some_and(|found| found.code == code)
    }

    /// `FILE:LINE` of what it is about, if it is about a place.
    pub(crate) fn place(&self) -> Option<String> {
        let span = self.primary_span()?;
        Some(format!("{}:{}", span.file_name, span.line_start))
    }

    /// The line of `file` that it is about, if it is about one.
    pub(crate) fn line_in(&self, file: &str) -> Option<usize> {
        self.primary_span().filter(|span| span.file_name == file).map(|span| span.line_start)
    }

    /// As the compiler renders it for people.
    pub(crate) fn text(&self) -> &str {
        self.rendered.as_deref().unwrap_or(&self.message)
    }

    /// Whether a line that it is about has `text`.
    pub(crate) fn is_about(&self, text: &str) -> bool {
        let span = self.primary_span();
        span.is_some_and(|span| span.text.iter().any(|line| line.text.contains(text)))
    }

    /// The first line of source that it is about; empty if it is about none.
    pub(crate) fn line_text(&self) -> &str {
        let line = self.primary_span().and_then(|span| span.text.first());
        line.map_or("", |line| line.text.as_str())
    }

    fn primary_span(&self) -> Option<&Span> {
        self.spans.iter().find(|span| span.is_primary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_that_is_no_message_is_of_no_interest() {
        for line in ["", "hello", "{}", r#"{"reason":"build-finished","success":true}"#] {
            assert!(matches!(Message::of_line(line), Message::Other), "{line}");
        }
    }

    #[test]
    fn place_is_the_primary_span() {
        let text = br#"{"message":"m","level":"error","code":{"code":"E0308"},"spans":[
            {"file_name":"a.rs","line_start":1,"is_primary":false},
            {"file_name":"b.rs","line_start":2,"is_primary":true}]}"#;
        let line: Vec<u8> = text.iter().copied().filter(|&byte| byte != b'\n').collect();
        let diagnostics = Diagnostic::all_of(&line);
        assert_eq!(diagnostics[0].place().unwrap(), "b.rs:2");
        assert!(!diagnostics[0].is_warning() && diagnostics[0].has_code("E0308"));
    }
}
