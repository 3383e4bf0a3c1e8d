//! The experiments: each says what it measures, takes turns with its contenders, and returns rows.
//!
//! | module | what |
//! | --- | --- |
//! | `table1` | latency warm and cold, and throughput: the paper's Table 1 |
//! | `stops` | stopping by a signal and by breakpoints: how late, and at what cost |
//! | `timer` | how regular periodic timers are, and how late our watchdog |
//! | `quantum` | hashing throughput under preemption: the paper's Figure 2 |
//! | `kill` | how late a kill comes, and how long the worker needs after it |
//! | `density` | how cost grows with resident services |
//! | `epochs` | stopping an endless loop in wasmtime and in Mote, and what being able to costs |
//! | `tenants` | what it takes to give a worker to another tenant |
//! | `slices` | hashing throughput where invocations take turns |
//! | `hashing` | hashing throughput, added up |
//! | `setting` | what all of them are given |

pub(crate) mod density;
pub(crate) mod epochs;
pub(crate) mod hashing;
pub(crate) mod kill;
pub(crate) mod quantum;
pub(crate) mod setting;
pub(crate) mod slices;
pub(crate) mod stops;
pub(crate) mod table1;
pub(crate) mod tenants;
pub(crate) mod timer;
