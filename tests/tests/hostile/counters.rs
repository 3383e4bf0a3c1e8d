//! Counters of the processor, by which a service would measure what others do more finely than its clock tells
//! time: not in images of a node whose tenants do not share workers; with all sharing all workers, they are read.

use mote_abi::outcome::{Mode, Outcome};
use mote_dispatcher::{AdmissionError, DeployError, NodeConfig, Sharing};
use mote_tests::{AMPLE_US, TestNode, crafted, image, machine_code};

use crate::machine::{RESPOND, respond_with_rax};

/// What reads a counter, and leaves it in `rax`; and whether every processor lets services have it.
fn reads() -> Vec<(&'static str, bool, Vec<u8>)> {
    let joined = machine_code!("shl rdx, 32", "or rax, rdx");
    let rdtsc = [machine_code!("rdtsc"), joined.clone()].concat();
    let rdtscp = [machine_code!("rdtscp"), joined.clone()].concat();
    let rdpmc = [machine_code!("xor ecx, ecx", "rdpmc"), joined].concat();
    let rdpid = machine_code!("rdpid rax");
    vec![
        ("rdtsc", true, rdtsc),
        ("rdtscp", true, rdtscp),
        ("rdpmc", false, rdpmc),
        ("rdpid", false, rdpid),
    ]
}

fn reading(code: &[u8]) -> Vec<u8> {
    crafted::with_entry(image("wordcount"), &[code, &respond_with_rax()].concat(), RESPOND)
}

#[test]
fn image_that_reads_a_counter_is_refused_where_tenants_do_not_share_workers() {
    let config = NodeConfig { sharing: Sharing::Tenant, ..NodeConfig::default() };
    let mut node = TestNode::start(&config);
    for (name, _, code) in reads() {
        let error = node.deploy(name, reading(&code)).unwrap_err();
        let DeployError::NotAdmitted { source: AdmissionError::Counter(counter), .. } = &error
        else {
            panic!("{name}: {error}");
        };
        assert_eq!(counter.instruction, name, "{error}");
        let hello = node.run("hello", Mode::Guarded, AMPLE_US);
        assert_eq!(hello.body, b"Hello, world!", "after {name}: {hello:?}");
    }
}

#[test]
fn counter_is_read_where_all_share_all_workers() {
    let mut node = TestNode::default();
    for (name, is_everywhere, code) in reads() {
        node.crafted(name, &[code, respond_with_rax()].concat(), RESPOND);
        let mut read = || node.run(name, Mode::Guarded, AMPLE_US);
        let (first, second) = (read(), read());
        if !is_everywhere && first.outcome == Outcome::Fault {
            println!("skipped: this machine does not let services use {name}");
            continue;
        }
        assert_eq!((first.outcome, second.outcome), (Outcome::Ok, Outcome::Ok), "{name}");
        if is_everywhere {
            let value = |body: &[u8]| u64::from_le_bytes(body.try_into().unwrap());
            assert!(value(&first.body) < value(&second.body), "{name}: {first:?}, {second:?}");
        }
    }
}
