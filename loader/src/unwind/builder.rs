//! The lists of an unwind table as they grow, and their bytes.
#![forbid(unsafe_code)]

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;

use mote_abi::unwind::{FunctionEntry, Pad, Row, Rule, Site, UnwindHeader, function};
use zerocopy::{Immutable, IntoBytes};

use crate::cfi::CfiError;

/// The longest function that one entry describes: offsets of rows, that of its end included, have 16 bits.
const PART_BYTES: u32 = u16::MAX as u32;

/// A table in the making.
#[derive(Debug, Default)]
pub(super) struct Builder {
    functions: Vec<FunctionEntry>,
    rules: Numbered<[u8; size_of::<Rule>()], Rule>,
    pads: Numbered<u32, Pad>,
    rows: Vec<Row>,
    sites: Vec<Site>,
}

impl Builder {
    /// The position of `rule`, which is added if it is new.
    pub(super) fn rule(&mut self, rule: &Rule) -> Result<u16, CfiError> {
        let mut key = [0; size_of::<Rule>()];
        key.copy_from_slice(rule.as_bytes());
        self.rules.number(key, *rule, Row::END, "rules for unwinding")
    }

    /// The position of `pad`, which is added if it is new.
    pub(super) fn pad(&mut self, pad: Pad) -> Result<u16, CfiError> {
        self.pads.number(pad.0, pad, Site::NO_PAD, "landing pads")
    }

    /// Adds a function with these rows and sites, of which each pair is an offset in the function and what
    /// holds from there on.
    pub(super) fn function(
        &mut self,
        range: &Range<u32>,
        flags: u32,
        rows: &[(u32, u16)],
        sites: &[(u32, u16)],
    ) {
        for start in (0..range.len() as u32).step_by(PART_BYTES as usize) {
            self.functions.push(FunctionEntry {
                start: range.start + start,
                rows: self.rows.len() as u32,
                sites_and_flags: self.sites.len() as u32 & function::SITES | flags,
            });
            let is_last = range.len() as u32 - start <= PART_BYTES;
            let rows = part(rows, start, is_last);
            self.rows.extend(rows.map(|(offset, rule)| Row { offset, rule }));
            let sites = part(sites, start, is_last);
            self.sites.extend(sites.map(|(offset, pad)| Site { offset, pad }));
        }
    }

    /// The table's bytes.
    pub(super) fn finish(self) -> Vec<u8> {
        let header = UnwindHeader {
            functions: self.functions.len() as u32,
            rules: self.rules.all.len() as u32,
            pads: self.pads.all.len() as u32,
            rows: self.rows.len() as u32,
            sites: self.sites.len() as u32,
        };
        let mut bytes = header.as_bytes().to_vec();
        append(&mut bytes, &self.functions);
        append(&mut bytes, &self.rules.all);
        append(&mut bytes, &self.pads.all);
        append(&mut bytes, &self.rows);
        append(&mut bytes, &self.sites);
        bytes
    }
}

fn append<T: IntoBytes + Immutable>(bytes: &mut Vec<u8>, entries: &[T]) {
    bytes.extend_from_slice(entries.as_bytes());
}

/// What holds in the part of a function that begins at `start`, with offsets in the part: what holds there
/// first, then what begins later. What begins behind the last part is its end.
fn part(list: &[(u32, u16)], start: u32, is_last: bool) -> impl Iterator<Item = (u16, u16)> {
    let behind_first = list.partition_point(|(offset, _)| *offset <= start);
    let first = list[..behind_first].last().map(|(_, value)| (0, *value));
    let rest = list[behind_first..].iter();
    let rest = rest.map(move |(offset, value)| (offset - start, *value));
    let rest = rest.take_while(move |(offset, _)| is_last || *offset < PART_BYTES);
    // Offsets in a part have 16 bits.
    first.into_iter().chain(rest.map(|(offset, value)| (offset as u16, value)))
}

/// Different things, numbered in the order of their coming.
#[derive(Debug)]
struct Numbered<K, T> {
    numbers: BTreeMap<K, u16>,
    all: Vec<T>,
}

impl<K, T> Default for Numbered<K, T> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), all: Vec::new() }
    }
}

impl<K: Ord, T> Numbered<K, T> {
    /// The number of the one with `key`, which is below `limit`.
    fn number(&mut self, key: K, one: T, limit: u16, what: &'static str) -> Result<u16, CfiError> {
        if let Some(&number) = self.numbers.get(&key) {
            return Ok(number);
        }
        let number = u16::try_from(self.all.len()).ok().filter(|&number| number < limit);
        let number = number.ok_or(CfiError::TooMany { what, limit: limit.into() })?;
        self.numbers.insert(key, number);
        self.all.push(one);
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use mote_abi::unwind::UnwindTable;
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn long_function_says_the_same_as_its_rows(
            bytes in 1..300_000_u32,
            rows in btree_map(1..300_000_u32, 0..9_u16, 0..40),
            asked in proptest::collection::vec(0..300_000_u32, 1..40),
        ) {
            let mut rows: Vec<_> = rows.into_iter().filter(|(offset, _)| *offset < bytes).collect();
            rows.insert(0, (0, 0));
            rows.push((bytes, Row::END));
            let mut builder = Builder::default();
            for cfa_offset in 0..9 {
                builder.rule(&Rule { cfa_offset, ..Rule::default() }).unwrap();
            }
            builder.function(&(64..64 + bytes), 0, &rows, &[]);
            let table = builder.finish();
            let table = UnwindTable::new(&table).unwrap();
            for offset in asked.into_iter().chain([bytes - 1, bytes]) {
                let last = rows.iter().rfind(|(start, _)| *start <= offset).unwrap().1;
                let found = table.find(64 + offset).map(|found| found.rule.cfa_offset as u16);
                prop_assert_eq!(found, (last != Row::END).then_some(last), "{:#x}", offset);
            }
            prop_assert_eq!(table.find(63), None);
        }
    }

    #[test]
    fn equal_rules_have_one_number_and_numbers_are_limited() {
        let mut numbered = Numbered::default();
        assert_eq!(numbered.number(7, 'a', 2, "letters"), Ok(0));
        assert_eq!(numbered.number(8, 'b', 2, "letters"), Ok(1));
        assert_eq!(numbered.number(7, 'a', 2, "letters"), Ok(0));
        let error = CfiError::TooMany { what: "letters", limit: 2 };
        assert_eq!(numbered.number(9, 'c', 2, "letters"), Err(error));
    }
}
