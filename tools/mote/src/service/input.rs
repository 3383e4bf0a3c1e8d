//! The request's body: from `--data`, a file, or stdin.

use std::fs;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::{Args, ValueHint};
use mote_abi::area::BODY_BYTES;

use crate::status::{Failure, OrStatus as _, Status};

/// The request's body: `--data`, `--file`, or stdin if it is not a terminal.
#[derive(Clone, Debug, Args)]
#[group(multiple = false)]
pub(crate) struct InputArgs {
    /// The request's body, as text. Without it and `--file`, stdin is read unless it is a terminal.
    #[arg(long, value_name = "S")]
    pub(crate) data: Option<String>,
    /// A file with the request's body.
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
}

/// Reads the body that the arguments name. With neither `--data` nor `--file`, that is stdin, unless
/// it is a terminal: then the body is empty, so that nobody waits for a newcomer to type.
///
/// # Errors
/// The file or stdin cannot be read, or the body is longer than a request can carry.
pub(crate) fn body(args: &InputArgs) -> Result<Vec<u8>, Failure> {
    match (&args.data, &args.file) {
        (Some(text), _) => checked(text.clone().into_bytes(), "--data"),
        (None, Some(path)) => from_file(path),
        (None, None) if io::stdin().is_terminal() => Ok(Vec::new()),
        (None, None) => read(io::stdin().lock(), "stdin"),
    }
}

fn from_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let name = path.display().to_string();
    let file = fs::File::open(path)
        .or_status(Status::Usage, || format!("cannot read the request's body from {name}"))?;
    read(file, &name)
}

/// Reads no more than one byte beyond the limit, however much there is.
fn read(source: impl Read, name: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    source
        .take(BODY_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .or_status(Status::Usage, || format!("cannot read the request's body from {name}"))?;
    checked(bytes, name)
}

fn checked(bytes: Vec<u8>, name: &str) -> Result<Vec<u8>, Failure> {
    if bytes.len() <= BODY_BYTES {
        return Ok(bytes);
    }
    let error = anyhow!("the request's body from {name} is longer than {BODY_BYTES} bytes");
    Err(Failure { status: Status::Usage, error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(data: Option<&str>, file: Option<&str>) -> InputArgs {
        InputArgs { data: data.map(Into::into), file: file.map(Into::into) }
    }

    #[test]
    fn body_is_the_data_when_given() {
        assert_eq!(body(&args(Some("abc"), None)).unwrap(), b"abc");
    }

    #[test]
    fn missing_file_is_named_and_bad_usage() {
        let failure = body(&args(None, Some("/nonexistent/body"))).unwrap_err();
        assert_eq!(failure.status, Status::Usage);
        assert!(failure.error.to_string().contains("/nonexistent/body"));
    }

    #[test]
    fn body_is_refused_when_one_byte_too_long() {
        assert_eq!(read(io::repeat(7).take(BODY_BYTES as u64), "x").unwrap().len(), BODY_BYTES);
        let failure = read(io::repeat(7), "endless").unwrap_err();
        assert_eq!(failure.status, Status::Usage);
        assert!(failure.error.to_string().contains("endless"), "{}", failure.error);
    }
}
