//! What a worker gives up before its first request, agreed between dispatcher and worker.
//!
//! The dispatcher compiles the filter of system calls; the worker installs its instructions. Which calls
//! the filter admits is data here: [`ALLOWED_CALLS`]. Assume that an attacker jumps to a `syscall`
//! instruction of the worker with registers of their choice: what can be done then must not matter
//! outside the worker.
//!
//! Source: seccomp(2), syscalls(2), and the manual page of each call.

use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// What an argument of an allowed call must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Which one, from 0.
    pub index: u8,
    /// Its values, of which it must be one: all 64 bits are compared.
    pub values: &'static [u64],
}

/// A system call that a worker may make after lockdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllowedCall {
    /// Its number on x86-64.
    pub number: u32,
    /// What it is called in syscalls(2).
    pub name: &'static str,
    /// The arguments that matter; the others may be anything.
    pub arguments: &'static [Argument],
    /// Whether it may come from anywhere outside the windows, and not from the worker's text only: the
    /// kernel's vDSO makes it too.
    pub is_of_vdso: bool,
}

/// The one timer of a worker: the first that a process creates.
pub const TIMER: u64 = 0;

/// Every call that a worker makes after lockdown.
pub const ALLOWED_CALLS: &[AllowedCall] = &[
    // A handler returns. A forged frame gives the attacker registers, which they have anyway.
    AllowedCall { number: 15, name: "rt_sigreturn", arguments: &[], is_of_vdso: false },
    // FUTEX_WAIT, FUTEX_WAKE: the worker sleeps, or wakes the dispatcher.
    AllowedCall {
        number: 202,
        name: "futex",
        arguments: &[Argument { index: 1, values: &[0, 1] }],
        is_of_vdso: false,
    },
    // The worker's own timer, to a distance from now.
    AllowedCall {
        number: 223,
        name: "timer_settime",
        arguments: &[Argument { index: 0, values: &[TIMER] }, Argument { index: 1, values: &[0] }],
        is_of_vdso: false,
    },
    // MEMBARRIER_CMD_GLOBAL_EXPEDITED: before the worker sleeps.
    AllowedCall {
        number: 324,
        name: "membarrier",
        arguments: &[Argument { index: 0, values: &[2] }, Argument { index: 1, values: &[0] }],
        is_of_vdso: false,
    },
    // MADV_DONTNEED: arena pages go back to the kernel.
    AllowedCall {
        number: 28,
        name: "madvise",
        arguments: &[Argument { index: 2, values: &[4] }],
        is_of_vdso: false,
    },
    // The service's `random_bytes`.
    AllowedCall {
        number: 318,
        name: "getrandom",
        arguments: &[Argument { index: 2, values: &[0] }],
        is_of_vdso: false,
    },
    // CLOCK_MONOTONIC, where the processor's counter cannot be used.
    AllowedCall {
        number: 228,
        name: "clock_gettime",
        arguments: &[Argument { index: 0, values: &[1] }],
        is_of_vdso: true,
    },
    // The worker found itself broken.
    AllowedCall { number: 231, name: "exit_group", arguments: &[], is_of_vdso: false },
];

/// Bits of [`Lockdown::steps`].
pub mod steps {
    /// Another user and group, [`Lockdown::user`](super::Lockdown::user), and no supplementary groups.
    pub const USER: u32 = 1;
    /// No capability, and none to be had.
    pub const CAPABILITIES: u32 = 2;
    /// Limits of zero for core dumps, files' sizes, processes and descriptors.
    pub const LIMITS: u32 = 4;
    /// Neither dumped nor traced.
    pub const UNDUMPABLE: u32 = 8;
    /// The filter of system calls.
    pub const FILTER: u32 = 16;
    /// Kinds of speculation that processes may turn off, off.
    pub const SPECULATION: u32 = 32;
}

/// Kinds of speculation that a process may turn off for itself, for good.
///
/// Source: PR_GET_SPECULATION_CTRL and PR_SET_SPECULATION_CTRL in prctl(2), the kernel's
/// Documentation/userspace-api/spec_ctrl.rst.
pub mod speculation {
    /// `PR_GET_SPECULATION_CTRL`.
    pub const GET: usize = 52;
    /// `PR_SET_SPECULATION_CTRL`.
    pub const SET: usize = 53;
    /// `PR_SPEC_FORCE_DISABLE`.
    pub const FOR_GOOD: usize = 1 << 3;

    /// `PR_SPEC_PRCTL`: the process decides.
    const IS_OFFERED: usize = 1 << 0;
    /// `PR_SPEC_ENABLE`: it happens.
    const HAPPENS: usize = 1 << 1;

    /// Each kind, with its number and name: of a load past an older store, and of the target of a branch.
    pub const KINDS: [(usize, &str); 2] =
        [(0, "speculative store bypass"), (1, "speculation of indirect branches")];

    /// What the kernel answers when it is asked about a kind.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Control {
        /// It does not happen, whatever the process does; or the kernel does not know it.
        Needless,
        /// The process may turn it off.
        Offered,
        /// It happens, and the process has no say.
        Refused,
    }

    impl Control {
        /// From the result of [`GET`].
        #[must_use]
        pub const fn of(answer: isize) -> Self {
            match answer {
                ..=0 => Self::Needless,
                bits if bits as usize & FOR_GOOD != 0 => Self::Needless,
                bits if bits as usize & IS_OFFERED != 0 => Self::Offered,
                bits if bits as usize & HAPPENS != 0 => Self::Refused,
                _ => Self::Needless,
            }
        }
    }
}

/// The most instructions of a filter.
pub const FILTER_INSTRUCTIONS_MAX: usize = 128;

/// What a worker is told to give up. Written before it starts.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Lockdown {
    /// [`steps`] bits.
    pub steps: AtomicU32,
    /// User and group to become.
    pub user: AtomicU32,
    count: AtomicU32,
    /// `struct sock_filter` each.
    instructions: [AtomicU64; FILTER_INSTRUCTIONS_MAX],
}

impl Lockdown {
    /// Sets the filter: at most [`FILTER_INSTRUCTIONS_MAX`] instructions, as `struct sock_filter` lies
    /// in memory.
    ///
    /// # Panics
    /// If there are more.
    pub fn set_filter(&self, instructions: &[u64]) {
        assert!(instructions.len() <= FILTER_INSTRUCTIONS_MAX, "a filter has room here");
        for (to, instruction) in self.instructions.iter().zip(instructions) {
            to.store(*instruction, Ordering::Relaxed);
        }
        self.count.store(instructions.len() as u32, Ordering::Relaxed);
    }

    /// A copy of the filter, and how many instructions of it count.
    #[must_use]
    pub fn filter(&self) -> ([u64; FILTER_INSTRUCTIONS_MAX], usize) {
        let instruction = |index: usize| self.instructions[index].load(Ordering::Relaxed);
        let count = self.count.load(Ordering::Relaxed) as usize;
        (core::array::from_fn(instruction), count.min(FILTER_INSTRUCTIONS_MAX))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn control_is_offered_where_the_process_decides() {
        use speculation::Control;
        // Not affected; EINVAL; off in all of the machine; off for good.
        for answer in [0, -22, 0b0100, 0b1001, 0b1000] {
            assert_eq!(Control::of(answer), Control::Needless, "{answer}");
        }
        for answer in [0b0011, 0b0101] {
            assert_eq!(Control::of(answer), Control::Offered, "{answer}");
        }
        assert_eq!(Control::of(0b0010), Control::Refused);
    }

    #[test]
    fn call_is_listed_once_and_its_arguments_exist() {
        for (index, call) in ALLOWED_CALLS.iter().enumerate() {
            assert!(ALLOWED_CALLS[..index].iter().all(|it| it.number != call.number), "{call:?}");
            assert!(call.arguments.iter().all(|it| it.index < 6 && !it.values.is_empty()));
        }
    }
}
