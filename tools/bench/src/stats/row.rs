//! One row of the results: who was measured, and the times.

use serde::Serialize;

use crate::stats::latency::Times;

/// One contender in one situation.
#[derive(Clone, Debug, Serialize)]
#[serde(into = "RowJson")]
pub(crate) struct Row {
    /// Its name in JSON, which others refer to.
    pub(crate) name: String,
    /// What it is, for people.
    pub(crate) label: String,
    /// Its times.
    pub(crate) times: Times,
    /// Invocations a second, where that was measured.
    pub(crate) per_second: Option<f64>,
    /// Memory of each resident service, where that was measured, in bytes.
    pub(crate) rss_bytes_each: Option<u64>,
    /// How many services were resident, where that matters.
    pub(crate) resident: Option<usize>,
}

impl Row {
    /// A row without samples.
    pub(crate) fn new(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            times: Times::new(),
            per_second: None,
            rss_bytes_each: None,
            resident: None,
        }
    }

    /// The same with so many services resident.
    pub(crate) fn with_resident(mut self, resident: usize) -> Self {
        self.resident = Some(resident);
        self
    }

    /// The median, in nanoseconds; `None` without samples.
    pub(crate) fn p50_ns(&self) -> Option<u64> {
        (self.times.count() > 0).then(|| self.times.quantile_ns(0.5))
    }
}

/// What would belong here and was not measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Missing {
    /// What, for people.
    pub(crate) what: String,
    /// The reason, and what one can do about it.
    pub(crate) why: String,
}

/// A row as JSON has it.
#[derive(Clone, Debug, Serialize)]
struct RowJson {
    name: String,
    label: String,
    p50_ns: u64,
    p90_ns: u64,
    p99_ns: u64,
    p999_ns: u64,
    max_ns: u64,
    n: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rss_bytes_each: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resident: Option<usize>,
}

impl From<Row> for RowJson {
    fn from(row: Row) -> Self {
        let at = |quantile| row.times.quantile_ns(quantile);
        Self {
            p50_ns: at(0.5),
            p90_ns: at(0.9),
            p99_ns: at(0.99),
            p999_ns: at(0.999),
            max_ns: row.times.max_ns(),
            n: row.times.count(),
            per_second: row.per_second,
            rss_bytes_each: row.rss_bytes_each,
            resident: row.resident,
            name: row.name,
            label: row.label,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_what_applies_and_nothing_else() {
        let mut row = Row::new("mote_warm_1", "Mote, warm");
        row.times.extend(1..=100);
        row.per_second = Some(5.0);
        let json = serde_json::to_value(row).unwrap();
        assert_eq!((&json["name"], &json["n"]), (&"mote_warm_1".into(), &100.into()));
        assert_eq!((&json["p50_ns"], &json["max_ns"]), (&50.into(), &100.into()));
        assert_eq!(json["per_second"], 5.0);
        assert!(json.get("rss_bytes_each").is_none(), "{json}");
    }
}
