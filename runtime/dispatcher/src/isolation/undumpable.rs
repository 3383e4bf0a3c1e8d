//! While a node runs, its process is not dumped, and nobody without `CAP_SYS_PTRACE` traces it or reads its memory:
//! the requests of all tenants pass through it.
//!
//! Source: PR_SET_DUMPABLE in prctl(2), "Ptrace access mode checking" in ptrace(2).

use std::io;
use std::sync::{Mutex, PoisonError};

use rustix::process::{DumpableBehavior, dumpable_behavior, set_dumpable_behavior};

/// How many nodes of this process want that, and how it was before the first.
static WANTED: Mutex<(usize, Option<DumpableBehavior>)> = Mutex::new((0, None));

/// This process cannot be dumped as long as there is one of these.
#[derive(Debug)]
pub(crate) struct Undumpable(());

impl Undumpable {
    pub(crate) fn new() -> io::Result<Self> {
        let mut wanted = WANTED.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted.0 == 0 {
            wanted.1 = Some(dumpable_behavior()?);
            set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        }
        wanted.0 += 1;
        Ok(Self(()))
    }
}

impl Drop for Undumpable {
    fn drop(&mut self) {
        let mut wanted = WANTED.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.0 -= 1;
        if wanted.0 == 0
            && let Some(before) = wanted.1.take()
        {
            // It fails only for a behaviour that cannot be set by hand; then the process stays as it is.
            let _refused = set_dumpable_behavior(before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_is_undumpable_until_the_last_node_is_gone() {
        let before = dumpable_behavior().unwrap();
        let (first, second) = (Undumpable::new().unwrap(), Undumpable::new().unwrap());
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
        drop(first);
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
        drop(second);
        assert_eq!(dumpable_behavior(), Ok(before));
    }
}
