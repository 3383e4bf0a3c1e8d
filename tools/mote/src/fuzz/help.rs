//! What `mote fuzz --help` says at its end.

/// What is done, what is a find, and JSON.
pub(crate) const AFTER: &str = "\
Programs are services in safe Rust that a grammar generates: collections of values with destructors,
moves, closures, iterators, recursion, errors and panics. Each runs undisturbed, on either heap, and must
end as the same program does natively. Then it is preempted at its instructions, once, and in guarded and
inject a second time within the cleanup; verdicts are those of mote torture.

Finds are double_release, service_fault and host_damage, and programs that end otherwise than natively.
The first of each kind is shrunk to the smallest program that still fails, and written as a crate with
find.json: seed, manner, verdict, instruction, function.

JSON (--json): seed, toolchain, programs, differing, points, verdicts (by mode), productions, covered,
missed, finds, seconds.

Exit status: 0, or 1 if there was a find.";
