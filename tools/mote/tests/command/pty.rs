//! A terminal that is a pair of descriptors: what a person would see.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A terminal. Spec: pty(7).
pub(crate) struct Terminal {
    master: OwnedFd,
    slave: OwnedFd,
}

impl Terminal {
    /// One with so many columns.
    pub(crate) fn new(columns: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("its other side");
        unlockpt(&master).expect("its other side");
        let name = ptsname(&master, Vec::new()).expect("its name");
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let slave = rustix::fs::open(name, flags, Mode::empty()).expect("its other side");
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&slave, size).expect("its size");
        Self { master, slave }
    }

    /// Runs the command on it, and returns all that it wrote on either stream.
    pub(crate) fn run(self, mut command: Command) -> String {
        let _alone = crate::support::alone();
        let stream = || Stdio::from(self.slave.try_clone().expect("a descriptor"));
        command.env("TERM", "xterm").stdout(stream()).stderr(stream());
        let mut child = command.spawn().expect("it starts");
        drop((command, self.slave));
        let mut said = Vec::new();
        match File::from(self.master).read_to_end(&mut said) {
            // EIO, once nobody has the other side open.
            Err(error) if error.kind() != ErrorKind::Interrupted => {}
            other => assert!(other.is_ok(), "{other:?}"),
        }
        child.wait().expect("it ends");
        String::from_utf8(said).expect("it writes UTF-8")
    }
}
