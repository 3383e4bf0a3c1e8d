//! The table of restartable sequences: a section to which each sequence adds its first address and the
//! one past its last, beside its own instructions.
//!
//! An entry is two 32-bit distances, each from its own place, so the table needs no relocation (as the
//! kernel's `__ex_table`: Linux, `Documentation/arch/x86/exception-tables.rst`).

use core::ops::Range;

use super::shared::Crossing;

/// In assembly, adds the sequence between the labels `$start` and `$end` to the table.
macro_rules! restartable {
    ($start:literal, $end:literal) => {
        concat!(
            ".pushsection mote_edges, \"aR\", @progbits\n",
            ".balign 4\n",
            ".long ",
            $start,
            " - .\n",
            ".long ",
            $end,
            " - .\n",
            ".popsection",
        )
    };
}
pub(super) use restartable;

/// One entry of the table.
#[repr(C)]
struct Edge {
    start: i32,
    end: i32,
}

unsafe extern "C" {
    // Linkers define these for a section whose name is an identifier.
    static __start_mote_edges: Edge;
    static __stop_mote_edges: Edge;
}

impl Edge {
    fn range(&self) -> Range<u64> {
        let target = |distance: &i32| {
            let place = core::ptr::from_ref(distance).addr() as u64;
            place.wrapping_add_signed(i64::from(*distance))
        };
        target(&self.start)..target(&self.end)
    }
}

fn edges() -> &'static [Edge] {
    let (start, end) = (&raw const __start_mote_edges, &raw const __stop_mote_edges);
    let count = (end.addr() - start.addr()) / size_of::<Edge>();
    // SAFETY: the linker put all entries of the section between the two, and nothing else.
    unsafe { core::slice::from_raw_parts(start, count) }
}

impl Crossing {
    /// If `rip` is inside a restartable sequence, where that starts.
    #[must_use]
    pub fn restart(rip: u64) -> Option<u64> {
        edges().iter().map(Edge::range).find(|edge| edge.contains(&rip)).map(|edge| edge.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_short_and_apart() {
        assert_eq!(edges().len(), 6);
        for (number, edge) in edges().iter().map(Edge::range).enumerate() {
            assert!(edge.start < edge.end && edge.end - edge.start < 256, "{edge:x?}");
            assert_eq!(Crossing::restart(edge.start), Some(edge.start));
            assert_eq!(Crossing::restart(edge.end - 1), Some(edge.start));
            for other in edges().iter().map(Edge::range).skip(number + 1) {
                assert!(other.end <= edge.start || edge.end <= other.start);
            }
        }
        assert_eq!(Crossing::restart(edges as *const () as u64), None);
    }
}
