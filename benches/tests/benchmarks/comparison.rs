//! A run is compared with the figures of the last release: what got worse by more than a tenth
//! fails it, and the figure is named.

use std::{path::Path, process::Command};

/// Measures the rule in its quick form against a last release that had this ratio.
fn measure_against(name: &str, ratio: f64) -> (bool, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let before = folder.join(format!("bench-{name}-before.json"));
    std::fs::write(&before, format!(r#"{{"rule.ratio_to_hand_written": {ratio}}}"#)).unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_benchmarks"))
        .args(["--quick", "--only", "rule", "--last-release"])
        .arg(&before)
        .arg("--out")
        .arg(folder.join(format!("bench-{name}.json")))
        .output()
        .unwrap();
    (done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned())
}

#[test]
fn a_figure_that_got_worse_fails_the_run_and_is_named() {
    let (passed, shown) = measure_against("worse", 0.001);
    assert!(!passed, "{shown}");
    let line = "worse than the last release: rule.ratio_to_hand_written is ";
    assert!(shown.contains(line), "{shown}");
    assert!(shown.contains("and was 0.001"), "{shown}");
}

#[test]
fn a_figure_that_got_better_passes() {
    let (passed, shown) = measure_against("better", 1_000.0);
    assert!(passed, "{shown}");
    assert!(!shown.contains("worse than the last release"), "{shown}");
}
