//! The figures of the program, measured on the release binary in a pseudo terminal against a scripted load:
//! `cargo bench` prints the table, `cargo bench -- idle steady` some rows of it. Nothing here fails: a bar that
//! is missed is said. Not part of the table: `cargo bench -- soak 60`, the long run, sixty minutes of it, and
//! `cargo bench -- order`, which writes what the release binary is laid out by.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a broken measurement ends by panicking"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/load.rs"]
mod load;
#[path = "../common/pty.rs"]
mod pty;

mod budget;
mod connect;
mod document;
mod firehose;
mod headless;
mod idle;
mod keys;
mod order;
mod peer;
mod process;
mod scene;
mod share;
mod size;
mod soak;
mod stalled;
mod start;
mod steady;
mod table;
mod topics;

use table::Row;

/// A measurement gives one or more rows.
type Measure = fn() -> Vec<Row>;

const MEASURES: [(&str, Measure); 23] = [
    ("size", size::binary),
    ("idle", idle::idle),
    ("start", start::first_frame),
    ("connect", connect::every_transport),
    ("steady", steady::thousand_a_second),
    ("burst", firehose::burst),
    ("twenty", steady::twenty_thousand_a_second),
    ("keys", keys::hundred_thousand_a_second),
    ("latency", keys::message_to_screen),
    ("firehose", firehose::million),
    ("topics", firehose::many_topics),
    ("large", firehose::large_payloads),
    ("million", topics::million),
    ("tree", topics::tree),
    ("topic", topics::memory),
    ("budget", budget::resident),
    ("json", document::large_json),
    ("sub", headless::verbose),
    ("sub-json", headless::json),
    ("sub-formats", headless::formats),
    ("share", share::small),
    ("share-large", share::large),
    ("stalled", stalled::terminal),
];

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let missed = match words[..] {
        ["order"] => order::write(),
        ["soak"] => print(soak::run(60)),
        ["soak", minutes] => print(soak::run(minutes.parse().expect("soak MINUTES"))),
        _ => table(&words),
    };
    println!("{missed} missed");
}

/// Prints the measures named, or all; gives how many bars are missed.
fn table(wanted: &[&str]) -> usize {
    for word in wanted {
        let is_known = MEASURES.iter().any(|(name, _)| name == word);
        assert!(
            is_known,
            "no measure {word:?}; there are {:?}",
            MEASURES.map(|(name, _)| name)
        );
    }
    table::head();
    MEASURES
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.contains(name))
        .map(|(_, measure)| print(measure()))
        .sum()
}

fn print(rows: Vec<Row>) -> usize {
    rows.into_iter().map(|row| row.print()).sum()
}
