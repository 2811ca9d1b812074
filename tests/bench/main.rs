//! The figures of the program, measured on the release binary in a pseudo terminal against a scripted load:
//! `cargo bench` prints the table, `cargo bench -- idle steady` some rows of it. Nothing here fails: a bar that
//! is missed is said.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a broken measurement ends by panicking"
)]

#[path = "../common/load.rs"]
mod load;
#[path = "../common/pty.rs"]
mod pty;

mod firehose;
mod idle;
mod keys;
mod process;
mod scene;
mod start;
mod steady;
mod table;

use table::Row;

/// A measurement gives one or more rows.
type Measure = fn() -> Vec<Row>;

const MEASURES: [(&str, Measure); 9] = [
    ("idle", idle::idle),
    ("start", start::first_frame),
    ("steady", steady::thousand_a_second),
    ("burst", firehose::burst),
    ("twenty", steady::twenty_thousand_a_second),
    ("keys", keys::hundred_thousand_a_second),
    ("latency", keys::message_to_screen),
    ("firehose", firehose::million),
    ("topics", firehose::many_topics),
];

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    for word in &wanted {
        let is_known = MEASURES.iter().any(|(name, _)| name == word);
        assert!(
            is_known,
            "no measure {word:?}; there are {:?}",
            MEASURES.map(|(name, _)| name)
        );
    }
    let chosen = MEASURES
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|word| word == name));
    table::head();
    let missed: usize = chosen
        .flat_map(|(_, measure)| measure())
        .map(|row| row.print())
        .sum();
    println!("{missed} missed");
}
