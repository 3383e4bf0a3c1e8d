//! Looks for instructions that no service may contain, at every byte offset.
//!
//! | bytes | instruction | why |
//! | --- | --- | --- |
//! | `0F 05` | `syscall` | calls the kernel |
//! | `0F 34` | `sysenter` | calls the kernel |
//! | `CD 80` | `int 0x80` | calls the kernel |
//! | `0F 01 EF` | `wrpkru` | changes protection keys |
//! | `0F AE /5`, memory | `xrstor` | can change protection keys |
//! | `0F AE /2` and `/3`, register | `wrfsbase`, `wrgsbase` | change segment bases |
//!
//! The scan is stricter than decoding, on purpose: it does not know where instructions start, so
//! the bytes are refused inside a constant or a displacement too, and so is `0F AE /2` without the
//! prefix that makes it a `wrfsbase`. A jump into the middle of an instruction finds nothing that an
//! aligned one could not. The price: ordinary code has such bytes by accident about once in 180 KiB
//! (counted over 75 MB of compiled Rust), mostly in displacements, so linking it in another order or
//! compiling it at another level of optimisation makes them go away. Spec: Intel SDM volume 2.
#![forbid(unsafe_code)]

/// Bytes that are looked at together. A multiple of every vector width.
const BLOCK_BYTES: usize = 64;

/// A forbidden instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Offset of its first byte.
    pub(crate) offset: usize,
    /// Its name.
    pub(crate) instruction: &'static str,
}

/// The first forbidden instruction in `text`.
pub(crate) fn find(text: &[u8]) -> Option<Hit> {
    let starts = text.len().saturating_sub(1);
    (0..starts).step_by(BLOCK_BYTES).find_map(|start| {
        let end = (start + BLOCK_BYTES).min(starts);
        let may_hit = is_suspicious(&text[start..end], &text[start + 1..=end]);
        may_hit.then(|| find_exactly(text, start, end)).flatten()
    })
}

/// Whether any pair of a byte and its successor begins a forbidden instruction. No branches, so that
/// the compiler makes vector code of it.
fn is_suspicious(bytes: &[u8], successors: &[u8]) -> bool {
    bytes.iter().zip(successors).fold(false, |is_suspicious, (&byte, &next)| {
        let escape =
            (byte == 0x0f) & ((next == 0x05) | (next == 0x34) | (next == 0x01) | (next == 0xae));
        is_suspicious | escape | ((byte == 0xcd) & (next == 0x80))
    })
}

fn find_exactly(text: &[u8], start: usize, end: usize) -> Option<Hit> {
    (start..end).find_map(|offset| {
        forbidden(&text[offset..]).map(|instruction| Hit { offset, instruction })
    })
}

/// The forbidden instruction that `bytes` begin with.
fn forbidden(bytes: &[u8]) -> Option<&'static str> {
    match *bytes {
        [0x0f, 0x05, ..] => Some("syscall"),
        [0x0f, 0x34, ..] => Some("sysenter"),
        [0xcd, 0x80, ..] => Some("int 0x80"),
        [0x0f, 0x01, 0xef, ..] => Some("wrpkru"),
        [0x0f, 0xae, modrm, ..] => forbidden_in_group_15(modrm),
        _ => None,
    }
}

fn forbidden_in_group_15(modrm: u8) -> Option<&'static str> {
    let (is_register, operation) = (modrm >> 6 == 0b11, modrm >> 3 & 0b111);
    match (is_register, operation) {
        (false, 5) => Some("xrstor"),
        (true, 2) => Some("wrfsbase"),
        (true, 3) => Some("wrgsbase"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const FORBIDDEN: &[(&str, &[u8])] = &[
        ("syscall", &[0x0f, 0x05]),
        ("sysenter", &[0x0f, 0x34]),
        ("int 0x80", &[0xcd, 0x80]),
        ("wrpkru", &[0x0f, 0x01, 0xef]),
        ("xrstor", &[0x0f, 0xae, 0x2f]),
        ("xrstor", &[0x0f, 0xae, 0x6c, 0x24, 0x40]),
        ("xrstor", &[0x0f, 0xae, 0xad, 0, 0, 0, 0]),
        ("wrfsbase", &[0xf3, 0x48, 0x0f, 0xae, 0xd7]),
        ("wrgsbase", &[0xf3, 0x0f, 0xae, 0xdf]),
    ];

    const ALLOWED: &[&[u8]] = &[
        &[0x0f, 0xae, 0xe8],             // lfence
        &[0x0f, 0xae, 0xf0],             // mfence
        &[0x0f, 0xae, 0xf8],             // sfence
        &[0x0f, 0xae, 0x1c, 0x24],       // stmxcsr [rsp]
        &[0x0f, 0xae, 0x14, 0x24],       // ldmxcsr [rsp]
        &[0xf3, 0x48, 0x0f, 0xae, 0xc0], // rdfsbase rax
        &[0x0f, 0x01, 0xee],             // rdpkru
        &[0x0f, 0x0b],                   // ud2
        &[0xcd, 0x81],                   // int 0x81: a fault, no system call
        &[0x05, 0x0f],
        &[0x0f],
        &[0xcd],
        &[0x0f, 0xae],
        &[0x0f, 0x01],
        &[],
    ];

    #[test]
    fn instruction_is_found_at_every_offset() {
        for &(instruction, bytes) in FORBIDDEN {
            let within = bytes.iter().position(|&byte| byte == 0x0f || byte == 0xcd).unwrap();
            for start in 0..3 * BLOCK_BYTES {
                let mut text = vec![0x90; start];
                text.extend_from_slice(bytes);
                let expected = Some(Hit { offset: start + within, instruction });
                assert_eq!(find(&text), expected, "at the end");
                text.resize(4 * BLOCK_BYTES, 0x90);
                assert_eq!(find(&text), expected, "in the middle");
            }
        }
    }

    #[test]
    fn instruction_is_let_pass_when_it_only_looks_similar() {
        for bytes in ALLOWED {
            let padded = [&[0x90; 63], *bytes, &[0x90; 5]].concat();
            assert_eq!(find(bytes), None, "{bytes:02x?}");
            assert_eq!(find(&padded), None, "{bytes:02x?}");
        }
    }

    /// Bytes of which most begin or continue a forbidden instruction.
    fn suspicious_text() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop::sample::select(vec![0x0f, 0xae, 0xcd, 0x01, 0xc1, 0x80, 0x90, 0x7f]);
        vec(prop_oneof![20 => byte, 1 => any::<u8>()], 0..300)
    }

    proptest! {
        #[test]
        fn block_scan_agrees_with_looking_at_each_offset(text in suspicious_text()) {
            let hit = |offset| forbidden(&text[offset..]).map(|it| Hit { offset, instruction: it });
            prop_assert_eq!(find(&text), (0..text.len()).find_map(hit));
        }
    }
}
