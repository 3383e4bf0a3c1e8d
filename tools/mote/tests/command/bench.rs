//! `mote bench all --quick`: the report is complete and makes sense. No time is asserted: machines that
//! run tests are busy, and what is asserted here holds on all of them.

use crate::support::{file, mote, status, stderr, stdout, text};
use serde_json::Value;

/// The rows of the paper's Table 1, here.
const ROWS: &[&str] = &[
    "cache_line",
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

/// The rows of wasmtime, where it was built before.
const PEERS: &[&str] = &[
    "wasmtime_warm_kept",
    "wasmtime_warm_fresh",
    "wasmtime_warm_fresh_own_slot",
    "wasmtime_cold_memory",
    "wasmtime_cold_file",
    "wasmtime_interrupted",
    "mote_interrupted",
    "hashing_wasmtime",
    "hashing_wasmtime_epochs",
];

/// What can be measured with two processors only; says so if there are not two.
fn has_two_cores() -> bool {
    let has_two = std::thread::available_parallelism().is_ok_and(|cores| cores.get() >= 2);
    if !has_two {
        eprintln!("skipped: this process may use one processor only");
    }
    has_two
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
    assert_peers(&report);
    assert!(report["ratios"].as_object().is_some_and(|ratios| ratios.len() >= 10));
    let cold = report["ratios"]["process_cold_to_mote_cold"].as_f64().unwrap();
    assert!(cold > 1.0, "a process starts faster than a service is placed: {cold}");
    for file in ["index.html", "latency.svg", "figure2.svg", "lateness.svg", "growth.svg"] {
        assert!(std::fs::metadata(page.join(file)).unwrap().len() > 1_000, "{file}");
    }
}

/// Either all rows of wasmtime or a reason, with what to do.
fn assert_peers(report: &Value) {
    let missing = report["missing"].as_array().expect("missing");
    match missing.iter().find(|it| it["what"] == "wasmtime") {
        Some(missing) => {
            let why = missing["why"].as_str().unwrap();
            assert!(why.contains("tools/peers"), "{why}");
            let rows = report["rows"].as_array().unwrap();
            assert!(rows.iter().all(|row| !row["name"].as_str().unwrap().contains("wasmtime")));
        }
        None => {
            PEERS.iter().for_each(|name| assert_ordered(row(report, name)));
            let share = report["ratios"]["hashing_epochs_share"].as_f64().unwrap();
            assert!(share > 0.0, "{share}");
            let fresh = report["ratios"]["wasmtime_warm_fresh_to_mote_warm_5000"].as_f64().unwrap();
            assert!(fresh > 1.0, "a fresh instance is faster than ours: {fresh}");
        }
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

/// A worker has no more mappings for 10,000 services than for one. Each figure is of another worker, and
/// which of its mappings the kernel makes one depends on where they happen to lie.
fn assert_growth(report: &Value) {
    let growth = report["density"].as_array().unwrap();
    let ours: Vec<&Value> = growth.iter().filter(|it| it["contender"] == "mote").collect();
    let resident: Vec<_> = ours.iter().map(|it| it["resident"].as_u64().unwrap()).collect();
    assert_eq!(resident, [1, 1_000, 5_000, 10_000]);
    let mappings = ours.iter().map(|it| it["mappings"].as_u64().unwrap());
    let (least, most) = (mappings.clone().min().unwrap(), mappings.max().unwrap());
    assert!(most - least <= 4, "{ours:?}");
    assert!(ours.iter().all(|it| it["zones"].as_u64() > Some(1)), "{ours:?}");
    let others = growth.iter().filter(|it| it["contender"] != "mote");
    assert!(others.count() >= 6, "{growth:?}");
}

#[test]
fn peers_that_are_not_there_are_an_error_that_says_what_to_give() {
    if !has_two_cores() {
        return;
    }
    let output = mote(&["bench", "peers", "--peers", "/nowhere/mote-peers"]);
    assert_eq!(status(&output), 1);
    let said = stderr(&output);
    assert!(said.contains("/nowhere/mote-peers") && said.contains("--peers"), "{said}");
}

#[test]
fn experiment_without_a_name_is_refused_and_the_names_are_told() {
    let output = mote(&["bench", "table2"]);
    assert_eq!(status(&output), 2);
    for name in ["table1", "timer", "quantum", "kill", "tenants", "density", "peers", "all"] {
        assert!(stderr(&output).contains(name), "{}", stderr(&output));
    }
}
