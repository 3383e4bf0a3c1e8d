//! Starting the executable and reading what it said.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The executable under test, without colours, with nothing on its stdin. What it builds lies with
/// what cargo built.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mote"));
    command
        .args(arguments)
        .env("NO_COLOR", "1")
        .env("CARGO_TARGET_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/services"))
        .stdin(Stdio::null());
    command
}

/// The folder of a service of the source tree.
pub(crate) fn service(name: &str) -> String {
    format!("{}/../../tests/services/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A node takes cores for itself: one at a time.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static NODE: Mutex<()> = Mutex::new(());
    NODE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs it to its end, and nothing else of these tests meanwhile.
pub(crate) fn mote(arguments: &[&str]) -> Output {
    let _alone = alone();
    command(arguments).output().expect("the executable was built with this test")
}

/// Its exit status.
pub(crate) fn status(output: &Output) -> i32 {
    output.status.code().expect("it exits and is not killed")
}

/// What it said on stderr.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("stderr is UTF-8")
}

/// What it said on stdout.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("stdout is UTF-8 in these tests")
}

/// A file with these bytes, and its folder, which goes when dropped.
pub(crate) fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a temporary file");
    (folder, path)
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
