//! A hostile crate in a folder of its own, with the files that it is after.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

/// What the builder's machine has and no service may carry away.
pub(crate) const SECRET: &str = "hunter2-of-the-builder";

/// The variable of the builder's environment that holds [`SECRET`].
pub(crate) const SECRET_VARIABLE: &str = "MOTE_HOSTILE_SECRET";

/// What `@LONG@` stands for: eight messages that quote it twice are a flood.
const LONG_BYTES: usize = 4 << 20;

/// A copy of a crate of `tests/hostile/crates`, ready to be built.
pub(crate) struct Stage {
    folder: TempDir,
}

impl Stage {
    /// Copies the crate `name`. In its files, `@MARKER@` becomes the path of a file that is not there,
    /// `@SECRET@` that of one that holds [`SECRET`], `@OUTSIDE@` that of a package with it (a git repository
    /// if that is asked for), `@CRATE@` that of the copy, `@SERVICE@` that of mote-service, and
    /// `@LONG@` a long word. `NAME.link` becomes a link to what it says, and `NAME.fifo` a fifo.
    pub(crate) fn new(name: &str) -> Self {
        let stage = Self { folder: TempDir::new().unwrap() };
        fs::write(stage.path("secret.txt"), format!("{SECRET}\n")).unwrap();
        let outside = stage.path("outside");
        fs::create_dir_all(outside.join("src")).unwrap();
        let manifest = "[package]\nname = \"part\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        fs::write(outside.join("Cargo.toml"), manifest).unwrap();
        let text = format!("#![no_std]\npub const TEXT: &str = {SECRET:?};\n");
        fs::write(outside.join("src/lib.rs"), text).unwrap();
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile/crates");
        stage.copy(&crates.join(name), &stage.package());
        if stage.manifest().contains("git = ") {
            make_repository(&outside);
        }
        stage
    }

    /// The folder of the crate.
    pub(crate) fn package(&self) -> PathBuf {
        self.path("crate")
    }

    /// The text of its manifest.
    pub(crate) fn manifest(&self) -> String {
        fs::read_to_string(self.package().join("Cargo.toml")).unwrap()
    }

    /// Whether the crate has run code of its own on this machine.
    pub(crate) fn is_marked(&self) -> bool {
        self.path("marker").exists()
    }

    /// A file or folder beside the crate.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn copy(&self, from: &Path, to: &Path) {
        fs::create_dir(to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            if from.is_dir() {
                self.copy(&from, &to);
                continue;
            }
            let text = self.filled(&fs::read_to_string(&from).unwrap());
            match to.extension().and_then(|it| it.to_str()) {
                Some("link") => symlink(text.trim(), to.with_extension("")).unwrap(),
                Some("fifo") => {
                    let (fifo, mode) = (to.with_extension(""), Mode::from_raw_mode(0o600));
                    mknodat(CWD, fifo, FileType::Fifo, mode, 0).unwrap();
                }
                _ => {
                    fs::copy(&from, &to).unwrap();
                    fs::write(&to, text).unwrap();
                }
            }
        }
    }

    fn filled(&self, text: &str) -> String {
        let service = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/service");
        let filled = [
            ("@MARKER@", self.path("marker")),
            ("@SECRET@", self.path("secret.txt")),
            ("@OUTSIDE@", self.path("outside")),
            ("@CRATE@", self.package()),
            ("@SERVICE@", service.canonicalize().unwrap()),
        ];
        let text = text.replace("@LONG@", &"x".repeat(LONG_BYTES));
        filled.iter().fold(text, |text, (name, path)| {
            text.replace(name, path.to_str().expect("temporary folders have plain names"))
        })
    }
}

/// Makes a git repository of `folder`, with all that is there in its first commit.
fn make_repository(folder: &Path) {
    let author = ["-c", "user.name=author", "-c", "user.email=author@localhost"];
    for command in [&["init", "-q"][..], &["add", "."], &["commit", "-q", "-m", "First"]] {
        let mut git = Command::new("git");
        git.arg("-C").arg(folder).args(author).args(command);
        assert!(git.status().unwrap().success(), "git {command:?}");
    }
}
