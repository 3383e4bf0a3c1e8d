//! `.eh_frame_hdr`: where `.eh_frame` lies, and a sorted table from functions to their FDEs.
//!
//! ```text
//!  0  version (1)        4  distance from here to .eh_frame (i32)
//!  1  encoding of it     8  number of rows (u32)
//!  2  … of the number   12  rows: function − header (i32), FDE − header (i32), sorted
//!  3  … of the rows
//! ```
//! Only these encodings are read: GNU ld, gold, lld, mold and wild choose no other for sections that
//! lie within 2 GiB.
//!
//! Spec: LSB 5.0 core, 10.6.2.
#![forbid(unsafe_code)]

use super::error::CfiError;

const VERSION: u8 = 1;
/// `DW_EH_PE_pcrel | DW_EH_PE_sdata4`.
const POINTER_ENCODING: u8 = 0x1b;
/// `DW_EH_PE_udata4`.
const COUNT_ENCODING: u8 = 0x03;
/// `DW_EH_PE_datarel | DW_EH_PE_sdata4`.
const ROWS_ENCODING: u8 = 0x3b;
const FIELDS_BYTES: usize = 12;
const ROW_BYTES: usize = 8;

/// A parsed `.eh_frame_hdr`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    address: u64,
    eh_frame: u64,
    rows: &'a [[u8; ROW_BYTES]],
}

impl<'a> Header<'a> {
    /// Reads the header that lies at `address`.
    pub(super) fn parse(bytes: &'a [u8], address: u64) -> Result<Self, CfiError> {
        let truncated =
            CfiError::HeaderTruncated { needed: FIELDS_BYTES as u64, found: bytes.len() as u64 };
        let (fields, rest) = bytes.split_first_chunk::<FIELDS_BYTES>().ok_or(truncated)?;
        let [version, pointer, count, rows, d0, d1, d2, d3, n0, n1, n2, n3] = *fields;
        check_encodings(version, pointer, count, rows)?;
        let distance = i32::from_le_bytes([d0, d1, d2, d3]);
        let count = u32::from_le_bytes([n0, n1, n2, n3]);
        let rows = rows_of(rest, count)?;
        // The distance counts from its own field, four bytes into the header.
        let eh_frame = address.wrapping_add(4).wrapping_add_signed(distance.into());
        Ok(Self { address, eh_frame, rows })
    }

    /// Where `.eh_frame` begins.
    pub(super) fn eh_frame(&self) -> u64 {
        self.eh_frame
    }

    /// How many functions there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Addresses of the functions' entries.
    pub(super) fn entries(&self) -> impl Iterator<Item = u64> {
        self.rows.iter().map(|[_, _, _, _, entry @ ..]| {
            self.address.wrapping_add_signed(i32::from_le_bytes(*entry).into())
        })
    }
}

fn check_encodings(version: u8, pointer: u8, count: u8, rows: u8) -> Result<(), CfiError> {
    if version != VERSION {
        return Err(CfiError::Version { found: version });
    }
    let fields = [
        ("the address of .eh_frame", pointer, POINTER_ENCODING),
        ("the number of rows", count, COUNT_ENCODING),
        ("the rows", rows, ROWS_ENCODING),
    ];
    for (field, found, expected) in fields {
        if found != expected {
            return Err(CfiError::HeaderEncoding { field, found, expected });
        }
    }
    Ok(())
}

fn rows_of(rest: &[u8], count: u32) -> Result<&[[u8; ROW_BYTES]], CfiError> {
    let (rows, _) = rest.as_chunks();
    let needed = u64::from(count) * ROW_BYTES as u64;
    let found = rest.len() as u64;
    let truncated = CfiError::HeaderTruncated {
        needed: needed + FIELDS_BYTES as u64,
        found: found + FIELDS_BYTES as u64,
    };
    rows.get(..count as usize).ok_or(truncated)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    const ADDRESS: u64 = 0x10_0000;

    fn header(starts: &[i32]) -> Vec<u8> {
        let mut bytes = Vec::from([VERSION, POINTER_ENCODING, COUNT_ENCODING, ROWS_ENCODING]);
        bytes.extend(0x1000_i32.to_le_bytes());
        bytes.extend((starts.len() as u32).to_le_bytes());
        for (index, start) in starts.iter().enumerate() {
            bytes.extend(start.to_le_bytes());
            bytes.extend((0x2000 + 0x10 * index as i32).to_le_bytes());
        }
        bytes
    }

    #[test]
    fn header_names_eh_frame_relative_to_its_own_field() {
        let bytes = header(&[-16]);
        assert_eq!(Header::parse(&bytes, ADDRESS).unwrap().eh_frame(), ADDRESS + 4 + 0x1000);
    }

    #[test]
    fn entries_are_relative_to_the_header() {
        let bytes = header(&[-0x300, 0x40]);
        let header = Header::parse(&bytes, ADDRESS).unwrap();
        assert!(header.entries().eq([ADDRESS + 0x2000, ADDRESS + 0x2010]));
    }

    #[test]
    fn header_is_refused_when_truncated() {
        let bytes = header(&[1, 2, 3]);
        for len in 0..bytes.len() {
            let error = Header::parse(&bytes[..len], ADDRESS).unwrap_err();
            assert!(
                matches!(error, CfiError::HeaderTruncated { found, .. } if found == len as u64)
            );
        }
    }

    #[test]
    fn header_is_refused_when_its_count_is_absurd() {
        let mut bytes = header(&[1, 2, 3]);
        bytes[8..12].fill(0xff);
        let needed = 12 + 8 * u64::from(u32::MAX);
        let error = Header::parse(&bytes, ADDRESS).unwrap_err();
        assert_eq!(error, CfiError::HeaderTruncated { needed, found: 36 });
    }

    #[test]
    fn header_is_refused_when_it_has_no_table() {
        let mut omitted = header(&[1]);
        omitted[3] = 0xff;
        assert!(matches!(
            Header::parse(&omitted, ADDRESS).unwrap_err(),
            CfiError::HeaderEncoding { field: "the rows", found: 0xff, expected: 0x3b }
        ));
    }

    proptest! {
        #[test]
        fn header_is_total_over_any_bytes(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..64),
            is_plausible: bool, address: u64,
        ) {
            if is_plausible && bytes.len() >= 4 {
                bytes[..4].copy_from_slice(&[1, POINTER_ENCODING, COUNT_ENCODING, ROWS_ENCODING]);
                if let Some(high) = bytes.get_mut(9..12) { high.fill(0) }
            }
            if let Ok(header) = Header::parse(&bytes, address) {
                prop_assert!(header.len() * ROW_BYTES + FIELDS_BYTES <= bytes.len());
                assert_eq!(header.entries().count(), header.len());
            }
        }
    }
}
