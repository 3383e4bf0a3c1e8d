//! What the node itself counts.

use mote_dispatcher::NodeStatistics;

use super::text::Exposition;

const NS_PER_S: f64 = 1e9;

pub(super) fn write(to: &mut Exposition, node: &NodeStatistics, lost_accounts: u64) {
    let name = "mote_longest_tick_seconds";
    to.family(name, "gauge", "The longest time from one look at the workers to the next.");
    to.sample(name, &[], node.longest_tick_ns as f64 / NS_PER_S);
    one(to, "mote_jobs_accepted_total", "counter", "Jobs that the node took.", node.accepted);
    one(to, "mote_jobs_refused_total", "counter", "Jobs that the node refused.", node.refused);
    one(to, "mote_jobs_under_way", "gauge", "Jobs without an answer.", node.under_way());
    let workers = node.worker_pids.len() as u64;
    one(to, "mote_workers", "gauge", "Worker processes that serve.", workers);
    let resident = node.images_resident;
    one(to, "mote_images_resident", "gauge", "Images that are in memory.", resident);
    let unloaded = node.images_unloaded;
    one(to, "mote_images_unloaded_total", "counter", "Images that made room for others.", unloaded);
    let help = "Lines of the accounting file that were lost.";
    one(to, "mote_accounting_lost_total", "counter", help, lost_accounts);
}

fn one(to: &mut Exposition, name: &str, kind: &str, help: &str, value: u64) {
    to.family(name, kind, help);
    to.sample(name, &[], value);
}
