//! Third compilation: the final crate, the note, and the linker with its script.
//!
//! The linker is the toolchain's own, called directly: a C compiler would add start files and
//! libraries, and would have to be there. What the flags are for:
//!
//! | flag | why |
//! | --- | --- |
//! | `-z now` | imports are bound when an image is placed, none later |
//! | `-z norelro` | the whole read-only segment is read-only, so no part of it need be named |
//! | `-z max-page-size=64` | slots are lines of 64 bytes; segments need not lie on pages |
//! | `-z nognustack` | an image has no stack of its own |
//! | `--hash-style=sysv` | the dynamic section then says how many symbols there are |
//! | `--strip-debug` | the symbol table stays, for `mote inspect` |
//! | `--defsym` | see `mote_allocation_refused` in `templates/final.rs` |

use crate::compile::cargo_output::Crates;
use crate::compile::glue;
use crate::compile::note;
use crate::compile::rustc::Rustc;
use crate::error::BuildError;
use crate::event::Event;

const SOURCE: &str = include_str!("templates/final.rs");
const SCRIPT: &str = include_str!("templates/image.ld");

/// The symbol in the final crate that takes the place of the standard library's.
const ALLOCATION_REFUSED: &str = "mote_allocation_refused";

const LINKER_ARGUMENTS: &[&str] = &[
    "-Timage.ld",
    "-znow",
    "-znorelro",
    "-zmax-page-size=64",
    "-znognustack",
    "--hash-style=sysv",
    "--eh-frame-hdr",
    "--strip-debug",
];

/// Links the image and reads it.
pub(crate) fn link(
    rustc: &Rustc<'_>,
    crates: &Crates,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<u8>, BuildError> {
    let toolchain = &rustc.context.toolchain;
    rustc.write("image.ld", SCRIPT)?;
    rustc.write("final.rs", &format!("{SOURCE}\n{}", note::source(rustc.context)))?;
    let refused_allocation = rustc.context.sysroot.refused_allocation();
    let mut command = rustc.command("mote_image", "cdylib");
    command
        .args(["-Cpanic=abort", "-Copt-level=3", "-Clinker-flavor=ld.lld"])
        .arg(format!("-Clinker={}", toolchain.linker()?.display()))
        .args(["final.rs", "-o", "image", "--extern"])
        .arg(format!("{}={}", glue::CRATE, glue::FILE))
        .args(glue::folders(crates))
        .args(LINKER_ARGUMENTS.iter().map(|argument| format!("-Clink-arg={argument}")))
        .arg(format!("-Clink-arg=--defsym={refused_allocation}={ALLOCATION_REFUSED}"));
    let finished = rustc.run(command, observer)?;
    if !finished.is_success() {
        return Err(BuildError::Link { stderr: finished.stderr });
    }
    rustc.read("image")
}
