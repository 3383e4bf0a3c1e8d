//! How an invocation ended, told to its client.

use mote_dispatcher::Outcome;

use crate::config::settings::Settings;

/// What the service or its worker said, or else what the outcome means.
pub(crate) fn message(outcome: Outcome, said: Option<&str>, settings: &Settings) -> String {
    match (said, outcome) {
        (Some(said), _) => said.to_owned(),
        (None, Outcome::OverBudget) => {
            format!("it ran past its budget of {} us", settings.budget_us)
        }
        (None, Outcome::OverMemory) => format!("it needs more than {} KiB", settings.memory_kib),
        (None, Outcome::StackOverflow) => "it ran past the end of its stack".to_owned(),
        (None, outcome) => format!("it ended as {outcome}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_own_words_come_first() {
        let told = message(Outcome::Error, Some("no such user"), &Settings::default());
        assert_eq!(told, "no such user");
    }

    #[test]
    fn limit_that_was_passed_is_named() {
        let told = |outcome| message(outcome, None, &Settings::default());
        assert_eq!(told(Outcome::OverBudget), "it ran past its budget of 10000 us");
        assert_eq!(told(Outcome::OverMemory), "it needs more than 16384 KiB");
    }
}
