//! The packages and their rooms, from the top down: a room may use those below it.

use std::path::{Path, PathBuf};

/// The sources of one package.
pub(crate) struct Package {
    pub(crate) folder: &'static str,
    /// Each is a folder in `src` or a file there, and may use those after it. The crate's root is above all.
    pub(crate) rooms: &'static [&'static str],
    /// Files with `unsafe` besides those under `sys`, `arch`, `start` and `host`.
    pub(crate) also_unsafe: &'static [&'static str],
}

/// Where `unsafe` is at home.
pub(crate) const UNSAFE_ROOMS: [&str; 4] = ["sys", "arch", "start", "host"];

pub(crate) const PACKAGES: [Package; 12] = [
    ALLOC,
    Package {
        folder: "loader",
        rooms: &[
            "zone",
            "slots",
            "window",
            "memfd",
            "place",
            "signature",
            "sys",
            "verify",
            "functions",
            "check",
            "unwind",
            "plan",
            "stops",
            "linkage",
            "relocations",
            "decode",
            "error",
            "cfi",
            "names",
            "image",
        ],
        also_unsafe: &[],
    },
    Package {
        folder: "sigctx",
        rooms: &["preempt", "redirect", "timer", "signal", "unwind", "arch", "si_code"],
        also_unsafe: &["src/redirect.rs", "src/signal.rs", "src/timer.rs"],
    },
    Package {
        folder: "runtime/abi",
        rooms: &[
            "upstream",
            "torture",
            "unwind",
            "variables",
            "image",
            "imports",
            "area",
            "stack",
            "stop",
            "lockdown",
            "park",
            "line",
            "message",
            "outcome",
            "windows",
            "clock",
            "prefetch",
            "sync",
        ],
        also_unsafe: &["src/clock.rs", "src/prefetch.rs"],
    },
    Package {
        folder: "runtime/service",
        rooms: &[
            "rt",
            "context",
            "upstream",
            "token",
            "local",
            "sys",
            "error",
            "upstream_error",
            "response",
            "request",
        ],
        // The entry passes the worker's pointer on.
        also_unsafe: &["src/rt.rs"],
    },
    Package {
        folder: "runtime/worker",
        rooms: &["start", "torture", "serve", "invocation", "calls", "preempt", "host", "sys"],
        // Calls into service code, edits of its registers, and what torture reads of its own memory.
        also_unsafe: &[
            "src/calls/stubs.rs",
            "src/invocation/run.rs",
            "src/preempt/handlers.rs",
            "src/preempt/leave.rs",
            "src/serve/mod.rs",
            "src/torture/injection.rs",
            "src/torture/mod.rs",
            "src/torture/oracle.rs",
            "src/torture/stepper.rs",
        ],
    },
    Package {
        folder: "runtime/dispatcher",
        rooms: &[
            "torture",
            "owned",
            "node",
            "upstream",
            "pool",
            "images",
            "sched",
            "journal",
            "config",
            "job",
            "isolation",
            "sys",
        ],
        also_unsafe: &[],
    },
    Package {
        folder: "tools/builder",
        rooms: &[
            "compile",
            "admission",
            "source",
            "intake",
            "options",
            "policy",
            "lock",
            "keys",
            "sandbox",
            "toolchain",
            "event",
            "built",
            "error",
        ],
        also_unsafe: &[],
    },
    Package {
        folder: "runtime/server",
        rooms: &[
            "server",
            "admin",
            "listen",
            "page",
            "plain",
            "lambda",
            "delivery",
            "app",
            "access",
            "http",
            "package",
            "registry",
            "door",
            "accounting",
            "logs",
            "events",
            "metrics",
            "functions",
            "config",
        ],
        also_unsafe: &[],
    },
    Package {
        folder: "tools/mote",
        rooms: &[
            "cli", "manual", "new", "build", "policy", "keys", "inspect", "run", "fuzz", "torture",
            "chaos", "demo", "bench", "doctor", "serve", "operate", "service", "terminal",
            "status", "sys",
        ],
        also_unsafe: &[],
    },
    Package {
        folder: "tools/bench",
        rooms: &[
            "evaluation",
            "report",
            "results",
            "experiments",
            "storm",
            "contenders",
            "demo",
            "fuzz",
            "torture",
            "chaos",
            "samples",
            "bundle",
            "floors",
            "machine",
            "random",
            "image",
            "stats",
            "format",
            "error",
        ],
        also_unsafe: &[],
    },
    Package {
        folder: "tests",
        rooms: &["crafted", "dwarf", "ptrace", "signals", "tracer"],
        also_unsafe: &["src/crafted.rs", "src/ptrace.rs", "src/signals.rs"],
    },
];

pub(crate) const ALLOC: Package = Package {
    folder: "alloc",
    rooms: &["arena", "sys", "error", "plan"],
    // What is allocated from it is the caller's to free.
    also_unsafe: &["src/arena.rs"],
};

/// The folder that the workspace stands in.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The file that a package begins with: of its library, or else of its program.
pub(crate) fn root_of(package: &Package) -> &'static Path {
    let library = Path::new("src/lib.rs");
    let has_one = workspace().join(package.folder).join(library).exists();
    if has_one { library } else { Path::new("src/main.rs") }
}

/// The room that a file of `src` belongs to; none for the crate's root.
pub(crate) fn room_of(file: &Path) -> Option<String> {
    let inside = file.strip_prefix("src").ok()?;
    let room = inside.components().next()?.as_os_str().to_str()?.trim_end_matches(".rs");
    (room != "lib" && room != "main").then(|| room.to_owned())
}
