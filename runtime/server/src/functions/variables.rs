//! Settings that travel in a function's environment variables.
//!
//! | variable | setting |
//! | --- | --- |
//! | `MOTE_MODE` | `guarded`, `inject` or `discard` |
//! | `MOTE_HEAP` | `bump` or `general` |
//! | `MOTE_BUDGET_US`, `MOTE_GRACE_US` | microseconds |
//! | `MOTE_MEMORY_KIB` | KiB |
//! | `MOTE_IDEMPOTENT` | `true` or `false` |

use std::collections::BTreeMap;

use thiserror::Error;

use crate::config::settings::{self, Settings};

/// What the names of our settings begin with.
const PREFIX: &str = "MOTE_";

/// Why variables are refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum VariableError {
    /// It is for the service, which cannot read it.
    #[error(
        "the variable {name} cannot reach the service: this node takes only its own settings, such \
         as MOTE_BUDGET_US"
    )]
    Foreign { name: String },
    /// It is no setting, or its value is none.
    #[error("the variables {PREFIX}… are no settings: {0}")]
    Setting(#[from] serde_json::Error),
}

/// The default settings, as these variables change them.
pub(crate) fn settings(
    defaults: Settings,
    variables: &BTreeMap<String, String>,
) -> Result<Settings, VariableError> {
    let mut settings = serde_json::to_value(defaults)?;
    for (name, value) in variables {
        let Some(setting) = name.strip_prefix(PREFIX) else {
            return Err(VariableError::Foreign { name: name.clone() });
        };
        settings[setting.to_ascii_lowercase()] = settings::json(value);
    }
    Ok(serde_json::from_value(settings)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Settings, VariableError> {
        let owned = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        settings(Settings::default(), &owned.collect())
    }

    #[test]
    fn variables_change_the_settings_that_they_name() {
        let changed = with(&[("MOTE_BUDGET_US", "250"), ("MOTE_MODE", "discard")]).unwrap();
        assert_eq!((changed.budget_us.get(), changed.mode.name()), (250, "discard"));
        assert_eq!(changed.grace_us, Settings::default().grace_us);
        assert!(with(&[("MOTE_IDEMPOTENT", "true")]).unwrap().idempotent);
        assert_eq!(with(&[]).unwrap(), Settings::default());
    }

    #[test]
    fn what_is_no_setting_is_refused_and_no_value_is_told() {
        for (name, value) in [("MOTE_SPEED", "9"), ("MOTE_BUDGET_US", "0"), ("MOTE_MODE", "mild")] {
            assert!(with(&[(name, value)]).is_err(), "{name}={value}");
        }
        let refused = with(&[("PASSWORD", "swordfish")]).unwrap_err().to_string();
        assert!(refused.contains("PASSWORD") && !refused.contains("swordfish"), "{refused}");
    }
}
