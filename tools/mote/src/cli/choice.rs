//! Arguments that are one of a few names.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use mote_abi::outcome::{Heap, Mode};

/// Takes the name of a [`Mode`].
pub(super) fn mode() -> impl TypedValueParser<Value = Mode> {
    let names = Mode::ALL.iter().map(|mode| mode.name());
    PossibleValuesParser::new(names).map(|name| Mode::from_name(&name).expect("a possible value"))
}

/// Takes the name of a [`Heap`].
pub(super) fn heap() -> impl TypedValueParser<Value = Heap> {
    let names = Heap::ALL.iter().map(|heap| heap.name());
    PossibleValuesParser::new(names).map(|name| Heap::from_name(&name).expect("a possible value"))
}
