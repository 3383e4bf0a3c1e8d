//! Arbitrary text as an operator's policy: what is accepted says the same when it is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mote_builder::Policy;

fuzz_target!(|text: &str| {
    let Ok(policy) = Policy::parse(text) else { return };
    let written = toml::to_string(&policy).expect("a policy can be written");
    let again = Policy::parse(&written).expect("what was written can be read");
    assert_eq!(policy, again);
});
