//! What the kernel knows of a process, over all its threads.

use std::{fs, time::Duration};

/// Time on a CPU so far.
pub fn cpu(pid: u32) -> Duration {
    let nanoseconds = tasks(pid, "schedstat")
        .iter()
        .filter_map(|text| text.split(' ').next()?.parse::<u64>().ok())
        .sum();
    Duration::from_nanos(nanoseconds)
}

/// Times a thread was woken so far.
pub fn wake_ups(pid: u32) -> u64 {
    let statuses = tasks(pid, "status");
    statuses
        .iter()
        .map(|status| field(status, "voluntary_ctxt_switches:"))
        .sum()
}

/// Resident memory now, bytes.
pub fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    field(&status, "VmRSS:") * 1024
}

/// Resident memory at its highest so far, bytes.
pub fn peak_memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    field(&status, "VmHWM:") * 1024
}

fn tasks(pid: u32, file: &str) -> Vec<String> {
    fs::read_dir(format!("/proc/{pid}/task"))
        .unwrap()
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join(file)).ok())
        .collect()
}

fn field(status: &str, name: &str) -> u64 {
    status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap()
}
