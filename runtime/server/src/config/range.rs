//! Numbers with limits.

use super::error::ConfigError;

/// Refuses a number that is not from `least` to `most`.
pub(super) fn within(
    field: &'static str,
    found: u64,
    least: u64,
    most: u64,
) -> Result<(), ConfigError> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(ConfigError::Range { field, found, least, most })
}
