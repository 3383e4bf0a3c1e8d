//! `mote chaos`: a short run is sound, and one whose answers are tampered with is not.

use serde_json::Value;

use crate::support::{mote, status, stderr, stdout};

#[test]
fn no_answer_is_lost_repeated_or_wrong_whatever_happens_to_workers() {
    let output = mote(&["chaos", "--minutes", "0.1", "--seed", "3", "--json", "-"]);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(status(&output), 0, "{report}\n{}", stderr(&output));
    for none in ["lost", "twice", "wrong", "refused_steps", "restarts"] {
        assert_eq!(report[none], 0, "{none}: {report}");
    }
    assert_eq!(report["seed"], 3);
    let many = |name: &str| report[name].as_u64().unwrap();
    assert!(many("requests") > 1_000 && many("worker_deaths") > 0, "{report}");
    assert!(report["replace_p99_us"].is_u64(), "{report}");
}

#[test]
fn tampered_answer_is_found_and_the_seed_is_told() {
    for (defect, found) in [("loss", "lost"), ("repeat", "twice"), ("swap", "wrong")] {
        let arguments =
            ["chaos", "--minutes", "0.02", "--seed", "4", "--plant", defect, "--json", "-"];
        let output = mote(&arguments);
        let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!((status(&output), &report[found]), (1, &Value::from(1)), "{defect}: {report}");
        assert!(stderr(&output).contains("mote chaos --seed 4"), "{}", stderr(&output));
    }
}
