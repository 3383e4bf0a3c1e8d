//! A function's environment variables: our own settings among them, and what reaches the service.
//!
//! | variable | setting |
//! | --- | --- |
//! | `MOTE_MODE` | `guarded`, `inject` or `discard` |
//! | `MOTE_HEAP` | `bump` or `general` |
//! | `MOTE_BUDGET_US`, `MOTE_GRACE_US` | microseconds |
//! | `MOTE_MEMORY_KIB` | KiB |
//! | `MOTE_IDEMPOTENT` | `true` or `false` |
//! | `MOTE_SECRETS` | names of variables that nobody is shown, with commas between |
//!
//! The others are the service's. One is a secret if `MOTE_SECRETS` names it, or if `PASSWORD`, `SECRET`, `TOKEN` or
//! `KEY` is a word of its name, as in `STORE_TOKEN`.

use std::collections::BTreeMap;
use std::fmt;

use mote_abi::variables::VARIABLES_BYTES;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::config::settings::{self, Settings};

/// What the names of our settings begin with.
const PREFIX: &str = "MOTE_";

/// Our own that is no setting.
const SECRETS: &str = "MOTE_SECRETS";

/// Words that make a name a secret's.
const SECRET_WORDS: [&str; 4] = ["PASSWORD", "SECRET", "TOKEN", "KEY"];

/// What is shown of a secret's value. A client that gives it back means the value as it is.
const HIDDEN: &str = "********";

/// The variables of one state of a function, by name. Its text for people has no values.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Variables(BTreeMap<String, String>);

/// Why variables are refused. No message has a value of the service's.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VariableError {
    /// It may not be called so.
    #[error("`{name}` is not the name of a variable: letters, digits and `_`, and no digit first")]
    Name {
        /// What was there.
        name: String,
    },
    /// Its value cannot reach the service.
    #[error("the value of {name} has a zero byte, which ends values")]
    Zero {
        /// The variable.
        name: String,
    },
    /// There is too much of them.
    #[error("the service's variables have {bytes} bytes; the limit is {VARIABLES_BYTES}")]
    TooLong {
        /// Of their names and values, each with the byte that ends it.
        bytes: usize,
    },
    /// One of ours is no setting, or its value is none.
    #[error("the variables {PREFIX}… are no settings: {0}")]
    Setting(#[from] serde_json::Error),
}

impl Variables {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These after `before`: secrets that were given as they are shown stay as they were.
    #[must_use]
    pub fn after(mut self, before: &Self) -> Self {
        for (name, value) in &mut self.0 {
            if value == HIDDEN
                && let Some(kept) = before.0.get(name)
            {
                value.clone_from(kept);
            }
        }
        self
    }

    /// What clients are shown: everything but the values of secrets.
    #[must_use]
    pub fn shown(&self) -> BTreeMap<&str, &str> {
        let value = |name: &str, value| if self.is_secret(name) { HIDDEN } else { value };
        self.0.iter().map(|(name, text)| (&**name, value(name, text))).collect()
    }

    /// The default settings, as those that are ours change them.
    ///
    /// # Errors
    /// One of ours is no setting, or one of the service's cannot reach it.
    pub fn settings(&self, defaults: Settings) -> Result<Settings, VariableError> {
        self.block()?;
        let mut settings = serde_json::to_value(defaults)?;
        for (name, value) in self.0.iter().filter(|(name, _)| *name != SECRETS) {
            if let Some(setting) = name.strip_prefix(PREFIX) {
                settings[setting.to_ascii_lowercase()] = settings::json(value);
            }
        }
        Ok(serde_json::from_value(settings)?)
    }

    /// The service's, as [`mote_abi::variables`] has them.
    ///
    /// # Errors
    /// They cannot be written so.
    pub fn block(&self) -> Result<Vec<u8>, VariableError> {
        let mut block = Vec::new();
        for (name, value) in self.0.iter().filter(|(name, _)| !name.starts_with(PREFIX)) {
            if !is_name(name) {
                return Err(VariableError::Name { name: name.clone() });
            }
            if value.contains('\0') {
                return Err(VariableError::Zero { name: name.clone() });
            }
            for text in [name, value] {
                block.extend_from_slice(text.as_bytes());
                block.push(0);
            }
        }
        match block.len() {
            0..=VARIABLES_BYTES => Ok(block),
            bytes => Err(VariableError::TooLong { bytes }),
        }
    }

    fn is_secret(&self, name: &str) -> bool {
        let named = self.0.get(SECRETS).map(String::as_str).unwrap_or_default();
        let has_word = name
            .split('_')
            .any(|word| SECRET_WORDS.iter().any(|secret| word.eq_ignore_ascii_case(secret)));
        has_word || named.split(',').any(|secret| secret.trim() == name)
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn is_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().all(is_allowed) && text.bytes().next().is_some_and(|it| !it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn with(pairs: &[(&str, &str)]) -> Result<Settings, VariableError> {
        of(pairs).settings(Settings::default())
    }

    #[test]
    fn variables_change_the_settings_that_they_name() {
        let changed = with(&[("MOTE_BUDGET_US", "250"), ("MOTE_MODE", "discard"), ("A", "b")]);
        let changed = changed.unwrap();
        assert_eq!((changed.budget_us.get(), changed.mode.name()), (250, "discard"));
        assert_eq!(changed.grace_us, Settings::default().grace_us);
        assert_eq!(with(&[]).unwrap(), Settings::default());
        assert!(with(&[("MOTE_IDEMPOTENT", "true")]).unwrap().idempotent);
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        for (name, value) in [("MOTE_SPEED", "9"), ("MOTE_BUDGET_US", "0"), ("MOTE_MODE", "mild")] {
            assert!(with(&[(name, value)]).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn services_variables_are_a_block_without_ours() {
        let variables = of(&[("B", ""), ("A", "ä b"), ("MOTE_BUDGET_US", "9")]);
        assert_eq!(variables.block().unwrap(), "A\0ä b\0B\0\0".as_bytes());
    }

    #[test]
    fn what_cannot_reach_the_service_is_refused_and_its_value_is_not_told() {
        let long = "swordfish".repeat(500);
        for (name, value) in [("a b", "swordfish"), ("1A", ""), ("A", "sword\0fish"), ("A", &long)]
        {
            let refused = with(&[(name, value)]).unwrap_err().to_string();
            assert!(!refused.contains("sword"), "{refused}");
        }
        let most = "x".repeat(VARIABLES_BYTES - "A00".len());
        assert_eq!(of(&[("A", &most)]).block().unwrap().len(), VARIABLES_BYTES);
    }

    #[test]
    fn secrets_are_not_shown_and_stay_when_they_are_given_back() {
        let before = of(&[
            ("STORE_TOKEN", "x"),
            ("NAME", "y"),
            ("TURKEY", "z"),
            ("MOTE_SECRETS", "P, NAME"),
        ]);
        let shown = before.shown();
        assert_eq!((shown["STORE_TOKEN"], shown["NAME"], shown["TURKEY"]), (HIDDEN, HIDDEN, "z"));
        assert!(!format!("{before:?}").contains('z'));
        let given: Vec<_> = shown.iter().map(|(name, value)| (*name, *value)).collect();
        assert_eq!(of(&given).after(&before), before);
        assert_eq!(of(&[("NAME", "w")]).after(&before), of(&[("NAME", "w")]));
    }
}
