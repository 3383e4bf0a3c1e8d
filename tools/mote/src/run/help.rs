//! The long part of `mote run --help`.

use crate::status::Status;

const MODES: &str = "\
Modes, when the budget is used up:
  guarded  The next allocation or host call of the service panics, and its destructors run. When
           they take longer than the grace, or none comes, the service is discarded.
  inject   A panic starts at the very instruction that was interrupted. The compiler has not
           prepared every instruction for that, so destructors may be skipped or run twice: for
           studying exactly this. After the grace, the service is discarded.
  discard  The service is discarded at once: none of its code runs again, its memory goes as a
           whole, and the worker takes back what it held.";

const JSON: &str = "\
With --json, each line on stdout is one object:
  service           the service's name
  outcome           ok, error, panicked, over_budget, over_memory, stack_overflow, fault,
                    denied_syscall, worker_lost, expired or cancelled
  cleanup           returned, unwound or discarded
  body              the response: text, or base64 if it is not UTF-8
  body_encoding     \"base64\", only if body is that
  error             the error's or the panic's text, or null
  latency_ns        from the stamp before the request is published (for a cold start, before the
                    image is placed) to the entry of the service, or null
  total_ns          from the same stamp to the completion being taken
  budget_us         the budget
  late_ns           from the deadline to the handler that acted on it; null if not preempted
  pauses            how often it was paused so that another could run (--slice-us)
  worker_pid        the process that ran it
  arena_peak_bytes  the most memory that was allocated at once
  tokens            host handles: created, released (by the service, each counted once),
                    reclaimed (by the worker), double_released
  cleanup_ns        from the start of the cleanup to the worker being ready; null if it returned
  landing_pads, frames, gaps
                    landing pads run, frames left, and frames that had none for the instruction
  log               what the service logged";

const EXAMPLES: &str = "\
Examples:
  mote run tests/services/hello --data Ada
  mote run tests/services/spin --mode discard --budget-us 100
  echo some words | mote run wordcount.image --json
  mote run hello.image --repeat 10000";

/// What follows the options.
pub(crate) fn after_run() -> String {
    let parts = [EXAMPLES, MODES, &Status::help(), JSON].map(str::to_owned);
    parts.join("\n\n")
}
