//! Why a signal was sent: values of `si_code`. Source: sigaction(2).
#![forbid(unsafe_code)]

/// `SI_QUEUE`: somebody queued it with a value, by sigqueue(3).
pub const QUEUE: i32 = -1;

/// `SI_TIMER`: a timer expired.
pub const TIMER: i32 = -2;

/// `SI_KERNEL`: the kernel sent it; of `SIGTRAP`, for a breakpoint of one byte among others.
pub const KERNEL: i32 = 0x80;

/// `TRAP_TRACE` of `SIGTRAP`: the trap flag was set. A breakpoint's and a debug register's differ.
pub const TRACE: i32 = 2;

/// `BUS_ADRALN` of `SIGBUS`: an access was misaligned while that is checked.
pub const MISALIGNED: i32 = 1;

#[cfg(test)]
mod tests {
    use linux_raw_sys::general as kernel;

    use super::*;

    #[test]
    fn codes_are_the_kernels() {
        assert_eq!((QUEUE, TIMER), (kernel::SI_QUEUE, kernel::SI_TIMER));
        assert_eq!(TRACE as u32, kernel::TRAP_TRACE);
        assert_eq!(MISALIGNED as u32, kernel::BUS_ADRALN);
    }
}
