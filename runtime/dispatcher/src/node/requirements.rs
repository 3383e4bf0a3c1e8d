//! What a node needs of the machine, checked before anything else fails for want of it.

use crate::node::error::NodeError;

/// `futex_waitv` is the youngest system call used. Source: futex_waitv in syscalls(2).
const NEEDED: (u32, u32) = (5, 16);
const NEEDED_NAME: &str = "5.16";

/// Refuses a machine that cannot run a node. [`Node::start`](crate::Node::start) asks this first; a
/// program that has long work before that may ask earlier.
///
/// # Errors
/// The kernel is older than Linux 5.16, or /proc is not mounted.
pub fn check() -> Result<(), NodeError> {
    check_release(&rustix::system::uname().release().to_string_lossy())?;
    std::fs::read_dir("/proc/self/fd").map_err(|source| NodeError::Proc { source })?;
    Ok(())
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
    fn this_machine_is_accepted() {
        assert!(check().is_ok());
    }
}
