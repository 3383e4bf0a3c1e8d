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

use std::fmt::Write as _;

use mote_abi::image::{ABI_VERSION, NOTE_NAME, NOTE_SECTION, NOTE_TYPE};

use crate::compile::cargo_output::Crates;
use crate::compile::glue;
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
    rustc.write("final.rs", &format!("{SOURCE}\n{}", note_source(&toolchain.version)))?;
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

/// The static that holds the note, as source of the final crate.
fn note_source(toolchain: &str) -> String {
    let note = note(toolchain);
    let mut source = format!(
        "#[repr(C, align(4))]\nstruct Note([u8; {}]);\n\n\
         #[used]\n#[unsafe(link_section = \"{NOTE_SECTION}\")]\nstatic NOTE: Note = Note([",
        note.len()
    );
    for byte in note {
        // Writing to a String does not fail.
        let _ = write!(source, "{byte}, ");
    }
    source + "]);\n"
}

/// An ELF note: three words, then name and descriptor, each padded to four bytes.
fn note(toolchain: &str) -> Vec<u8> {
    let mut descriptor = ABI_VERSION.to_le_bytes().to_vec();
    descriptor.extend(toolchain.as_bytes());
    let mut note = Vec::new();
    for word in [NOTE_NAME.len() as u32, descriptor.len() as u32, NOTE_TYPE] {
        note.extend(word.to_le_bytes());
    }
    for part in [&NOTE_NAME[..], &descriptor] {
        note.extend(part);
        note.resize(note.len().next_multiple_of(4), 0);
    }
    note
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn note_has_three_words_then_padded_name_and_descriptor() {
        let note = note("rustc");
        assert_eq!(note[..12], [5, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(&note[12..20], b"mote\0\0\0\0");
        assert_eq!(note[20..24], ABI_VERSION.to_le_bytes());
        assert_eq!(&note[24..], b"rustc\0\0\0");
    }
}
