//! The processors on which breakpoints in running text were tried at length.
//!
//! Storing a breakpoint over the first byte of an instruction that another processor may be executing rests on
//! what makers say of cross-modifying code (Intel SDM volume 3, 9.1.3; AMD APM volume 2, 7.6.1) and on what the
//! kernel does with its own text. The manuals leave room for what a model does, so each model is tried: running
//! services are stopped at random moments and resumed, or killed, and all answers compared. What is not listed is
//! signalled.

use core::arch::x86_64::__cpuid;
use core::fmt;

/// A model of processors, by what `cpuid` says.
///
/// Source: Intel SDM volume 2, CPUID, leaves 0 and 1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Processor {
    vendor: [u8; 12],
    family: u32,
    model: u32,
}

/// A processor on which breakpoints were tried, and how often. No answer was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriedProcessor {
    /// The model.
    pub processor: Processor,
    /// When.
    pub date: &'static str,
    /// Stops of services that were resumed.
    pub stops: u64,
    /// Services that were killed.
    pub kills: u64,
}

/// Where breakpoints may be used.
pub const TRIED_PROCESSORS: &[TriedProcessor] = &[];

impl Processor {
    /// That which this runs on.
    #[must_use]
    pub fn this() -> Self {
        let (names, version) = (__cpuid(0), __cpuid(1).eax);
        let mut vendor = [0; 12];
        for (part, word) in vendor.chunks_exact_mut(4).zip([names.ebx, names.edx, names.ecx]) {
            part.copy_from_slice(&word.to_le_bytes());
        }
        let field = |shift: u32, bits: u32| version >> shift & ((1 << bits) - 1);
        let (family, model) = (field(8, 4), field(4, 4));
        let is_extended = family == 0xf || family == 6;
        Self {
            vendor,
            family: if family == 0xf { family + field(20, 8) } else { family },
            model: if is_extended { field(16, 4) << 4 | model } else { model },
        }
    }

    /// Whether breakpoints were tried on this model.
    #[must_use]
    pub fn is_tried(self) -> bool {
        TRIED_PROCESSORS.iter().any(|tried| tried.processor == self)
    }
}

impl fmt::Display for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vendor = self.vendor.escape_ascii();
        write!(f, "{vendor} family {} model {}", self.family, self.model)
    }
}

impl fmt::Debug for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Processor({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel says of it: proc_cpuinfo(5).
    #[test]
    fn this_processor_is_what_the_kernel_says() {
        let text = std::fs::read_to_string("/proc/cpuinfo").unwrap();
        let field = |name: &str| {
            let line = text.lines().find(|line| line.split(':').next().unwrap().trim() == name);
            line.unwrap().split(':').nth(1).unwrap().trim().to_owned()
        };
        let (vendor, family, model) = (field("vendor_id"), field("cpu family"), field("model"));
        let expected = format!("{vendor} family {family} model {model}");
        assert_eq!(Processor::this().to_string(), expected);
    }
}
