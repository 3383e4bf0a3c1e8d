//! All that one run of `mote bench` found: what `--json` writes.

pub(crate) mod ratios;

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::contenders::place::Place;
use crate::contenders::processes;
use crate::error::Error;
use crate::experiments::density::Growth;
use crate::experiments::quantum::Throughput;
use crate::experiments::timer::Regularity;
use crate::floors::{self, page_fault};
use crate::machine::Machine;
use crate::stats::latency::Percentiles;
use crate::stats::row::{Missing, Row};

/// The results. The names of the fields are those in JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Results {
    /// The command that found this.
    pub(crate) command: String,
    #[serde(skip)]
    pub(crate) is_quick: bool,
    /// When, as days since 1970 say it: YYYY-MM-DD.
    pub(crate) date: String,
    pub(crate) machine: Machine,
    pub(crate) toolchain: &'static str,
    pub(crate) floors: Floors,
    pub(crate) rows: Vec<Row>,
    /// One number divided by another, by name.
    pub(crate) ratios: BTreeMap<&'static str, f64>,
    pub(crate) aims: Vec<Aim>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) timer: Vec<Regularity>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) quantum: Vec<Throughput>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) density: Vec<Growth>,
    pub(crate) missing: Vec<Missing>,
}

/// One aim: a figure and its limit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Aim {
    /// The figure, for people.
    pub(crate) figure: &'static str,
    /// What the paper reports for it, where it does.
    pub(crate) paper: &'static str,
    pub(crate) value: f64,
    pub(crate) limit: f64,
    /// Whether the value must reach the limit; else it must not exceed it.
    pub(crate) is_at_least: bool,
    pub(crate) unit: &'static str,
    /// Whether it is met; `None` if a quick run cannot tell.
    pub(crate) holds: Option<bool>,
}

/// What the machine itself takes, each the median in nanoseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Floors {
    /// A cache line's way from one core to another.
    pub(crate) cache_line_one_way_ns: u64,
    /// One system call.
    pub(crate) syscall_ns: u64,
    /// From a stamp before queueing a signal to its handler on another core.
    pub(crate) signal_ns: u64,
    /// The first write into a page.
    pub(crate) page_fault_ns: u64,
    /// The shortest process: started, ended, waited for.
    pub(crate) spawn_ns: u64,
}

impl Floors {
    /// Measures them.
    pub(crate) fn measure(place: &Place) -> Result<Self, Error> {
        let floors = place.as_dispatcher(|| floors::measure(Some(place.cores)));
        let spawn = place.anywhere(|| processes::spawn_times(300))?;
        let median = |found: &Option<Percentiles>, floor: &'static str| {
            found.as_ref().map(|percentiles| percentiles.p50_ns).ok_or(Error::NoFloor { floor })
        };
        Ok(Self {
            cache_line_one_way_ns: median(&floors.cache_line_one_way, "a cache line's way")?,
            syscall_ns: median(&floors.system_call, "a system call")?,
            signal_ns: median(&floors.signal_to_handler, "a signal")?,
            page_fault_ns: page_fault::times().quantile_ns(0.5),
            spawn_ns: spawn.quantile_ns(0.5),
        })
    }
}

impl Results {
    /// None yet but the floors.
    pub(crate) fn new(command: String, floors: Floors) -> Self {
        Self {
            command,
            is_quick: false,
            date: today(),
            machine: Machine::this(),
            toolchain: mote_dispatcher::TOOLCHAIN,
            floors,
            rows: Vec::new(),
            ratios: BTreeMap::new(),
            aims: Vec::new(),
            timer: Vec::new(),
            quantum: Vec::new(),
            density: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// The row of this name, if it was measured.
    pub(crate) fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }
}

fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (year, month, day) = civil(since.as_secs() / 86_400);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The date of a day since 1970. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `civil_from_days`: years begin in March, so that the leap day is a year's last.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// Results with one row for each name, and all its times the same.
#[cfg(test)]
pub(crate) fn sample(rows: &[(&str, u64)]) -> Results {
    let row = |&(name, time_ns): &(&str, u64)| {
        let mut row = Row::new(name, format!("the {name}"));
        row.times.extend([time_ns; 1_000]);
        row
    };
    let floors = Floors {
        cache_line_one_way_ns: 100,
        syscall_ns: 80,
        signal_ns: 5_000,
        page_fault_ns: 700,
        spawn_ns: 300_000,
    };
    let machine = Machine { cpu: "A <B>".into(), cores: 2, kernel: "6".into(), is_virtual: false };
    Results {
        machine,
        toolchain: "rustc",
        rows: rows.iter().map(row).collect(),
        ..Results::new("mote bench all".into(), floors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_is_that_of_known_days() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(19_783), (2024, 3, 1));
    }

    #[test]
    fn json_has_what_others_read() {
        let results = sample(&[("mote_warm_1", 150)]);
        let json = serde_json::to_value(&results).unwrap();
        for name in ["machine", "floors", "rows", "ratios", "aims", "command", "date", "missing"] {
            assert!(json.get(name).is_some(), "no {name} in {json}");
        }
        assert_eq!(json["floors"]["cache_line_one_way_ns"], 100);
        assert!(json.get("timer").is_none(), "{json}");
    }
}
