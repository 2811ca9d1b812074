//! What the kernel knows of a process, over all its threads.

use std::{fs, process::Child, thread, time::Duration};

/// Time on a CPU so far.
pub fn cpu(pid: u32) -> Duration {
    let nanoseconds = tasks(pid, "schedstat")
        .iter()
        .filter_map(|text| text.split(' ').next()?.parse::<u64>().ok())
        .sum();
    Duration::from_nanos(nanoseconds)
}

/// Waits for a child's end; the time it spent on a CPU, to 10 ms.
pub fn cpu_to_the_end(child: &mut Child) -> Duration {
    // What has ended and was not waited for can still be read.
    let ticks = loop {
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        if fields[0] == "Z" {
            break fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        }
        thread::sleep(Duration::from_millis(1));
    };
    child.wait().unwrap();
    Duration::from_millis(10 * ticks)
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
    resident(pid, "VmRSS:")
}

/// Of that what is the process's own: not pages of files, which others share and the kernel takes back at will.
pub fn own_memory(pid: u32) -> u64 {
    resident(pid, "RssAnon:")
}

/// Resident memory at its highest so far, bytes.
pub fn peak_memory(pid: u32) -> u64 {
    resident(pid, "VmHWM:")
}

fn resident(pid: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    field(&status, name) * 1024
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
