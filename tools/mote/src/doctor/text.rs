//! Findings as a list for a person.

use console::style;

use super::finding::{Finding, Group, Verdict};

const GROUPS: [(Group, &str); 4] = [
    (Group::Node, "Node"),
    (Group::Workers, "Isolation of workers"),
    (Group::Builds, "Sandbox of builds"),
    (Group::Machine, "Machine"),
];

/// All of them by group, each with its remedy below it.
pub(super) fn of(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (group, title) in GROUPS {
        text.push_str(&format!("{}\n", style(title).bold()));
        let of_group = findings.iter().filter(|finding| finding.group == group);
        of_group.for_each(|finding| text.push_str(&lines(finding, width)));
    }
    text + &summary(findings)
}

fn lines(finding: &Finding, width: usize) -> String {
    let Finding { name, verdict, found, remedy, .. } = finding;
    let mark = match verdict {
        Verdict::Ok => style("✓").green(),
        Verdict::Missing => style("✗").red(),
        Verdict::Weaker => style("!").yellow(),
        Verdict::Note => style("·").dim(),
    };
    let remedy = remedy.as_ref().map(|remedy| format!("      {remedy}\n")).unwrap_or_default();
    format!("  {mark} {name:<width$}  {found}\n{remedy}")
}

fn summary(findings: &[Finding]) -> String {
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    match (count(Verdict::Missing), count(Verdict::Weaker)) {
        (0, 0) => "Everything is there.\n".to_owned(),
        (0, weaker) => {
            format!("Everything that is needed is there; {weaker} could be better (!).\n")
        }
        (missing, _) => format!("{missing} of what is needed is missing (✗).\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remedies_stand_below_what_they_are_for() {
        console::set_colors_enabled(false);
        let good = Finding::ok(Group::Workers, "limits", "active");
        let bad = Finding::ok(Group::Machine, "clock", "hpet").or(Verdict::Weaker, "use tsc");
        let expected = "Node\nIsolation of workers\n  ✓ limits  active\nSandbox of builds\nMachine\n  \
                        ! clock   hpet\n      use tsc\n\
                        Everything that is needed is there; 1 could be better (!).\n";
        assert_eq!(of(&[good.clone(), bad.clone()]), expected);
        let missing = bad.or(Verdict::Missing, "use tsc");
        assert!(of(&[missing]).ends_with("1 of what is needed is missing (✗).\n"));
        assert!(of(&[good]).ends_with("Everything is there.\n"));
    }
}
