//! Where an instruction is: what covers it, and in which function, of the image or of the worker.

use std::collections::BTreeMap;

use mote_abi::unwind;
use mote_dispatcher::{Layout, TOOLCHAIN};
use mote_loader::{Checked, Expected, verify};
use serde::Serialize;

use crate::image::functions;

/// What covers an injection point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// A landing pad that runs destructors.
    LandingPad,
    /// A landing pad that lets nothing pass.
    TerminatePad,
    /// A call site without a landing pad.
    NoPad,
    /// No call site, although the function has an LSDA.
    Gap,
    /// The function has no LSDA; or it is one of the memory functions, which have none.
    NoLsda,
    /// Code of the worker.
    HostText,
}

impl Coverage {
    /// The name in tables and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LandingPad => "landing_pad",
            Self::TerminatePad => "terminate_pad",
            Self::NoPad => "no_pad",
            Self::Gap => "gap",
            Self::NoLsda => "no_lsda",
            Self::HostText => "host_text",
        }
    }
}

impl From<unwind::Coverage> for Coverage {
    fn from(coverage: unwind::Coverage) -> Self {
        match coverage {
            unwind::Coverage::LandingPad => Self::LandingPad,
            unwind::Coverage::Terminate => Self::TerminatePad,
            unwind::Coverage::NoPad => Self::NoPad,
            unwind::Coverage::Gap => Self::Gap,
            unwind::Coverage::NoLsda => Self::NoLsda,
        }
    }
}

/// Names by address, where each ends at the next.
type Names = BTreeMap<u64, String>;

/// The image and the worker, by address.
#[derive(Debug)]
pub struct Map {
    image: Option<Checked>,
    text_address: u64,
    layout: Layout,
    names: Names,
    host_names: Names,
}

impl Map {
    /// The map for `bytes` of an image whose text the worker has at `text_address`, in this layout.
    #[must_use]
    pub fn new(bytes: &[u8], text_address: u64, layout: Layout) -> Self {
        Self {
            image: verify(bytes, &Expected::of(TOOLCHAIN)).ok(),
            text_address,
            layout,
            names: functions::names(bytes),
            host_names: functions::names(mote_dispatcher::torture::program()),
        }
    }

    /// The address in the image as linked, if `rip` is in service text.
    #[must_use]
    pub fn linked(&self, rip: u64) -> Option<u64> {
        self.layout.zones.is_text(rip).then(|| rip.wrapping_sub(self.text_address))
    }

    /// What covers the instruction at `rip`.
    #[must_use]
    pub fn coverage(&self, rip: u64) -> Coverage {
        match self.linked(rip) {
            Some(address) => self.coverage_linked(address),
            None if self.is_memory_function(rip) => Coverage::NoLsda,
            None => Coverage::HostText,
        }
    }

    /// What covers the image's instruction at `address`, as linked.
    #[must_use]
    pub fn coverage_linked(&self, address: u64) -> Coverage {
        let table = self.image.as_ref().and_then(Checked::unwind_table);
        let offset = u32::try_from(address).ok();
        let found = table.zip(offset).and_then(|(table, offset)| table.find(offset));
        found.map_or(Coverage::NoLsda, |found| found.coverage.into())
    }

    /// The function that the instruction at `rip` is in.
    #[must_use]
    pub fn function(&self, rip: u64) -> &str {
        match self.linked(rip) {
            Some(address) => name(&self.names, address, "service text"),
            None => name(&self.host_names, self.in_program(rip), "vdso"),
        }
    }

    /// The functions of the image by their linked addresses.
    #[must_use]
    pub fn functions(&self) -> &BTreeMap<u64, String> {
        &self.names
    }

    /// The address in the worker program as linked.
    fn in_program(&self, rip: u64) -> u64 {
        rip.wrapping_sub(self.layout.program)
    }

    fn is_memory_function(&self, rip: u64) -> bool {
        const NAMES: [&str; 5] = ["memcpy", "memmove", "memset", "memcmp", "bcmp"];
        let name = name(&self.host_names, self.in_program(rip), "");
        name.strip_prefix("mote_import_").is_some_and(|name| NAMES.contains(&name))
    }
}

/// The last name at or before `address`; `otherwise` if there is none, or none is near.
fn name<'n>(names: &'n Names, address: u64, otherwise: &'n str) -> &'n str {
    /// No function is longer; beyond, the address belongs to something without a name.
    const LONGEST_BYTES: u64 = 1 << 20;
    names
        .range(..=address)
        .next_back()
        .filter(|(start, _)| address - *start < LONGEST_BYTES)
        .map_or(otherwise, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_functions_have_their_names_and_memory_functions_no_lsda() {
        let layout = Layout::of_seed(7);
        let map = Map::new(b"", 0, layout);
        let find = |wanted: &str| {
            let found = map.host_names.iter().find(|(_, name)| *name == wanted);
            layout.program + found.unwrap().0
        };
        let copy = find("mote_import_memcpy");
        assert_eq!(map.function(copy + 3), "mote_import_memcpy");
        assert_eq!(map.coverage(copy + 3), Coverage::NoLsda);
        assert_eq!(map.coverage(find("mote_enter")), Coverage::HostText);
    }
}
