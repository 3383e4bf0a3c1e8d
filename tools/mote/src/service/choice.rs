//! Values that the arguments of several commands take.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use mote_abi::outcome::{Heap, Mode};

/// The most that `--memory-kib` takes: 2 GiB.
pub(crate) const MAX_MEMORY_KIB: i64 = 2 << 20;

/// Takes the name of a [`Mode`].
pub(crate) fn mode() -> impl TypedValueParser<Value = Mode> {
    let names = Mode::ALL.iter().map(|mode| mode.name());
    PossibleValuesParser::new(names).map(|name| Mode::from_name(&name).expect("a possible value"))
}

/// Takes the name of a [`Heap`].
pub(crate) fn heap() -> impl TypedValueParser<Value = Heap> {
    let names = Heap::ALL.iter().map(|heap| heap.name());
    PossibleValuesParser::new(names).map(|name| Heap::from_name(&name).expect("a possible value"))
}
