//! What a service gets back, and what others do meanwhile.

use mote_abi::area::BODY_BYTES;
use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Job, NodeConfig};
use mote_tests::{AMPLE_US, TestNode, assert_tokens_accounted_for};

use crate::{held, job, node, text, waiting};

#[test]
fn service_goes_on_with_the_reply_and_everything_that_was_its() {
    for heap in [Heap::Bump, Heap::General] {
        let (mut node, _backend) = node(&waiting(1));
        let asks = node.service("asks");
        let body = "net echo one\n\nnet echo two\nnet echo three\n\nnet echo four";
        let ended = node.invoke(Job { heap, ..job(asks, body) }).unwrap();
        assert_eq!((ended.outcome, text(&ended)), (Outcome::Ok, "one\ntwo\nthree\nfour"));
        assert_eq!((ended.log.as_str(), ended.pauses), ("asks\nasks\nasks\n", 0));
        assert_eq!((ended.tokens.created, ended.tokens.released), (4, 4), "{ended:?}");
        node.canary(ended.worker_pid);
    }
}

#[test]
fn others_run_on_the_same_worker_while_one_waits() {
    let (mut node, backend) = node(&waiting(1));
    let (asks, hello) = (node.service("asks"), node.service("hello"));
    let waits = held(&mut node, &backend, job(asks, "net hold\n\nnet echo more"));
    for _ in 0..100 {
        let ended = node.invoke(job(hello, "world")).unwrap();
        assert_eq!((ended.outcome, text(&ended)), (Outcome::Ok, "Hello, world!"));
    }
    backend.release(1);
    let ended = node.wait().unwrap();
    assert_eq!((ended.ticket, text(&ended)), (waits, "released\nmore"), "{ended:?}");
}

#[test]
fn calls_of_one_round_are_under_way_together() {
    let (mut node, _backend) = node(&waiting(1));
    let asks = node.service("asks");
    let ended = node.invoke(job(asks, "net meet 3\nnet meet 3\nnet meet 3")).unwrap();
    assert_eq!(text(&ended), "met\nmet\nmet");
}

#[test]
fn hundreds_wait_on_one_worker_and_each_gets_its_own_reply() {
    const COUNT: usize = 300;
    let (mut node, backend) =
        node(&NodeConfig { queue_limit: COUNT, arena_kib: 4096, ..waiting(COUNT) });
    let asks = node.service("asks");
    let bodies: Vec<_> = (0..COUNT).map(|i| format!("net hold\n\nnet echo {i}")).collect();
    let tickets: Vec<_> = bodies.iter().map(|body| node.submit(job(asks, body)).unwrap()).collect();
    crate::tick_until(&mut node, |_| backend.holds() == COUNT);
    backend.release(COUNT);
    for _ in 0..COUNT {
        let ended = node.wait().unwrap();
        let number = tickets.iter().position(|&ticket| ticket == ended.ticket).unwrap();
        assert_eq!(text(&ended), format!("released\n{number}"), "{ended:?}");
        assert_tokens_accounted_for(&ended);
    }
    let pid = node.worker_pids()[0];
    node.canary(pid);
}

#[test]
fn waiting_uses_no_budget() {
    let (mut node, backend) = node(&waiting(1));
    let asks = node.service("asks");
    let budget_us = 20_000;
    held(&mut node, &backend, Job { budget_us, ..job(asks, "net hold") });
    std::thread::sleep(std::time::Duration::from_micros(10 * u64::from(budget_us)));
    backend.release(1);
    let ended = node.wait().unwrap();
    assert_eq!((ended.outcome, text(&ended)), (Outcome::Ok, "released"), "{ended:?}");
}

#[test]
fn waiting_and_time_slices_go_together() {
    let config = NodeConfig { slice_us: Some(100), ..waiting(2) };
    let (mut node, backend) = node(&config);
    let (asks, turns) = (node.service("asks"), node.service("turns"));
    held(&mut node, &backend, job(asks, "net hold"));
    for body in ["2000", "1900", "1800"] {
        node.submit(job(turns, body)).unwrap();
    }
    for _ in 0..3 {
        let ended = node.wait().unwrap();
        assert_eq!((ended.outcome, text(&ended)), (Outcome::Ok, "done"), "{ended:?}");
    }
    backend.release(1);
    assert_eq!(text(&node.wait().unwrap()), "released");
}

#[test]
fn each_error_is_told_as_what_it_is() {
    let (mut node, _backend) = node(&waiting(1));
    let asks = node.service("asks");
    let body = "timeout x\nrefused x\nlarge x\nbusy x\nother x\ngone x\nnet close\nnet echo x";
    let ended = node.invoke(job(asks, body)).unwrap();
    let said = [
        "! the upstream did not reply in time",
        "! the upstream refused the request",
        "! the request or the reply is too long",
        "! too many calls to upstreams are under way",
        "! no upstream of that name is granted to this service",
        "! the upstream is gone",
        "! the upstream is gone",
        "x",
    ];
    assert_eq!(text(&ended).lines().collect::<Vec<_>>(), said);
}

#[test]
fn call_is_refused_where_nobody_may_wait_or_nobody_is_asked() {
    let not_granted = "! no upstream of that name is granted to this service";
    for (config, ask) in [(NodeConfig::default(), true), (waiting(1), false)] {
        let backend = crate::backend::Backend::start();
        let mut node = TestNode::start(&config);
        if ask {
            node.set_upstreams(Box::new(backend.driver()));
        }
        let asks = node.service("asks");
        let ended = node.invoke(job(asks, "net echo x")).unwrap();
        assert_eq!((ended.outcome, text(&ended)), (Outcome::Ok, not_granted), "{ended:?}");
    }
}

#[test]
fn no_more_wait_than_may() {
    let (mut node, backend) = node(&waiting(2));
    let asks = node.service("asks");
    for _ in 0..2 {
        held(&mut node, &backend, job(asks, "net hold"));
    }
    let ended = node.invoke(job(asks, "net echo x")).unwrap();
    assert_eq!(text(&ended), "! too many calls to upstreams are under way");
    backend.release(2);
    assert!((0..2).all(|_| text(&node.wait().unwrap()) == "released"));
    assert_eq!(text(&node.invoke(job(asks, "net echo x")).unwrap()), "x");
}

#[test]
fn too_many_calls_of_one_round_are_busy_and_too_long_replies_are_their_own_failure() {
    let (mut node, _backend) = node(&waiting(1));
    let asks = node.service("asks");
    let many = ["net echo x"; 70].join("\n");
    let ended = node.invoke(job(asks, &many)).unwrap();
    let (replied, busy): (Vec<_>, Vec<_>) = text(&ended).lines().partition(|&line| line == "x");
    assert_eq!((replied.len(), busy.len()), (64, 6), "{ended:?}");
    let flood = format!("net flood {}\nnet echo x", BODY_BYTES + 1);
    let ended = node.invoke(job(asks, &flood)).unwrap();
    assert_eq!(text(&ended), "! the request or the reply is too long\nx");
    node.canary(ended.worker_pid);
}

#[test]
fn calls_that_are_too_long_together_do_not_go_out() {
    let (mut node, _backend) = node(&waiting(1));
    let body = format!("net echo {}", "x".repeat(BODY_BYTES - 9));
    let memory_kib = NodeConfig::default().arena_kib;
    let asks = node.service("asks");
    let ended = node.invoke(Job { memory_kib, ..job(asks, &body) }).unwrap();
    assert_eq!(text(&ended), "! the request or the reply is too long");
}

#[test]
fn reply_that_the_service_has_no_memory_for_is_its_own_failure() {
    let (mut node, _backend) = node(&waiting(1));
    let flood = format!("net flood {}", 5 << 20);
    let ended = node.run_with("asks", |job| Job { body: flood.as_bytes(), ..job });
    assert_eq!(ended.outcome, Outcome::OverMemory, "{ended:?}");
    assert_tokens_accounted_for(&ended);
    node.canary(ended.worker_pid);
    let ended = node.run("asks", Mode::Guarded, AMPLE_US);
    assert_eq!(ended.outcome, Outcome::Error, "{ended:?}");
}
