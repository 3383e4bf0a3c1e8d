//! What a node needs of the machine, checked before anything else fails for want of it.

use mote_abi::windows::WINDOW_BYTES;
use rustix::process::{Resource, getrlimit};

use crate::node::error::NodeError;

/// `futex_waitv` is the youngest system call used. Source: futex_waitv in syscalls(2).
const NEEDED: (u32, u32) = (5, 16);
const NEEDED_NAME: &str = "5.16";

/// Refuses a machine that cannot run a node. [`Node::start`](crate::Node::start) asks this first; a
/// program that has long work before that may ask earlier.
///
/// # Errors
/// The kernel is older than Linux 5.16, /proc is not mounted, or files may not be as long as a window.
pub fn check() -> Result<(), NodeError> {
    check_release(&rustix::system::uname().release().to_string_lossy())?;
    std::fs::read_dir("/proc/self/fd").map_err(|source| NodeError::Proc { source })?;
    check_file_size(getrlimit(Resource::Fsize).current)
}

/// Beyond the limit, the kernel would end this process by a signal. Source: RLIMIT_FSIZE in getrlimit(2).
fn check_file_size(limit: Option<u64>) -> Result<(), NodeError> {
    match limit {
        Some(limit) if limit < WINDOW_BYTES => {
            Err(NodeError::FileSize { limit, needed: WINDOW_BYTES })
        }
        _ => Ok(()),
    }
}

fn check_release(release: &str) -> Result<(), NodeError> {
    match version(release) {
        Some(version) if version >= NEEDED => Ok(()),
        _ => Err(NodeError::Kernel { found: release.to_owned(), needed: NEEDED_NAME }),
    }
}

/// The first two numbers of a release like `6.18.44-generic`.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernel_is_refused_when_older_than_needed() {
        for release in ["5.16.0", "5.16-rc1", "6.1.0-13-amd64", "10.0"] {
            assert!(check_release(release).is_ok(), "{release}");
        }
        for release in ["5.15.167", "4.18.0-553.el8", "", "mainline"] {
            let error = check_release(release).unwrap_err().to_string();
            assert!(error.starts_with(&format!("this kernel is Linux {release}; ")), "{error}");
        }
    }

    #[test]
    fn limit_of_file_sizes_is_refused_when_a_window_is_longer() {
        assert!(check_file_size(None).is_ok() && check_file_size(Some(WINDOW_BYTES)).is_ok());
        let error = check_file_size(Some(WINDOW_BYTES - 1)).unwrap_err().to_string();
        assert!(error.contains("ulimit -f"), "{error}");
    }

    #[test]
    fn this_machine_is_accepted() {
        assert!(check().is_ok());
    }
}
