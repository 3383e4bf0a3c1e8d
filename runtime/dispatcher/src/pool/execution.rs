//! Whether a process runs, and how long it has. What is parsed is the kernel's word, not the worker's.
//!
//! Source: proc_pid_stat(5).

/// What the kernel says of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Execution {
    /// Whether it waits for something by itself: it is not stopped, and not kept from a processor.
    pub(crate) is_asleep: bool,
    /// The processor time that it has used, in nanoseconds, in steps of 10 ms.
    pub(crate) used_ns: u64,
}

/// One of the kernel's clock ticks (USER_HZ is 100 on x86-64).
const TICK_NS: u64 = 10_000_000;

/// Where the state, `utime` and `stime` stand behind the name, which may hold anything.
const STATE: usize = 0;
const TIMES: [usize; 2] = [11, 12];

impl Execution {
    /// What the kernel says of this process; `None` where it says nothing.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    fn parse(stat: &str) -> Option<Self> {
        let (_, behind_name) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = behind_name.split_ascii_whitespace().collect();
        let ticks = |&field: &usize| fields.get(field)?.parse::<u64>().ok();
        let used = TIMES.iter().map(ticks).sum::<Option<u64>>()?;
        Some(Self { is_asleep: fields[STATE] == "S", used_ns: used.saturating_mul(TICK_NS) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn state_and_times_are_found_behind_any_name() {
        let stat = "7 (a ) b) R 1 7 7 0 -1 4194304 90 0 0 0 12 3 0 0 20 0 1 0 77 0 0";
        let expected = Execution { is_asleep: false, used_ns: 150_000_000 };
        assert_eq!(Execution::parse(stat), Some(expected));
        let asleep = Execution::parse(&stat.replace(" R ", " S ")).unwrap();
        assert!(asleep.is_asleep);
    }

    #[test]
    fn own_process_is_told_and_one_that_is_not_there_is_not() {
        assert!(Execution::of(std::process::id()).is_some());
        assert_eq!(Execution::of(u32::MAX), None);
    }

    proptest! {
        #[test]
        fn parsing_is_total(stat: String) {
            let _any = Execution::parse(&stat);
        }
    }
}
