//! The worker's unwinder against its oracle, and the oracle against the system's unwinder.
//!
//! | module | compares |
//! | --- | --- |
//! | `images` | tables with DWARF, at every instruction of the suite's images |
//! | `walk` | the oracle's frames and landing pads with those of the system's unwinder, on this executable |
//! | `tables` | functions and call sites with another reading of the same tables |
//! | `damage` | nothing: tables with wrong bytes must only not panic |

mod damage;
mod executable;
mod images;
mod system;
mod tables;
mod walk;
