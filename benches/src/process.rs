//! Reads from the kernel the CPU time of the calling thread and the peak memory of another process.

use std::{fs, time::Duration};

/// Returns the CPU time of the calling thread. Everything measured runs on one thread (as in a
/// function); servers run on others.
pub fn thread_cpu_time() -> Duration {
    let spent = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos =
        spent.as_deref().and_then(|text| text.split_ascii_whitespace().next()?.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

/// Returns the peak resident memory in megabytes.
pub fn peak_memory_mb(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb: f64 = line
        .and_then(|rest| rest.trim().trim_end_matches(" kB").trim().parse().ok())
        .unwrap_or(0.0);
    kb / 1024.0
}

/// Asks a process to end.
pub fn terminate(pid: u32) {
    // The standard library can only kill, and valgrind writes its count only when it is asked to
    // end.
    let _ = std::process::Command::new("kill").arg("-TERM").arg(pid.to_string()).status();
}
