//! What one invocation of a function may use, and what happens at the end of it.

use std::num::NonZeroU32;

use mote_abi::outcome::{Heap, Mode};
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::error::ConfigError;
use super::range::within;

/// The most memory of an invocation, in KiB: 2 GiB.
const MAX_MEMORY_KIB: u64 = 2 << 20;

/// A function's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What happens when the budget is used up.
    #[serde(serialize_with = "mode_name", deserialize_with = "mode")]
    pub mode: Mode,
    /// The heap to allocate from.
    #[serde(serialize_with = "heap_name", deserialize_with = "heap")]
    pub heap: Heap,
    /// How long an invocation may run, in microseconds.
    pub budget_us: NonZeroU32,
    /// How long its cleanup may take after that, in microseconds.
    pub grace_us: u32,
    /// The memory that it may allocate, in KiB.
    pub memory_kib: u32,
    /// Whether running it twice for one request does no harm: then it is, if its worker is lost meanwhile.
    pub idempotent: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::Guarded,
            heap: Heap::Bump,
            budget_us: NonZeroU32::new(10_000).expect("a constant that is not 0"),
            grace_us: 10_000,
            memory_kib: 16_384,
            idempotent: false,
        }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        within("defaults.memory_kib", self.memory_kib.into(), 1, MAX_MEMORY_KIB)
    }
}

/// A setting's value that was written as text: numbers and truths are what JSON makes of them, all else is text.
pub(crate) fn json(text: &str) -> Value {
    let scalar = serde_json::from_str(text).ok();
    let scalar = scalar.filter(|it: &Value| it.is_u64() || it.is_boolean());
    scalar.unwrap_or_else(|| Value::from(text))
}

fn mode_name<S: Serializer>(mode: &Mode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(mode.name())
}

fn heap_name<S: Serializer>(heap: &Heap, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(heap.name())
}

fn mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mode, D::Error> {
    let name = String::deserialize(deserializer)?;
    Mode::from_name(&name)
        .ok_or_else(|| D::Error::custom(unknown("mode", &name, Mode::ALL.iter().map(|m| m.name()))))
}

fn heap<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Heap, D::Error> {
    let name = String::deserialize(deserializer)?;
    Heap::from_name(&name)
        .ok_or_else(|| D::Error::custom(unknown("heap", &name, Heap::ALL.iter().map(|h| h.name()))))
}

fn unknown<'a>(what: &str, found: &str, names: impl Iterator<Item = &'a str>) -> String {
    format!("there is no {what} `{found}`, but {}", names.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_from_json_as_they_were() {
        let settings = Settings { mode: Mode::Discard, heap: Heap::General, ..Settings::default() };
        let json = serde_json::to_string(&settings).unwrap();
        assert!(json.contains(r#""mode":"discard""#), "{json}");
        assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), settings);
    }

    #[test]
    fn budget_of_nothing_is_refused() {
        assert!(serde_json::from_str::<Settings>(r#"{"budget_us":0}"#).is_err());
    }
}
