//! Searching an unwind table.

use zerocopy::{FromBytes, Immutable, KnownLayout};

use super::format::{Coverage, FunctionEntry, Pad, Row, Rule, Site, UnwindHeader, function};

/// What a table says of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The function.
    pub function: FunctionEntry,
    /// How its frame is left.
    pub rule: Rule,
    /// What covers the instruction.
    pub coverage: Coverage,
    /// The landing pad, if `coverage` is one.
    pub pad: Pad,
}

/// An unwind table, to be searched.
#[derive(Clone, Copy, Debug)]
pub struct UnwindTable<'t> {
    functions: &'t [FunctionEntry],
    rules: &'t [Rule],
    pads: &'t [Pad],
    rows: &'t [Row],
    sites: &'t [Site],
}

impl<'t> UnwindTable<'t> {
    /// The table in `bytes`; `None` if they are fewer than it says, or lie at an odd address.
    #[must_use]
    pub fn new(bytes: &'t [u8]) -> Option<Self> {
        let (header, mut rest) = UnwindHeader::ref_from_prefix(bytes).ok()?;
        Some(Self {
            functions: take(&mut rest, header.functions)?,
            rules: take(&mut rest, header.rules)?,
            pads: take(&mut rest, header.pads)?,
            rows: take(&mut rest, header.rows)?,
            sites: take(&mut rest, header.sites)?,
        })
    }

    /// What it says of the instruction that covers the byte `offset` bytes into text; `None` if no
    /// function does, or the table is damaged.
    #[must_use]
    pub fn find(&self, offset: u32) -> Option<Found> {
        let index = self.functions.partition_point(|it| it.start <= offset).checked_sub(1)?;
        let function = *self.functions.get(index)?;
        let within = u16::try_from(offset - function.start).ok()?;
        let rows = self.rows_of(index)?;
        let row = rows.get(rows.partition_point(|row| row.offset <= within).checked_sub(1)?)?;
        let rule = *self.rules.get(usize::from(row.rule))?;
        let (coverage, pad) = self.site(&function, index, within)?;
        Some(Found { function, rule, coverage, pad })
    }

    /// The functions, for reports.
    #[must_use]
    pub fn functions(&self) -> &'t [FunctionEntry] {
        self.functions
    }

    /// The rows of the function at `index`.
    #[must_use]
    pub fn rows_of(&self, index: usize) -> Option<&'t [Row]> {
        let start = self.functions.get(index)?.rows as usize;
        let end = self.functions.get(index + 1).map_or(self.rows.len(), |it| it.rows as usize);
        self.rows.get(start..end)
    }

    /// The sites of the function at `index`.
    #[must_use]
    pub fn sites_of(&self, index: usize) -> Option<&'t [Site]> {
        let start = self.functions.get(index)?.sites() as usize;
        let next = self.functions.get(index + 1);
        self.sites.get(start..next.map_or(self.sites.len(), |it| it.sites() as usize))
    }

    /// The rule at `index`.
    #[must_use]
    pub fn rule(&self, index: u16) -> Option<Rule> {
        self.rules.get(usize::from(index)).copied()
    }

    /// The landing pad at `index`.
    #[must_use]
    pub fn pad(&self, index: u16) -> Option<Pad> {
        self.pads.get(usize::from(index)).copied()
    }

    fn site(&self, function: &FunctionEntry, index: usize, within: u16) -> Option<(Coverage, Pad)> {
        if !function.has(function::HAS_LSDA) {
            return Some((Coverage::NoLsda, Pad::default()));
        }
        let sites = self.sites_of(index)?;
        let before = sites.partition_point(|site| site.offset <= within);
        let pad =
            before.checked_sub(1).and_then(|last| sites.get(last)).map_or(Site::GAP, |it| it.pad);
        match pad {
            Site::GAP => Some((Coverage::Gap, Pad::default())),
            Site::NO_PAD => Some((Coverage::NoPad, Pad::default())),
            index => {
                let pad = self.pad(index)?;
                let coverage =
                    if pad.terminates() { Coverage::Terminate } else { Coverage::LandingPad };
                Some((coverage, pad))
            }
        }
    }
}

/// The next `count` entries of a table.
fn take<'t, T>(rest: &mut &'t [u8], count: u32) -> Option<&'t [T]>
where
    T: FromBytes + Immutable + KnownLayout,
{
    let (entries, behind) = <[T]>::ref_from_prefix_with_elems(rest, count as usize).ok()?;
    *rest = behind;
    Some(entries)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use proptest::prelude::*;

    use zerocopy::IntoBytes;

    use super::*;

    /// Bytes at an address that a table may have.
    #[repr(align(4))]
    struct Aligned([u8; 256]);

    fn aligned(bytes: &[u8]) -> Aligned {
        let mut all = Aligned([0; 256]);
        all.0[..bytes.len()].copy_from_slice(bytes);
        all
    }

    /// Two functions: one from 16 to 48 with two rows and a landing pad at its bytes 8 to 12, one from 64 on.
    fn example() -> Aligned {
        let header = UnwindHeader { functions: 2, rules: 2, pads: 1, rows: 4, sites: 3 };
        let function =
            |start, rows, sites_and_flags| FunctionEntry { start, rows, sites_and_flags };
        let functions =
            [function(16, 0, function::HAS_LSDA), function(64, 3, 3 | function::ALL_PASS)];
        let rule = |cfa_offset| Rule { cfa_offset, cfa_register: 7, ..Rule::default() };
        let row = |offset, rule| Row { offset, rule };
        let site = |offset, pad| Site { offset, pad };
        let mut bytes = Vec::new();
        bytes.extend(header.as_bytes());
        bytes.extend(functions.as_bytes());
        bytes.extend([rule(8), rule(16)].as_bytes());
        bytes.extend([Pad(40 | Pad::PASSES)].as_bytes());
        bytes.extend([row(0, 0), row(1, 1), row(32, Row::END), row(0, 1)].as_bytes());
        bytes.extend([site(8, 0), site(12, Site::GAP), site(20, Site::NO_PAD)].as_bytes());
        aligned(&bytes)
    }

    #[test]
    fn instruction_has_the_rule_and_the_site_before_it() {
        let bytes = example();
        let table = UnwindTable::new(&bytes.0).unwrap();
        let found = |offset| table.find(offset).map(|it| (it.rule.cfa_offset, it.coverage));
        assert_eq!(found(15), None);
        assert_eq!(found(16), Some((8, Coverage::Gap)));
        assert_eq!(found(17), Some((16, Coverage::Gap)));
        assert_eq!(found(24), Some((16, Coverage::LandingPad)));
        assert_eq!(found(27), Some((16, Coverage::LandingPad)));
        assert_eq!(found(28), Some((16, Coverage::Gap)));
        assert_eq!(found(47), Some((16, Coverage::NoPad)));
        assert_eq!(found(48), None, "between functions");
        assert_eq!(found(64), Some((16, Coverage::NoLsda)));
        assert_eq!(found(64 + 0x1_0000), None, "no function is so long");
        let pad = table.find(24).unwrap().pad;
        assert!(pad.offset() == 40 && pad.passes() && !pad.terminates());
    }

    #[test]
    fn table_is_refused_when_cut_or_at_an_odd_address() {
        let bytes = example();
        let used = 20 + 2 * 12 + 2 * 16 + 4 + 4 * 4 + 3 * 4;
        assert!(UnwindTable::new(&bytes.0[..used]).is_some());
        assert!((0..used).all(|end| UnwindTable::new(&bytes.0[..end]).is_none()));
        assert!(UnwindTable::new(&bytes.0[1..]).is_none());
    }

    proptest! {
        #[test]
        fn damaged_table_is_searched_without_panic(
            damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
            offset in prop_oneof![0_u32..200, any::<u32>()],
        ) {
            let mut bytes = example();
            damage.into_iter().for_each(|(at, value)| bytes.0[at.index(120)] = value);
            if let Some(table) = UnwindTable::new(&bytes.0) {
                let _either = table.find(offset);
            }
        }
    }
}
