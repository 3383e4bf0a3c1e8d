//! The user that workers become: one that owns nothing.
//!
//! Source: user_namespaces(7), capabilities(7).

use std::fs;

use rustix::thread::{CapabilitySet, capabilities};

/// A user, and a group, that nobody is given: between the ranges that distributions and systemd(1) assign,
/// and within the 65,536 that containers map.
pub(crate) const WORKER_USER: u32 = 65_531;

/// Why workers cannot become another user, if they cannot.
pub(crate) fn obstacle() -> Option<&'static str> {
    let needed = CapabilitySet::SETUID | CapabilitySet::SETGID;
    if !capabilities(None).is_ok_and(|sets| sets.effective.contains(needed)) {
        return Some("this process may not change its user");
    }
    let is_mapped = |path| fs::read_to_string(path).is_ok_and(|map| maps(&map, WORKER_USER));
    if is_mapped("/proc/self/uid_map") && is_mapped("/proc/self/gid_map") {
        return None;
    }
    Some("the user namespace of this process does not map user and group 65531")
}

/// Whether a map of a user namespace has `user` inside: each line is the first inside, the first outside,
/// and how many.
fn maps(map: &str, user: u32) -> bool {
    map.lines().any(|line| {
        let mut words = line.split_whitespace().map(str::parse::<u64>);
        let (Some(Ok(first)), Some(Ok(_)), Some(Ok(count))) =
            (words.next(), words.next(), words.next())
        else {
            return false;
        };
        (first..first.saturating_add(count)).contains(&u64::from(user))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_is_mapped_when_a_line_holds_it() {
        assert!(maps("         0          0 4294967295\n", WORKER_USER));
        assert!(maps("0 1000 1\n1 100000 65535\n", WORKER_USER));
        assert!(!maps("0 1000 1\n", WORKER_USER));
        assert!(!maps("0 100000 65531\n", WORKER_USER));
        assert!(!maps("", WORKER_USER));
    }
}
