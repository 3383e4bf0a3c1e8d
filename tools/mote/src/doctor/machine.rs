//! The machine: what the kernel tells of itself in files, read as text, and how late its timers are.

use std::fs;
use std::thread::available_parallelism;
use std::time::Duration;

use super::finding::Finding;
use super::finding::Group::Machine;
use super::finding::Verdict::{Note, Weaker};
use super::timer;

/// A timer that is later than this is no high-resolution timer: the kernel's tick is a millisecond or more.
const LATE: Duration = Duration::from_micros(500);

/// All of it. What cannot be read is taken for empty.
pub(super) fn findings() -> [Finding; 7] {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    [
        processors(available_parallelism().map_or(1, usize::from)),
        clock(&read("/sys/devices/system/clocksource/clocksource0/current_clocksource")),
        timers(timer::lateness()),
        huge_pages(&read("/sys/kernel/mm/transparent_hugepage/shmem_enabled")),
        user_namespaces(
            &read("/proc/sys/user/max_user_namespaces"),
            &read("/proc/sys/kernel/unprivileged_userns_clone"),
            &read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
        ),
        security_modules(&read("/sys/kernel/security/lsm")),
        protection_keys(&read("/proc/cpuinfo")),
    ]
}

fn processors(count: usize) -> Finding {
    let found = Finding::ok(Machine, "processors", count);
    if count > 1 {
        return found;
    }
    found.or(Weaker, "give it two: dispatcher and worker take turns on one, in milliseconds")
}

fn clock(source: &str) -> Finding {
    let found = Finding::ok(Machine, "clock", source.trim());
    if source.trim() == "tsc" {
        return found;
    }
    found.or(
        Weaker,
        "have the kernel trust the processor's counter (tsc), or pass it through to this virtual machine: the \
         node asks the kernel for the time instead",
    )
}

fn timers(late: Duration) -> Finding {
    let found = Finding::ok(Machine, "timers", format!("{:.1} µs late", late.as_secs_f64() * 1e6));
    if late < LATE {
        return found;
    }
    found.or(Weaker, "use a kernel with high-resolution timers (CONFIG_HIGH_RES_TIMERS)")
}

/// The file lists every policy and has the one in force in brackets.
fn huge_pages(policies: &str) -> Finding {
    let chosen =
        policies.split_whitespace().find_map(|word| word.strip_prefix('[')?.strip_suffix(']'));
    let chosen = chosen.unwrap_or("not offered");
    let found = Finding::ok(Machine, "huge pages of shared memory", chosen);
    if matches!(chosen, "always" | "within_size" | "advise" | "force") {
        return found;
    }
    found.or(
        Weaker,
        "echo advise > /sys/kernel/mm/transparent_hugepage/shmem_enabled, as root: thousands of services start \
         faster",
    )
}

/// Whether who has no privilege may make one. A file that is not there restricts nothing, but the first, which
/// is there wherever there are any.
fn user_namespaces(most: &str, may_clone: &str, is_restricted: &str) -> Finding {
    let name = "user namespaces without privilege";
    let obstacle = if matches!(most.trim(), "" | "0") {
        Some("sysctl user.max_user_namespaces=10000")
    } else if may_clone.trim() == "0" {
        Some("sysctl kernel.unprivileged_userns_clone=1")
    } else if is_restricted.trim() == "1" {
        Some(
            "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or a profile for mote that allows userns",
        )
    } else {
        None
    };
    match obstacle {
        None => Finding::ok(Machine, name, "allowed"),
        Some(remedy) => Finding::ok(Machine, name, "not allowed").or(Weaker, remedy),
    }
}

fn security_modules(list: &str) -> Finding {
    let found = Finding::ok(Machine, "security modules", list.trim());
    if list.trim().is_empty() {
        let remedy = "mount securityfs on /sys/kernel/security to have them listed";
        return Finding { found: "not listed".to_owned(), ..found }.or(Note, remedy);
    }
    found
}

/// Nothing of Mote uses them: an attacker who can call into a worker's text can switch them off.
fn protection_keys(cpuinfo: &str) -> Finding {
    let mut flags = cpuinfo.lines().filter(|line| line.starts_with("flags"));
    let has =
        flags.next().is_some_and(|flags| flags.split_whitespace().any(|flag| flag == "ospke"));
    let found = if has { "there; nothing uses them" } else { "absent; nothing needs them" };
    Finding { verdict: Note, ..Finding::ok(Machine, "protection keys", found) }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict::{self, Ok};
    use super::*;

    fn verdict(finding: &Finding) -> (Verdict, bool) {
        (finding.verdict, finding.remedy.is_some())
    }

    #[test]
    fn second_processor_the_counter_and_sharp_timers_are_as_they_should_be() {
        assert_eq!(verdict(&processors(2)), (Ok, false));
        assert_eq!(verdict(&processors(1)), (Weaker, true));
        assert_eq!(verdict(&clock("tsc\n")), (Ok, false));
        assert_eq!(verdict(&clock("kvm-clock\n")), (Weaker, true));
        assert_eq!(verdict(&timers(Duration::from_micros(60))), (Ok, false));
        assert_eq!(verdict(&timers(Duration::from_millis(3))), (Weaker, true));
    }

    #[test]
    fn policy_of_huge_pages_is_the_one_in_brackets() {
        for good in ["[always] advise never", "always within_size [advise] never deny force"] {
            assert_eq!(verdict(&huge_pages(good)), (Ok, false), "{good}");
        }
        for bad in ["always within_size advise [never] deny force", "", "always"] {
            assert_eq!(verdict(&huge_pages(bad)), (Weaker, true), "{bad}");
        }
    }

    #[test]
    fn user_namespaces_are_refused_by_any_of_three_settings() {
        assert_eq!(verdict(&user_namespaces("63000\n", "", "")), (Ok, false));
        assert_eq!(verdict(&user_namespaces("63000", "1", "0")), (Ok, false));
        for [most, may, restricted] in
            [["0", "", ""], ["", "", ""], ["9", "0", ""], ["9", "1", "1"]]
        {
            let found = user_namespaces(most, may, restricted);
            assert_eq!(verdict(&found), (Weaker, true), "{most} {may} {restricted}");
        }
    }

    #[test]
    fn protection_keys_are_found_when_the_system_enabled_them() {
        let found =
            |flags: &str| protection_keys(&format!("processor : 0\nflags\t: fpu {flags}\n")).found;
        assert!(found("pku ospke").starts_with("there"));
        assert!(
            found("pku").starts_with("absent") && protection_keys("").found.starts_with("absent")
        );
    }
}
