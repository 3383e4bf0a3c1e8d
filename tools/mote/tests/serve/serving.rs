//! A served node: a process with a state folder of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::sync::OnceLock;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{command, mote, service, status, stderr, text};

/// A running `mote serve`. Dropping it kills it.
pub(crate) struct Serving {
    child: Child,
    /// `http://ADDRESS:PORT`.
    pub(crate) url: String,
}

impl Serving {
    /// Serves what lies in `state`, and these services.
    pub(crate) fn start(state: &Path, services: &[&str]) -> Self {
        Self::with(state, services, &[])
    }

    /// The same, with more arguments.
    pub(crate) fn with(state: &Path, services: &[&str], arguments: &[&str]) -> Self {
        Self::logged(state, services, arguments, Stdio::null())
    }

    /// The same, with its log going to `log`.
    pub(crate) fn logged(state: &Path, services: &[&str], arguments: &[&str], log: Stdio) -> Self {
        let images: Vec<_> = services.iter().map(|service| image(service)).collect();
        let mut command = command(&["serve", "--listen", "127.0.0.1:0", "--state", text(state)]);
        command.args(arguments).args(images).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().expect("the executable was built with this test");
        let stdout = child.stdout.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let url = line.trim().strip_prefix("listening on ").expect("where it listens").to_owned();
        Self { child, url }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a process has a number");
        kill_process(pid, signal).expect("it is still there");
    }

    /// Waits for its end; returns its exit status, or `None` if it was killed.
    pub(crate) fn wait(mut self) -> Option<i32> {
        self.child.wait().expect("it is a child").code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The image of `tests/services/NAME`, built once in a test process.
pub(crate) fn image(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("serve");
        std::fs::create_dir_all(&folder).expect("a folder among cargo's own");
        folder
    });
    let path = folder.join(format!("{name}.image"));
    let service = service(name);
    let output = mote(&["build", &service, "-o", text(&path)]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    path
}

/// Runs one of the operator's commands against the node whose state is in `state`.
pub(crate) fn operator(state: &Path, arguments: &[&str]) -> Output {
    let mut arguments = arguments.to_vec();
    arguments.extend(["--state", text(state)]);
    mote(&arguments)
}
