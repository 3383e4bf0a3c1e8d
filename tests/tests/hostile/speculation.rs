//! Speculation that a service would train to read what is not its own: off in workers where a process has a say in
//! it, and as everywhere without that layer.
//!
//! Source: Speculation_Store_Bypass and SpeculationIndirectBranch in proc_pid_status(5).

use mote_dispatcher::{Layer, NodeConfig};
use mote_tests::TestNode;

/// How the kernel says that a process has a say, and that it was used for good.
const CONTROLS: [(&str, &str, &str); 2] = [
    ("Speculation_Store_Bypass:", "thread vulnerable", "thread force mitigated"),
    ("SpeculationIndirectBranch:", "conditional enabled", "conditional force disabled"),
];

fn state(process: &str, control: &str) -> String {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(control));
    line.unwrap_or_default().trim().to_owned()
}

/// The states of a worker without `without`, beside what they would be with the layer.
fn states(without: &[Layer]) -> Vec<(String, &'static str, &'static str)> {
    let node =
        TestNode::start(&NodeConfig { without_layers: without.to_vec(), ..NodeConfig::default() });
    let pid = node.worker_pids()[0].to_string();
    let offered = CONTROLS.iter().filter(|(control, offer, _)| state("self", control) == *offer);
    let states: Vec<_> =
        offered.map(|&(control, offer, used)| (state(&pid, control), offer, used)).collect();
    if states.is_empty() {
        println!("skipped: processes of this machine have no say in speculation");
    }
    states
}

#[test]
fn speculation_is_off_in_workers_where_they_have_a_say() {
    for (found, _, used) in states(&[]) {
        assert_eq!(found, used);
    }
}

#[test]
fn speculation_is_as_everywhere_without_the_layer() {
    for (found, offer, _) in states(&[Layer::Speculation]) {
        assert_eq!(found, offer);
    }
}
