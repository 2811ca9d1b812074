//! All panes together, at the three sizes.

use crate::screen::screen;

#[test]
fn everyday_traffic_reads_well_at_every_size() {
    screen()
        .connected("home")
        .house()
        .snapshot_at_each_size("overview-topics");
}

#[test]
fn the_log_reads_well_at_every_size() {
    screen()
        .connected("home")
        .house()
        .keys("3")
        .snapshot_at_each_size("overview-messages");
}

#[test]
fn first_run_teaches_what_to_do() {
    screen().snapshot_at_each_size("overview-first-run");
}
