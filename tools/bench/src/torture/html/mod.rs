//! Pages that need nothing but a browser: counts, and the disassembly of every function that was injected
//! into, each instruction coloured by its worst verdict.
//!
//! | module | what |
//! | --- | --- |
//! | [`single`] | the page of one sweep |
//! | [`suite`] | the page of `--suite`: an index, and a listing for each image |
//! | [`listing`] | the functions of one image, one column of counts for each mode |
//! | `parts` | pieces that the pages share |

pub mod listing;
mod parts;
pub mod single;
pub mod suite;
