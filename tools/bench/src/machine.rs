//! What this machine is, in one line: every figure is read beside it.

use std::fmt;
use std::fs;

use serde::Serialize;

/// The processor, the kernel and how many cores this process may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Machine {
    /// The processor's own name.
    pub(crate) cpu: String,
    /// Cores that this process may run on.
    pub(crate) cores: usize,
    /// The kernel's release.
    pub(crate) kernel: String,
    /// Whether a hypervisor is below.
    pub(crate) is_virtual: bool,
}

impl Machine {
    /// This machine. What cannot be read is called unknown.
    #[must_use]
    pub(crate) fn this() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            cpu: field(&cpuinfo, "model name").unwrap_or("unknown processor").to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: match release.trim() {
                "" => "unknown".to_owned(),
                known => known.to_owned(),
            },
            is_virtual: field(&cpuinfo, "flags").is_some_and(has_hypervisor),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, cores, kernel, is_virtual } = self;
        let cores_word = if *cores == 1 { "core" } else { "cores" };
        let place = if *is_virtual { ", virtual machine" } else { "" };
        write!(f, "{cpu}, {cores} {cores_word}, Linux {kernel}{place}")
    }
}

/// The value of the first line `name : value`.
fn field<'a>(cpuinfo: &'a str, name: &str) -> Option<&'a str> {
    let pairs = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    pairs.map(|(key, value)| (key.trim(), value.trim())).find_map(|(k, v)| (k == name).then_some(v))
}

fn has_hypervisor(flags: &str) -> bool {
    flags.split_ascii_whitespace().any(|flag| flag == "hypervisor")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPUINFO: &str = "processor\t: 0\nmodel name\t: Example 9000\nflags\t\t: fpu hypervisor\n\n\
                           processor\t: 1\nmodel name\t: Other\n";

    #[test]
    fn field_is_the_first_of_its_name() {
        assert_eq!(field(CPUINFO, "model name"), Some("Example 9000"));
        assert_eq!(field(CPUINFO, "microcode"), None);
        assert!(field(CPUINFO, "flags").is_some_and(has_hypervisor));
    }

    #[test]
    fn machine_is_one_line() {
        let machine = Machine {
            cpu: "Example 9000".into(),
            cores: 1,
            kernel: "6.1.0".into(),
            is_virtual: false,
        };
        assert_eq!(machine.to_string(), "Example 9000, 1 core, Linux 6.1.0");
    }
}
