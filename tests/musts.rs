//! The table of the standard's MUSTs (`musts.txt`): complete, each statement shown by tests that exist or excused in
//! words, and no statement named in the source that is not in it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use regex::Regex;

const TABLE: &str = include_str!("musts.txt");

/// The highest number of each section, and the numbers the standard has left out (appendix B of both).
const SECTIONS_5: &str = "1.5.4:3 1.5.5:1 1.5.7:1 2.1.3:1 2.2.1:6 2.2.2:1 3.1.0:2 3.1.2:30 3.1.3:12 3.1.4:6 \
    3.2.0:2 3.2.2:22 3.3.1:13 3.3.2:20 3.3.4:10 3.4.2:3 3.5.2:3 3.6.1:1 3.6.2:3 3.7.2:3 3.8.1:1 3.8.3:5 3.8.4:8 \
    3.9.2:2 3.9.3:2 3.10.1:1 3.10.3:2 3.10.4:6 3.11.2:2 3.11.3:2 3.12.4:1 3.14.0:1 3.14.1:1 3.14.2:4 3.14.4:3 \
    3.15.1:1 3.15.2:3 4.1.0:2 4.2.0:1 4.3.1:1 4.3.2:5 4.3.3:13 4.4.0:2 4.5.0:2 4.6.0:6 4.7.0:1 4.7.1:2 4.7.2:1 \
    4.7.3:4 4.8.2:6 4.9.0:3 4.12.0:7 4.12.1:2 4.13.1:1 4.13.2:1 6.0.0:4";
const LEFT_OUT_5: [&str; 1] = ["2.2.1-1"];
const SECTIONS_311: &str = "1.5.3:3 2.2.2:2 2.3.1:7 3.1.0:2 3.1.2:24 3.1.3:11 3.1.4:5 3.2.0:1 3.2.2:6 3.3.1:12 \
    3.3.2:3 3.3.4:1 3.3.5:2 3.6.1:1 3.8.1:1 3.8.3:4 3.8.4:6 3.9.3:2 3.10.1:1 3.10.3:2 3.10.4:6 3.12.4:1 3.14.1:1 \
    3.14.4:3 4.1.0:2 4.3.1:1 4.3.2:2 4.3.3:2 4.4.0:1 4.5.0:2 4.6.0:6 4.7.1:3 4.7.2:1 4.7.3:4 4.8.0:2 6.0.0:4 7.0.0:2";

/// A line of the table.
struct Must {
    versions: &'static [&'static str],
    statement: &'static str,
    shown_by: &'static str,
}

fn versions(word: &str) -> &'static [&'static str] {
    match word {
        "5" => &["5"],
        "311" => &["311"],
        "both" => &["5", "311"],
        other => panic!("{other} is no version"),
    }
}

fn lines() -> impl Iterator<Item = &'static str> {
    TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn musts() -> Vec<Must> {
    let lines = lines().filter(|line| !line.starts_with("server"));
    lines
        .map(|line| {
            let columns: Vec<_> = line.split('|').map(str::trim).collect();
            let [head, gist, shown_by] = columns[..] else {
                panic!("three columns: {line}")
            };
            let (version, statement) = head.split_once(' ').unwrap();
            assert!(!gist.is_empty() && !shown_by.is_empty(), "{line}");
            Must {
                versions: versions(version),
                statement: statement.trim(),
                shown_by,
            }
        })
        .collect()
}

/// Version and statement of those that bind servers alone.
fn of_servers() -> Vec<(&'static str, &'static str)> {
    let lines = lines().filter_map(|line| line.strip_prefix("server "));
    lines
        .flat_map(|line| {
            let (version, statements) = line.split_once(' ').unwrap();
            let version = versions(version)[0];
            statements
                .split_whitespace()
                .map(move |statement| (version, statement))
        })
        .collect()
}

fn sources(folder: &str, texts: &mut BTreeMap<PathBuf, String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("fuzz") {
                sources(path.to_str().unwrap(), texts);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            texts.insert(path, text);
        }
    }
}

fn all_sources() -> BTreeMap<PathBuf, String> {
    let mut texts = BTreeMap::new();
    sources("src", &mut texts);
    sources("tests", &mut texts);
    texts
}

#[test]
fn every_statement_of_the_standard_is_in_the_table_once() {
    let mut counts: BTreeMap<(&str, String), u32> = BTreeMap::new();
    for must in musts() {
        for version in must.versions {
            *counts.entry((version, must.statement.to_owned())).or_default() += 1;
        }
    }
    for (version, statement) in of_servers() {
        *counts.entry((version, statement.to_owned())).or_default() += 1;
    }
    let mut wanted = BTreeMap::new();
    for (version, sections) in [("5", SECTIONS_5), ("311", SECTIONS_311)] {
        for section in sections.split_whitespace() {
            let (section, most) = section.split_once(':').unwrap();
            for number in 1..=most.parse::<u32>().unwrap() {
                wanted.insert((version, format!("{section}-{number}")), 1);
            }
        }
    }
    for statement in LEFT_OUT_5 {
        wanted.remove(&("5", statement.to_owned()));
    }
    let missing: Vec<_> = wanted.keys().filter(|key| !counts.contains_key(key)).collect();
    let strange: Vec<_> = counts
        .iter()
        .filter(|(key, count)| wanted.get(key) != Some(count))
        .collect();
    assert!(
        missing.is_empty() && strange.is_empty(),
        "missing {missing:?}, unknown or twice {strange:?}"
    );
}

#[test]
fn every_statement_is_shown_by_tests_that_exist_or_excused_in_words() {
    let name = Regex::new(r"\bfn ([a-z0-9_]+)\(").unwrap();
    let attribute =
        Regex::new(r"(?s)#\[(?:tokio::)?test[^\n]*\n(?:\s*#\[[^\n]*\n)*\s*(?:async )?fn ([a-z0-9_]+)\(")
            .unwrap();
    let mut tests: BTreeSet<String> = BTreeSet::new();
    for text in all_sources().values() {
        tests.extend(attribute.captures_iter(text).map(|found| found[1].to_owned()));
        // proptest! writes the attribute itself
        for block in text.split("proptest! {").skip(1) {
            tests.extend(name.captures_iter(block).map(|found| found[1].to_owned()));
        }
    }
    for must in musts() {
        if let Some(reason) = must.shown_by.strip_prefix("- ") {
            assert!(reason.split(' ').count() > 3, "{}: {reason}", must.statement);
            continue;
        }
        for test in must.shown_by.split_whitespace() {
            assert!(tests.contains(test), "{}: no test {test}", must.statement);
        }
    }
}

#[test]
fn every_statement_named_in_the_source_is_in_the_table() {
    let known: BTreeSet<String> = musts()
        .iter()
        .map(|must| must.statement.to_owned())
        .chain(of_servers().iter().map(|(_, statement)| (*statement).to_owned()))
        .collect();
    let named = Regex::new(r"MQTT-(\d+\.\d+\.\d+-\d+)").unwrap();
    for (path, text) in all_sources() {
        for found in named.captures_iter(&text) {
            assert!(known.contains(&found[1]), "{}: {}", path.display(), &found[0]);
        }
    }
}
