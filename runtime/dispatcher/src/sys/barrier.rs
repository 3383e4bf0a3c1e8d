//! A fence on every processor that runs a process of the node, so that publishing needs none
//! ([`mote_abi::park`]). Source: membarrier(2).

/// Lets workers fence this process. Whether the kernel knows the call.
pub(crate) fn register() -> bool {
    call(libc::MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED)
}

/// Fences every registered process that runs now, on its processor.
pub(crate) fn everywhere() {
    // It fails only for a command that the kernel does not know; `register` has found that it does.
    let _fenced = call(libc::MEMBARRIER_CMD_GLOBAL_EXPEDITED);
}

fn call(command: libc::c_int) -> bool {
    // SAFETY: the call takes two numbers and touches no memory of ours.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0) == 0 }
}
