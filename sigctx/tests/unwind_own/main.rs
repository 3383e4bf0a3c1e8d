//! The unwinder on a real executable: this test's own, as rustc and the linker made it.
//!
//! | module | compares |
//! | --- | --- |
//! | `walk` | frames and landing pads with those of the system's unwinder |
//! | `tables` | functions and call sites with another reading of the same tables |
//! | `damage` | nothing: tables with wrong bytes must only not panic |

mod damage;
mod executable;
mod system;
mod tables;
mod walk;
