//! The notes of an image: what built it, and of what. Spec: gABI 5.1 "Note Section"; `mote_abi::image`.

use std::fmt::Write as _;

use mote_abi::image::{
    ABI_VERSION, NOTE_NAME, NOTE_SECTION, NOTE_TYPE, PROVENANCE_TYPE, Provenance, provenance,
};
use zerocopy::IntoBytes as _;

use crate::compile::context::BuildContext;
use crate::options::Profile;

/// The static that holds the notes, as source of the final crate.
pub(super) fn source(context: &BuildContext<'_>) -> String {
    let made_of = made_of(context);
    let notes = [
        note(NOTE_TYPE, &built_by(&context.toolchain.version)),
        note(PROVENANCE_TYPE, made_of.as_bytes()),
    ];
    let notes = notes.concat();
    let mut source = format!(
        "#[repr(C, align(4))]\nstruct Note([u8; {}]);\n\n\
         #[used]\n#[unsafe(link_section = \"{NOTE_SECTION}\")]\nstatic NOTE: Note = Note([",
        notes.len()
    );
    for byte in notes {
        // Writing to a String does not fail.
        let _ = write!(source, "{byte}, ");
    }
    source + "]);\n"
}

fn built_by(toolchain: &str) -> Vec<u8> {
    [&ABI_VERSION.to_le_bytes(), toolchain.as_bytes()].concat()
}

fn made_of(context: &BuildContext<'_>) -> Provenance {
    let options = context.options;
    let flags = [
        (options.has_sandbox, provenance::SANDBOXED),
        (options.profile == Profile::Release, provenance::OPTIMISED),
    ];
    Provenance {
        source: context.intake.digest,
        policy: options.policy.digest(),
        build_seconds: options.limits.seconds,
        build_memory_mib: options.limits.memory_mib,
        flags: flags.iter().filter(|(is_set, _)| *is_set).map(|(_, bit)| bit).sum(),
    }
}

/// An ELF note: three words, then name and descriptor, each padded to four bytes.
fn note(kind: u32, descriptor: &[u8]) -> Vec<u8> {
    let mut note = Vec::new();
    for word in [NOTE_NAME.len() as u32, descriptor.len() as u32, kind] {
        note.extend(word.to_le_bytes());
    }
    for part in [&NOTE_NAME[..], descriptor] {
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
        let note = note(NOTE_TYPE, &built_by("rustc"));
        assert_eq!(note[..12], [5, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(&note[12..20], b"mote\0\0\0\0");
        assert_eq!(note[20..24], ABI_VERSION.to_le_bytes());
        assert_eq!(&note[24..], b"rustc\0\0\0");
    }
}
