//! Arguments that are one of a few names.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use mote_abi::outcome::{Heap, Mode};

use mote_builder::Profile;

/// Takes the name of a [`Mode`].
pub(super) fn mode() -> impl TypedValueParser<Value = Mode> {
    let names = Mode::ALL.iter().map(|mode| mode.name());
    PossibleValuesParser::new(names).map(|name| Mode::from_name(&name).expect("a possible value"))
}

/// Takes the name of a [`Profile`].
pub(super) fn profile() -> impl TypedValueParser<Value = Profile> {
    let names = Profile::ALL.map(Profile::name);
    let named = |name: &str| Profile::ALL.into_iter().find(|profile| profile.name() == name);
    PossibleValuesParser::new(names).map(move |name| named(&name).expect("a possible value"))
}

/// Takes the name of a [`Heap`].
pub(super) fn heap() -> impl TypedValueParser<Value = Heap> {
    let names = Heap::ALL.iter().map(|heap| heap.name());
    PossibleValuesParser::new(names).map(|name| Heap::from_name(&name).expect("a possible value"))
}
