//! The text format that Prometheus scrapes.
//!
//! Spec: <https://prometheus.io/docs/instrumenting/exposition_formats/>, version 0.0.4.

use std::fmt::{Display, Write as _};

use super::histogram::{BOUNDS_NS, Histogram};
use crate::functions::name::FunctionId;

/// The type of [`Exposition`]'s text.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

const NS_PER_S: f64 = 1e9;

/// Metrics, written one family after the other.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    text: String,
}

impl Exposition {
    /// Begins a family: what follows are its samples.
    pub(crate) fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One sample. No label needs escaping: names of functions and of outcomes are words.
    pub(crate) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(name);
        for (position, (label, value)) in labels.iter().enumerate() {
            let separator = if position == 0 { '{' } else { ',' };
            let _ = write!(self.text, "{separator}{label}=\"{value}\"");
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{end} {value}");
    }

    /// One sample of a function, whose labels come first: its name, and its tenant if that is not the default one.
    pub(crate) fn sample_of(
        &mut self,
        name: &str,
        function: &FunctionId,
        labels: &[(&str, &str)],
        value: impl Display,
    ) {
        let tenant = &function.tenant;
        let whose = (!tenant.is_default()).then(|| ("tenant", tenant.name()));
        let mut all = vec![("function", &*function.name)];
        all.extend(whose);
        all.extend(labels);
        self.sample(name, &all, value);
    }

    /// The samples of a histogram, in seconds.
    pub(crate) fn histogram(&mut self, name: &str, function: &FunctionId, histogram: &Histogram) {
        let cumulated = histogram.cumulated();
        let bucket = format!("{name}_bucket");
        for (bound_ns, count) in BOUNDS_NS.iter().zip(cumulated) {
            let bound = (*bound_ns as f64 / NS_PER_S).to_string();
            self.sample_of(&bucket, function, &[("le", &bound)], count);
        }
        let count = cumulated[BOUNDS_NS.len()];
        self.sample_of(&bucket, function, &[("le", "+Inf")], count);
        let sum = histogram.sum_ns() as f64 / NS_PER_S;
        self.sample_of(&format!("{name}_sum"), function, &[], sum);
        self.sample_of(&format!("{name}_count"), function, &[], count);
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::record::tests::id;

    #[test]
    fn samples_have_their_labels_in_braces() {
        let mut exposition = Exposition::default();
        exposition.family("a_total", "counter", "Some a.");
        exposition.sample("a_total", &[], 1);
        exposition.sample("a_total", &[("x", "1"), ("y", "2")], 0.5);
        let expected = "# HELP a_total Some a.\n# TYPE a_total counter\na_total 1\na_total{x=\"1\",y=\"2\"} 0.5\n";
        assert_eq!(exposition.finish(), expected);
    }

    #[test]
    fn histogram_ends_with_infinity_sum_and_count() {
        let histogram = Histogram::default();
        histogram.add(1_000_000);
        let mut exposition = Exposition::default();
        exposition.histogram("a_seconds", &id("f"), &histogram);
        let text = exposition.finish();
        let expected = "a_seconds_bucket{function=\"f\",le=\"+Inf\"} 1\n\
                        a_seconds_sum{function=\"f\"} 0.001\na_seconds_count{function=\"f\"} 1\n";
        assert!(text.ends_with(expected), "{text}");
        assert!(
            text.contains("le=\"0.0005\"} 0\n") && text.contains("le=\"0.001\"} 1\n"),
            "{text}"
        );
    }
}
