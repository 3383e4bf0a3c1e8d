//! What the kernel sees of a worker's system calls, by the program `count-calls` beside these tests.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// System calls by number, counted from the start of a trace to its end.
pub type Calls = BTreeMap<u64, u64>;

/// A trace under way.
pub struct Trace {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Trace {
    /// Begins to count the system calls of process `pid`; `program` is `count-calls`.
    ///
    /// # Panics
    /// If the kernel does not let us; the program has said why.
    #[must_use]
    pub fn begin(program: &str, pid: u32) -> Self {
        let mut child = Command::new(program)
            .arg(pid.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("count-calls is built with the tests");
        let mut said = BufReader::new(child.stdout.take().expect("piped"));
        let mut ready = String::new();
        said.read_line(&mut ready).expect("readable");
        assert_eq!(ready, "ready\n", "count-calls did not begin");
        Self { child, said }
    }

    /// Ends the trace.
    ///
    /// # Panics
    /// If the tracer failed; it has said why.
    #[must_use]
    pub fn end(mut self) -> Calls {
        drop(self.child.stdin.take());
        let parse = |line: std::io::Result<String>| {
            let line = line.expect("readable");
            let (number, count) = line.split_once(' ').expect("a number and a count");
            (number.parse().expect("a number"), count.parse().expect("a count"))
        };
        let calls = self.said.lines().map(parse).collect();
        assert!(self.child.wait().expect("waited for once").success());
        calls
    }
}
