//! What the machine allows: a contender that would exceed it is not set up, and the report says which
//! limit it was. Nothing is raised. Deciding is pure.
//!
//! Sources: proc_sys_vm(5) `max_map_count`; proc_sys_kernel(5) `pid_max`, `threads-max`; ip(7)
//! `ip_local_port_range`; getrlimit(2) `RLIMIT_NPROC`, `RLIMIT_NOFILE`; cgroups(7) `pids.max`.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, geteuid, getrlimit};

use crate::format::units::grouped;

/// Processes that start and end while it is measured, and some room.
const OTHER_PROCESSES: usize = 64;
/// Files that a worker has open beside those of its services, and some room.
const OTHER_FILES: usize = 16;

/// The limits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    /// Of the mappings of one process.
    mappings: Option<usize>,
    /// Of processes, each with its name.
    processes: Vec<(String, usize)>,
    /// Of the files that one process has open.
    files: Option<usize>,
    /// Processes and threads that there are already.
    tasks: usize,
    /// Memory that can be had, in bytes.
    memory: Option<u64>,
}

/// What was counted. Mappings: contender, services, mappings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    mappings: Vec<(&'static str, usize, usize)>,
    /// Contender, and memory of each service.
    bytes_each: Vec<(&'static str, u64)>,
}

impl Seen {
    /// Takes note of a count.
    pub(crate) fn add(
        &mut self,
        contender: &'static str,
        resident: usize,
        mappings: Option<usize>,
        bytes_each: u64,
    ) {
        self.mappings.extend(mappings.map(|mappings| (contender, resident, mappings)));
        self.bytes_each.push((contender, bytes_each));
    }

    /// How many there would be with so many services, by the first count and the last.
    fn expected(&self, contender: &str, resident: usize) -> Option<usize> {
        let mine = || self.mappings.iter().filter(|(name, ..)| *name == contender);
        let (&(_, few, of_few), &(_, many, of_many)) = mine().next().zip(mine().next_back())?;
        let each = of_many.saturating_sub(of_few).checked_div(many.saturating_sub(few))?;
        Some(of_few + each * resident.saturating_sub(few))
    }
}

impl Limits {
    /// Those that can be read; the others are found out when they are met.
    pub(crate) fn of_this_machine() -> Self {
        let named = |name: &str, path: &str| Some((name.to_owned(), number(Path::new(path))?));
        let processes = [
            named("kernel.pid_max", "/proc/sys/kernel/pid_max"),
            named("kernel.threads-max", "/proc/sys/kernel/threads-max"),
            user_processes().map(|most| ("RLIMIT_NPROC (ulimit -u)".to_owned(), most)),
            ports().map(|ports| ("net.ipv4.ip_local_port_range".to_owned(), ports)),
        ];
        let loads = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            mappings: number(Path::new("/proc/sys/vm/max_map_count")),
            processes: processes.into_iter().flatten().chain(control_groups()).collect(),
            files: getrlimit(Resource::Nofile).current.and_then(|most| most.try_into().ok()),
            tasks: tasks(&loads).unwrap_or(0),
            memory: available_bytes(),
        }
    }

    /// Why there cannot be so many services, each with as much memory as with fewer of them.
    pub(crate) fn refuse_memory(
        &self,
        seen: &Seen,
        contender: &str,
        resident: usize,
    ) -> Option<String> {
        let last = seen.bytes_each.iter().rfind(|(name, _)| *name == contender);
        let (needed, there) = (last?.1 * resident as u64, self.memory?);
        (needed > there).then(|| {
            format!(
                "they would need some {} MiB, by what they had with fewer of them, and {} MiB are there",
                grouped(needed >> 20),
                grouped(there >> 20),
            )
        })
    }

    /// Why there cannot be so many processes.
    pub(crate) fn refuse_processes(&self, resident: usize) -> Option<String> {
        let needed = resident + self.tasks + OTHER_PROCESSES;
        let (name, most) = self.processes.iter().min_by_key(|(_, most)| *most)?;
        (needed > *most).then(|| {
            format!(
                "each is a process, which makes {} with those that there are, and {name} allows {}",
                grouped(needed as u64),
                grouped(*most as u64),
            )
        })
    }

    /// Why a worker cannot have so many services that each keep a file open.
    pub(crate) fn refuse_files(&self, resident: usize) -> Option<String> {
        let (needed, most) = (resident + OTHER_FILES, self.files?);
        (needed > most).then(|| {
            format!(
                "its worker would have the files of all modules open, {} with others, and \
                 RLIMIT_NOFILE (ulimit -n) allows {}; it is measured where that is raised",
                grouped(needed as u64),
                grouped(most as u64),
            )
        })
    }

    /// Why a worker cannot have so many services.
    pub(crate) fn refuse_mappings(
        &self,
        seen: &Seen,
        contender: &str,
        resident: usize,
    ) -> Option<String> {
        let (expected, most) = (seen.expected(contender, resident)?, self.mappings?);
        (expected > most).then(|| {
            format!(
                "its worker would have some {} mappings, by what it had with fewer services, and \
                 vm.max_map_count allows {}; it is measured where that is raised",
                grouped(expected as u64),
                grouped(most as u64),
            )
        })
    }
}

fn number(path: &Path) -> Option<usize> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// Source: proc_meminfo(5), `MemAvailable`.
fn available_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let kib = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    kib.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib << 10)
}

/// Of this user; who may raise the limit is not held to it.
fn user_processes() -> Option<usize> {
    let most = getrlimit(Resource::Nproc).current.filter(|_| !geteuid().is_root())?;
    usize::try_from(most).ok()
}

/// How many sockets can have a port of their own.
fn ports() -> Option<usize> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut ends = range.split_whitespace().map(str::parse::<usize>);
    let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
    Some((last + 1).saturating_sub(first))
}

/// Those of this process's control group and of the ones above it.
fn control_groups() -> Vec<(String, usize)> {
    let group = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let path = group.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
    let folder = PathBuf::from("/sys/fs/cgroup").join(path);
    let limits = folder.ancestors().take_while(|folder| folder.starts_with("/sys/fs/cgroup"));
    limits
        .filter_map(|folder| Some(("pids.max".to_owned(), number(&folder.join("pids.max"))?)))
        .collect()
}

/// The second number of `running/all`, the fourth field.
fn tasks(loads: &str) -> Option<usize> {
    loads.split_whitespace().nth(3)?.split_once('/')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        let processes = vec![("pid_max".to_owned(), 32_768), ("pids.max".to_owned(), 20_500)];
        Limits {
            mappings: Some(65_530),
            processes,
            files: Some(20_000),
            tasks: 200,
            memory: Some(1 << 30),
        }
    }

    #[test]
    fn processes_are_refused_beyond_the_least_limit_with_those_that_there_are() {
        assert_eq!(limits().refuse_processes(20_236), None);
        let why = limits().refuse_processes(20_237).unwrap();
        assert!(why.contains("pids.max allows 20,500"), "{why}");
        assert_eq!(Limits::default().refuse_processes(1_000_000), None);
    }

    #[test]
    fn mappings_are_expected_from_two_counts_and_refused_beyond_the_limit() {
        let mut seen = Seen::default();
        assert_eq!(limits().refuse_mappings(&seen, "dlopen_std", 20_000), None);
        seen.add("dlopen_std", 1, Some(40), 1);
        seen.add("process", 5_000, None, 1);
        assert_eq!(limits().refuse_mappings(&seen, "dlopen_std", 20_000), None);
        seen.add("dlopen_std", 5_000, Some(25_035), 1);
        assert_eq!(seen.expected("dlopen_std", 20_000), Some(100_035));
        let why = limits().refuse_mappings(&seen, "dlopen_std", 20_000).unwrap();
        assert!(why.contains("100,035") && why.contains("65,530"), "{why}");
        assert_eq!(limits().refuse_mappings(&seen, "dlopen_std", 13_000), None);
        assert_eq!(limits().refuse_mappings(&seen, "dlopen_lean", 20_000), None);
    }

    #[test]
    fn memory_is_expected_from_the_last_count_and_refused_beyond_what_there_is() {
        let mut seen = Seen::default();
        assert_eq!(limits().refuse_memory(&seen, "process", 1 << 20), None);
        seen.add("process", 1, None, 1 << 20);
        seen.add("process", 1_000, None, 1 << 10);
        assert_eq!(limits().refuse_memory(&seen, "process", 1 << 20), None);
        let why = limits().refuse_memory(&seen, "process", (1 << 20) + 1_024).unwrap();
        assert!(why.contains("1,025 MiB") && why.contains("1,024 MiB are there"), "{why}");
    }

    #[test]
    fn files_are_refused_beyond_the_limit_with_the_few_others() {
        assert_eq!(limits().refuse_files(19_984), None);
        let why = limits().refuse_files(20_000).unwrap();
        assert!(why.contains("20,016") && why.contains("allows 20,000"), "{why}");
    }

    #[test]
    fn tasks_are_the_second_number_of_the_fourth_field() {
        assert_eq!(tasks("0.20 0.18 0.12 1/80 11206\n"), Some(80));
        assert_eq!(tasks(""), None);
    }

    #[test]
    fn this_machine_has_limits() {
        let limits = Limits::of_this_machine();
        assert!(limits.mappings.is_some_and(|most| most > 1_000), "{limits:?}");
        assert!(!limits.processes.is_empty() && limits.tasks > 0, "{limits:?}");
    }
}
