//! What `mote torture --help` says at its end.

/// Verdicts, coverage and JSON.
pub(crate) const AFTER: &str = "\
Each injection runs in a copy of the worker: the production handler decides, the production cleanup
runs, and then the copy must still answer three requests rightly.

Verdicts:
  clean           every resource was released once, and nothing else is amiss
  leaked          a destructor did not run; the worker took the resource back
  double_release  a destructor ran twice
  service_fault   the service broke (fault, stack overflow, panic, another answer) and was contained
  host_damage     the worker died or hung, something of the host changed, or an answer was wrong

Coverage of an instruction:
  landing_pad, terminate_pad, no_pad   its call site in the function's LSDA
  gap                                  the LSDA has no call site for it
  no_lsda                              the function has no LSDA
  host_text                            code of the worker

JSON (--json): one object with service, mode, toolchain, points, instructions, is_complete,
is_endless, second_points, verdicts, endings, by_coverage, by_function, per_second and damage; with --suite a list
of them, each with its profile.

Exit status: 0, or 1 if there was host damage.";
