//! A fence on every processor that runs a process of this node: what a sleeper asks for, so that
//! wakers need none ([`mote_abi::park`]).
//!
//! Source: membarrier(2).

use linux_raw_sys::general::{
    __NR_membarrier, membarrier_cmd::MEMBARRIER_CMD_GLOBAL_EXPEDITED,
    membarrier_cmd::MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED,
};
use mote_sigctx::arch::syscall4;
use rustix::io::Errno;

/// Lets other processes of the node fence this one.
///
/// # Errors
/// The kernel's, if it was built without the call.
pub fn register() -> Result<(), Errno> {
    call(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED as usize)
}

/// Fences every registered process that runs now, on its processor.
pub fn everywhere() {
    // It fails only for a command that the kernel does not know, and this process has registered.
    let _fenced = call(MEMBARRIER_CMD_GLOBAL_EXPEDITED as usize);
}

fn call(command: usize) -> Result<(), Errno> {
    // SAFETY: the call touches no memory of ours.
    let result = unsafe { syscall4(__NR_membarrier, command, 0, 0, 0) };
    if result < 0 { Err(Errno::from_raw_os_error(-result as i32)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernel_fences_for_those_that_registered() {
        assert_eq!(register(), Ok(()));
        everywhere();
    }
}
