//! Variables reach the service that they are set for, and no other.

use mote_abi::area::BODY_BYTES;
use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Completed, Job, JobError, JobOptions, NodeConfig, SubmitError, Ticket};
use mote_tests::{AMPLE_US, TestNode};

/// Submits a job of the service `variables` that asks `body`, with this block of variables.
fn submit(node: &mut TestNode, body: &[u8], block: &[u8]) -> Result<Ticket, SubmitError> {
    let service = node.service("variables");
    let request = [body, block].concat();
    let variables_bytes = block.len() as u16;
    let job = Job {
        service,
        body: &request,
        mode: Mode::Guarded,
        heap: Heap::Bump,
        budget_us: AMPLE_US,
        grace_us: AMPLE_US,
        memory_kib: 4096,
    };
    node.submit_with(job, JobOptions { variables_bytes, ..JobOptions::default() })
}

fn run(node: &mut TestNode, body: &[u8], block: &[u8]) -> Completed {
    submit(node, body, block).unwrap();
    node.wait().unwrap()
}

#[test]
fn service_reads_what_is_set_for_it_and_its_body_ends_before_that() {
    let mut node = TestNode::default();
    let ended = run(&mut node, b"A\nBB\nB", b"A\0one\0BB\0\0");
    assert_eq!((ended.outcome, &*ended.body), (Outcome::Ok, &b"A=one\nBB=\nB\n"[..]), "{ended:?}");
    assert_eq!(ended.log, "A=one\nBB=\nB\n\n");
    let ended = run(&mut node, b"A", b"");
    assert_eq!(&*ended.body, b"A\n", "the variables of one reached the next");
}

#[test]
fn most_variables_reach_the_service() {
    let mut node = TestNode::default();
    let value = vec![b'x'; 4096 - 3];
    let ended = run(&mut node, b"A", &[b"A\0", &value[..], b"\0"].concat());
    assert_eq!(&*ended.body, [b"A=", &value[..], b"\n"].concat());
    let longer = [b"A\0", &value[..], b"y\0"].concat();
    let refused = submit(&mut node, b"A", &longer).unwrap_err();
    assert!(matches!(refused, SubmitError::Job(JobError::VariablesTooLong { .. })), "{refused}");
    let whole = vec![b'\n'; BODY_BYTES];
    assert!(submit(&mut node, &whole, b"A\0\0").is_err(), "there is no room for both");
}

#[test]
fn paused_service_finds_its_variables_again() {
    let config = NodeConfig { slice_us: Some(50), ..NodeConfig::default() };
    let mut node = TestNode::start(&config);
    let was_paused = (0..100).any(|_| {
        for _ in 0..2 {
            submit(&mut node, b"2000\nA", b"A\0mine\0").unwrap();
            submit(&mut node, b"2000\nA", b"A\0other\0").unwrap();
        }
        let ended: Vec<Completed> = (0..4).map(|_| node.wait().unwrap()).collect();
        let mut answers: Vec<_> = ended.iter().map(|ended| &*ended.body).collect();
        answers.sort_unstable();
        assert_eq!(answers, [b"A=mine\n".as_slice(), b"A=mine\n", b"A=other\n", b"A=other\n"]);
        ended.iter().any(|ended| ended.pauses > 0)
    });
    assert!(was_paused, "none was paused");
}
