//! How an invocation ends, and the choices a request makes.

/// Generates an enum of one byte with names, and the total conversion back from an untrusted byte.
macro_rules! named_byte {
    ($(#[$outer:meta])* $type:ident { $($(#[$doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $type { $($(#[$doc])* $variant,)* }

        impl $type {
            /// Every value, in the order of their discriminants.
            pub const ALL: &[$type] = &[$($type::$variant,)*];

            /// The name that commands and JSON use.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($type::$variant => $name,)* }
            }

            /// The value of an untrusted byte, if it is one.
            #[must_use]
            pub fn from_byte(byte: u8) -> Option<Self> {
                Self::ALL.get(usize::from(byte)).copied()
            }

            /// The value of that name, if there is one.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name)
            }
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

named_byte! {
    /// How an invocation ended.
    Outcome {
        /// The service returned a response.
        Ok = "ok",
        /// The service returned an error.
        Error = "error",
        /// The service panicked of its own accord.
        Panicked = "panicked",
        /// The service ran past its budget.
        OverBudget = "over_budget",
        /// An allocation went past the arena's limit and the service did not cope.
        OverMemory = "over_memory",
        /// The service ran into the guard of its stack.
        StackOverflow = "stack_overflow",
        /// The service raised a hardware fault.
        Fault = "fault",
        /// The service tried a system call.
        DeniedSyscall = "denied_syscall",
        /// The worker died; what the service did is not known.
        WorkerLost = "worker_lost",
        /// It did not start in the time that it could wait; it was not run.
        Expired = "expired",
        /// Whoever asked for it, or the operator, called it off.
        Cancelled = "cancelled",
    }
}

named_byte! {
    /// How the service's stack was left.
    Cleanup {
        /// By returning.
        Returned = "returned",
        /// By unwinding it: destructors ran.
        Unwound = "unwound",
        /// By returning to the recovery point: no more service code ran.
        Discarded = "discarded",
    }
}

named_byte! {
    /// What happens at the soft deadline.
    Mode {
        /// The next allocation or host call raises; the hard deadline discards.
        Guarded = "guarded",
        /// A fake-frame panic at the interrupted instruction; the hard deadline discards.
        Inject = "inject",
        /// Back to the recovery point at once.
        Discard = "discard",
    }
}

named_byte! {
    /// The heap of an invocation.
    Heap {
        /// Freeing does nothing; the fastest.
        Bump = "bump",
        /// Freed memory is used again, for services that allocate and free a lot.
        General = "general",
    }
}

impl Outcome {
    /// Whether a worker can say so of an invocation; the others are for the dispatcher to decide.
    #[must_use]
    pub const fn is_reported_by_workers(self) -> bool {
        !matches!(self, Self::WorkerLost | Self::Expired | Self::Cancelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn untrusted_byte_is_checked() {
        assert_eq!(Outcome::from_byte(8), Some(Outcome::WorkerLost));
        assert_eq!(Outcome::from_byte(11), None);
        assert_eq!(Mode::from_byte(255), None);
    }

    #[test]
    fn discriminants_are_positions() {
        for (position, &outcome) in Outcome::ALL.iter().enumerate() {
            assert_eq!(outcome as usize, position);
            assert_eq!(Outcome::from_name(outcome.name()), Some(outcome));
        }
    }
}
