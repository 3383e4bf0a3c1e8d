//! `mote bench all --quick`: the report is complete and makes sense. No time is asserted: machines that
//! run tests are busy, and what is asserted here holds on all of them.

mod support;

use serde_json::Value;
use support::{file, mote, status, stderr, stdout, text};

/// The rows of the paper's Table 1, here.
const ROWS: &[&str] = &[
    "mote_warm_1",
    "mote_warm_5000",
    "mote_throughput",
    "mote_cold",
    "process_warm",
    "process_cold",
    "dlopen_std_warm",
    "dlopen_std_cold",
    "dlopen_lean_warm",
    "dlopen_lean_cold",
];

/// What can be measured with two processors only.
fn has_two_cores() -> bool {
    std::thread::available_parallelism().is_ok_and(|cores| cores.get() >= 2)
}

fn row<'a>(report: &'a Value, name: &str) -> &'a Value {
    let rows = report["rows"].as_array().expect("rows");
    rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no row {name}"))
}

/// Percentiles are in order, and there are samples.
fn assert_ordered(row: &Value) {
    let names = ["p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns"];
    let values = names.map(|name| row[name].as_u64().unwrap_or_else(|| panic!("{name} of {row}")));
    assert!(values.is_sorted(), "{row}");
    assert!(row["n"].as_u64().is_some_and(|n| n > 0), "{row}");
}

#[test]
fn report_of_all_experiments_is_complete_and_sane() {
    if !has_two_cores() {
        return;
    }
    let (folder, json) = file("bench.json", b"");
    let page = folder.path().join("page");
    let output = mote(&["bench", "all", "--quick", "--json", text(&json), "--report", text(&page)]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("Mote, warm"), "{}", stdout(&output));

    let report: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    for floor in ["cache_line_one_way_ns", "syscall_ns", "signal_ns", "page_fault_ns", "spawn_ns"] {
        assert!(report["floors"][floor].as_u64().is_some_and(|ns| ns > 0), "{floor}");
    }
    report["rows"].as_array().unwrap().iter().for_each(assert_ordered);
    for name in ROWS {
        row(&report, name);
    }
    for name in ["mote_warm_5000", "process_warm", "dlopen_std_warm", "dlopen_lean_warm"] {
        assert!(row(&report, name)["rss_bytes_each"].as_u64().is_some(), "{name}");
    }
    for name in ["mote_throughput", "process_warm", "hashing_watchdog"] {
        assert!(row(&report, name)["per_second"].as_f64().is_some_and(|rate| rate > 0.0), "{name}");
    }
    assert_kills(&report);
    assert_growth(&report);
    assert!(report["ratios"].as_object().is_some_and(|ratios| ratios.len() >= 10));
    let cold = report["ratios"]["process_cold_to_mote_cold"].as_f64().unwrap();
    assert!(cold > 1.0, "a process starts faster than a service is placed: {cold}");
    for file in ["index.html", "latency.svg", "figure2.svg", "lateness.svg", "growth.svg"] {
        assert!(std::fs::metadata(page.join(file)).unwrap().len() > 1_000, "{file}");
    }
}

/// Both rows for every mode, depth and size.
fn assert_kills(report: &Value) {
    for mode in ["guarded", "inject", "discard"] {
        for depth in ["1_frames_0_kib", "4_frames_64_kib", "16_frames_1024_kib"] {
            row(report, &format!("kill_late_{mode}_{depth}"));
            row(report, &format!("kill_ready_{mode}_{depth}"));
        }
    }
}

/// A worker has as many mappings for 20,000 services as for one.
fn assert_growth(report: &Value) {
    let growth = report["density"].as_array().unwrap();
    let ours: Vec<&Value> = growth.iter().filter(|it| it["contender"] == "mote").collect();
    let resident: Vec<_> = ours.iter().map(|it| it["resident"].as_u64().unwrap()).collect();
    assert_eq!(resident, [1, 1_000, 5_000, 20_000]);
    assert!(ours.iter().all(|it| it["mappings"] == ours[0]["mappings"]), "{ours:?}");
}

#[test]
fn experiment_without_a_name_is_refused_and_the_names_are_told() {
    let output = mote(&["bench", "table2"]);
    assert_eq!(status(&output), 2);
    for name in ["table1", "timer", "quantum", "kill", "density", "all"] {
        assert!(stderr(&output).contains(name), "{}", stderr(&output));
    }
}
