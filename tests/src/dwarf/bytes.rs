//! Bytes as gimli reads them: x86-64 is little-endian.

/// Some of them.
pub(super) type Bytes<'a> = gimli::EndianSlice<'a, gimli::LittleEndian>;
