//! Call frame information of a blueprint's functions.

use super::parts::Described;

/// `.eh_frame_hdr`, `.eh_frame` and `.gcc_except_table` in this order, and the bytes of the first.
pub(super) fn build(functions: &[Described], address: u64) -> (Vec<u8>, u64) {
    let header_bytes = 12 + 8 * functions.len() as u64;
    let eh_frame = address + header_bytes;
    let sizes = functions.iter().map(|it| (entry_bytes(it), it));
    let mut lsda = eh_frame + CIE.len() as u64 + sizes.map(|(bytes, _)| bytes).sum::<u64>() + 4;
    let mut header = vec![1, 0x1b, 0x03, 0x3b];
    header.extend(distance(eh_frame, address + 4));
    header.extend((functions.len() as u32).to_le_bytes());
    let (mut entries, mut lsdas) = (CIE.to_vec(), Vec::new());
    for function in functions {
        let here = eh_frame + entries.len() as u64;
        header.extend(distance(function.start, address));
        header.extend(distance(here, address));
        entries.extend(entry(function, here, eh_frame, lsda));
        lsdas.extend(&function.lsda);
        lsda += function.lsda.len() as u64;
    }
    entries.extend([0; 4]);
    ([header, entries, lsdas].concat(), header_bytes)
}

/// Version 1, "zLR", factors 1 and -8, return address in 16, relative pointers; CFA = rsp + 8, rip at CFA - 8.
const CIE: &[u8] = &[
    24, 0, 0, 0, 0, 0, 0, 0, 1, b'z', b'L', b'R', 0, 1, 0x78, 16, 2, 0x1b, 0x1b, 0x0c, 7, 8, 0x90,
    1, 0, 0, 0, 0,
];

fn entry_bytes(function: &Described) -> u64 {
    (4 + 4 + 4 + 4 + 1 + 4 + function.cfi.len() as u64).next_multiple_of(4)
}

fn entry(function: &Described, here: u64, cie: u64, lsda: u64) -> Vec<u8> {
    let mut entry = ((entry_bytes(function) - 4) as u32).to_le_bytes().to_vec();
    entry.extend(distance(here + 4, cie));
    entry.extend(distance(function.start, here + 8));
    entry.extend(function.bytes.to_le_bytes());
    entry.push(4);
    let has_lsda = !function.lsda.is_empty();
    entry.extend(if has_lsda { distance(lsda, here + 17) } else { [0; 4] });
    entry.extend(&function.cfi);
    entry.resize(entry_bytes(function) as usize, 0);
    entry
}

fn distance(to: u64, from: u64) -> [u8; 4] {
    (to.wrapping_sub(from) as i32).to_le_bytes()
}
