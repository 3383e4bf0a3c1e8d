//! scratch
use mote_dispatcher::{Node, NodeConfig};
fn main() {
    let n: usize = std::env::args().nth(1).map_or(50, |s| s.parse().unwrap());
    let mut v = Vec::new();
    for _ in 0..n {
        let t = std::time::Instant::now();
        let node = Node::start(&NodeConfig::default()).unwrap();
        v.push(t.elapsed().as_micros());
        drop(node);
    }
    v.sort();
    println!("node start p10 {} p50 {} p90 {} us", v[n / 10], v[n / 2], v[n * 9 / 10]);
    let mut node = Node::start(&NodeConfig::default()).unwrap();
    let mut v = Vec::new();
    for _ in 0..n {
        let pid = node.worker_pids()[0];
        let t = std::time::Instant::now();
        unsafe { libc::kill(pid as i32, 9) };
        loop {
            let _ = node.poll();
            let p = node.worker_pids();
            if p.len() == 1 && p[0] != pid {
                break;
            }
        }
        // ready when serving: poll until replaced and ready cannot be seen; wait 20 ms
        v.push(t.elapsed().as_micros());
        std::thread::sleep(std::time::Duration::from_millis(20));
        let _ = node.poll();
    }
    v.sort();
    println!("replaced p10 {} p50 {} p90 {} us", v[n / 10], v[n / 2], v[n * 9 / 10]);
}
