//! What the programs `count-calls` and `count-instructions` beside these tests see of a worker.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// System calls by number, counted from the start of a trace to its end.
pub type Calls = BTreeMap<u64, u64>;

/// A tracer under way: it counts until its standard input ends, and then tells what it counted.
struct Tracer {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Tracer {
    fn begin(program: &str, pid: u32) -> Self {
        let mut child = Command::new(program)
            .arg(pid.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tracers are built with the tests");
        let mut said = BufReader::new(child.stdout.take().expect("piped"));
        let mut ready = String::new();
        said.read_line(&mut ready).expect("readable");
        assert_eq!(ready, "ready\n", "{program} did not begin");
        Self { child, said }
    }

    /// The lines it says at the end: two words each.
    fn end(mut self) -> Vec<(String, String)> {
        drop(self.child.stdin.take());
        let parse = |line: std::io::Result<String>| {
            let line = line.expect("readable");
            let (first, second) = line.split_once(' ').expect("two words");
            (first.to_owned(), second.to_owned())
        };
        let lines = self.said.lines().map(parse).collect();
        assert!(self.child.wait().expect("waited for once").success());
        lines
    }
}

/// A count of system calls under way.
pub struct Trace(Tracer);

impl Trace {
    /// Begins to count the system calls of process `pid`; `program` is `count-calls`.
    ///
    /// # Panics
    /// If the kernel does not let us; the program has said why.
    #[must_use]
    pub fn begin(program: &str, pid: u32) -> Self {
        Self(Tracer::begin(program, pid))
    }

    /// Ends the trace.
    ///
    /// # Panics
    /// If the tracer failed; it has said why.
    #[must_use]
    pub fn end(self) -> Calls {
        let number = |text: &str| text.parse().expect("a number");
        self.0.end().iter().map(|(call, count)| (number(call), number(count))).collect()
    }
}

/// What the program `count-instructions` calls all code of services.
pub const SERVICE: &str = "(service)";

/// The instructions of the shortest invocation in a trace.
pub struct Steps {
    /// All of them.
    pub total: usize,
    /// How many are in which function, most first.
    pub by_function: Vec<(usize, String)>,
}

impl Steps {
    /// How many are in `function`.
    #[must_use]
    pub fn of(&self, function: &str) -> usize {
        self.by_function.iter().find(|(_, name)| name == function).map_or(0, |&(count, _)| count)
    }
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:6} in all", self.total)?;
        self.by_function.iter().try_for_each(|(count, name)| writeln!(f, "{count:6} {name}"))
    }
}

/// A count of instructions under way.
pub struct StepTrace(Tracer);

impl Steps {
    /// Begins to step process `pid`; `program` is `count-instructions`.
    ///
    /// # Panics
    /// If the kernel does not let us; the program has said why.
    #[must_use]
    pub fn begin(program: &str, pid: u32) -> StepTrace {
        StepTrace(Tracer::begin(program, pid))
    }
}

impl StepTrace {
    /// Ends the trace.
    ///
    /// # Panics
    /// If there was no invocation, or the tracer failed; it has said why.
    #[must_use]
    pub fn end(self) -> Steps {
        let number = |text: &str| text.parse().expect("a number");
        let mut lines = self.0.end().into_iter();
        let (_, total) = lines.next().expect("a total");
        let by_function = lines.map(|(count, name)| (number(&count), name)).collect();
        Steps { total: number(&total), by_function }
    }
}
