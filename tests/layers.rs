//! Who may enter whom: every `crate::room` path in the source against the table of rooms.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use regex::Regex;

const L1: [&str; 6] = ["mqtt", "text", "wire", "event", "decode", "filter"];

/// Room → rooms it may use (`main` is `main.rs`, `lib` is `lib.rs`; `link` is how the binary is put together).
fn allowed() -> BTreeMap<&'static str, Vec<&'static str>> {
    let all = [
        "text", "mqtt", "wire", "event", "decode", "filter", "config", "source", "broker", "inject", "demo",
        "model", "app", "ui", "tui", "cli",
    ];
    let but = |rooms: &[&str]| {
        all.into_iter()
            .filter(|room| !rooms.contains(room))
            .collect::<Vec<_>>()
    };
    let with = |rooms: &[&'static str]| L1.into_iter().chain(rooms.iter().copied()).collect::<Vec<_>>();
    BTreeMap::from([
        ("text", vec![]),
        ("mqtt", vec![]),
        ("wire", vec!["mqtt"]),
        ("event", vec!["mqtt", "wire"]),
        ("decode", vec!["mqtt", "text"]),
        ("filter", vec!["mqtt", "decode", "text"]),
        ("config", vec!["mqtt", "decode", "filter", "text"]),
        ("source", vec!["mqtt", "wire", "event", "config", "text"]),
        ("broker", vec!["mqtt", "wire", "text"]),
        (
            "inject",
            vec!["mqtt", "event", "decode", "filter", "config", "text"],
        ),
        ("demo", vec!["mqtt", "event", "source", "broker", "inject"]),
        ("model", vec!["mqtt", "wire", "event", "decode", "filter", "text"]),
        ("app", with(&["config", "inject", "model"])),
        ("ui", with(&["config", "model", "app"])),
        ("tui", but(&["cli"])),
        ("cli", but(&["tui", "ui", "app"])),
        ("main", vec!["cli", "tui"]),
        ("lib", vec![]),
        ("link", vec![]),
    ])
}

fn rust_files(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// The file without its test modules, comments and strings' worth of prose.
fn production_code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let before_tests = text.split("#[cfg(test)]\nmod ").next().unwrap();
    before_tests
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Rooms named by `crate::x`, `mqttscope::x` and `use crate::{x::…, y::…}`.
fn rooms_used(code: &str) -> Vec<String> {
    let single = Regex::new(r"\b(?:crate|mqttscope)::([a-z_]+)").unwrap();
    let group = Regex::new(r"\b(?:crate|mqttscope)::\{").unwrap();
    let mut rooms: Vec<String> = single
        .captures_iter(code)
        .map(|found| found[1].to_owned())
        .collect();
    for start in group.find_iter(code) {
        let (mut depth, mut name, mut is_first) = (1, String::new(), true);
        for char in code[start.end()..].chars() {
            match char {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            let is_name = char.is_ascii_alphanumeric() || char == '_';
            if depth == 1 && is_name && is_first {
                name.push(char);
            } else if depth <= 1 && !name.is_empty() && (char == ',' || char == ':' || depth == 0) {
                rooms.push(std::mem::take(&mut name));
            }
            // What follows `::` is within the room.
            is_first = depth == 1 && (char == ',' || is_first && char != ':');
            if depth == 0 {
                break;
            }
        }
    }
    rooms.retain(|room| room.starts_with(|char: char| char.is_ascii_lowercase()));
    rooms
}

#[test]
fn rooms_use_only_what_the_table_allows() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed = allowed();
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut faults = Vec::new();
    let mut arrows = 0;
    for file in &files {
        let inside = file.strip_prefix(&src).unwrap();
        let room = inside
            .iter()
            .next()
            .unwrap()
            .to_str()
            .unwrap()
            .trim_end_matches(".rs")
            .to_owned();
        let may = allowed
            .get(room.as_str())
            .unwrap_or_else(|| panic!("no room `{room}` in the table"));
        for used in rooms_used(&production_code(file)) {
            if used != room && allowed.contains_key(used.as_str()) {
                arrows += 1;
                if !may.contains(&used.as_str()) {
                    faults.push(format!("{}: {room} may not use {used}", inside.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(
        arrows > 100,
        "the check found only {arrows} arrows: it does not read what it should"
    );
}

#[test]
fn the_reader_finds_inline_nested_and_grouped_paths() {
    let code = "use crate::{app::link::App, event::{Batch, SourceId}, ui};\nfn f() { crate::model::x(); }";
    let mut rooms = rooms_used(code);
    rooms.sort();
    assert_eq!(rooms, ["app", "event", "model", "ui"]);
}
