//! `MQTTSCOPE_LAYOUT=plain CARGO_PROFILE_RELEASE_STRIP=none cargo bench -- order`: which functions run at the start, into
//! `src/link/start.ld`, by which the release binary is laid out. Needs valgrind, and the names that are otherwise stripped.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write,
    fs,
    path::Path,
    sync::LazyLock,
    time::Duration,
};

use regex::Regex;

use super::scene::{PROGRAM, Scene};

const HEAD: &str = "\
/* The functions that run at the start, side by side: see build.rs. Written by
   MQTTSCOPE_LAYOUT=plain CARGO_PROFILE_RELEASE_STRIP=none cargo bench -- order */
";

/// Traces two runs and writes the script; no bar can be missed.
pub fn write() -> usize {
    let start = traced(|_| {});
    let first_minute = traced(|scene| {
        for n in 0..50 {
            let payload = format!("{{\"t\":{n},\"on\":true}}");
            let packet = scene
                .subscriber
                .publish(&format!("house/{}/state", n % 10), payload.as_bytes());
            scene.subscriber.send(&packet);
        }
        scene.terminal.wait_for(&["rx 50"]);
        for key in ["j", "+", "j", "\t", "k", "\r", "\x1b", "?", "\x1b"] {
            scene.terminal.keys(key);
            scene.settle(Duration::from_millis(500));
        }
    });
    let later: BTreeSet<_> = first_minute.difference(&start).cloned().collect();
    let script = script(&[
        ("until the screen stands idle", &start),
        ("with the first messages and keys", &later),
    ]);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/link/start.ld");
    fs::write(&path, script).unwrap();
    println!(
        "{} functions at the start, {} more with the first messages",
        start.len(),
        later.len()
    );
    0
}

/// The patterns of the functions that ran, from a first picture to the end.
fn traced(work: impl FnOnce(&mut Scene)) -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("calls");
    let out = format!("--callgrind-out-file={}", dump.display());
    let tool = [
        "valgrind",
        "--tool=callgrind",
        "--demangle=no",
        "--log-file=/dev/null",
        &out,
    ];
    let mut scene = Scene::under(&tool, &[]);
    scene.settle(Duration::from_secs(7));
    work(&mut scene);
    scene.summary();
    let patterns = patterns(&fs::read_to_string(dump).unwrap());
    assert!(
        patterns.iter().any(|pattern| pattern.contains("mqttscope4main")),
        "no names: build with MQTTSCOPE_LAYOUT=plain CARGO_PROFILE_RELEASE_STRIP=none"
    );
    patterns
}

/// Names of the program's own functions in a dump of callgrind, without what differs from compiler to compiler.
fn patterns(dump: &str) -> BTreeSet<String> {
    // ob=(3) /path/of/object · fn=(17) name; later only their numbers. Those called begin with c: cob=, cfn=.
    let line = Regex::new(r"^(c?ob|c?fn)=\((\d+)\)(?: (.*))?$").unwrap();
    let (mut objects, mut functions) = (HashMap::new(), HashMap::new());
    let (mut is_ours, mut ran) = (false, BTreeSet::new());
    for found in dump.lines().filter_map(|text| line.captures(text)) {
        let (kind, number) = (&found[1], found[2].to_owned());
        let names = if kind.ends_with("ob") {
            &mut objects
        } else {
            &mut functions
        };
        if let Some(name) = found.get(3) {
            names.insert(number.clone(), name.as_str().to_owned());
        }
        match kind {
            "ob" => is_ours = objects[&number] == PROGRAM,
            "fn" if is_ours => ran.extend(pattern(&functions[&number])),
            _ => {}
        }
    }
    ran
}

/// A mangled name with `*` for the hashes in it; `None` for what is no symbol.
fn pattern(name: &str) -> Option<String> {
    static CRATE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"Cs[0-9A-Za-z]+_").unwrap());
    static HASH: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"17h[0-9a-f]{16}E.*$").unwrap());
    static COPY: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\.\d+$").unwrap());
    static SYMBOL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[A-Za-z_][A-Za-z0-9_.$*]*$").unwrap());
    let (name, _) = name.split_once('\'').unwrap_or((name, "")); // f'2: it called itself
    let name = CRATE.replace_all(name, "Cs*_");
    let name = HASH.replace(&name, "17h*");
    let name = COPY.replace(&name, ".*");
    SYMBOL.is_match(&name).then(|| name.into_owned())
}

fn script(groups: &[(&str, &BTreeSet<String>)]) -> String {
    let mut script = format!("{HEAD}SECTIONS\n{{\n  .text.start :\n  {{\n");
    for (title, patterns) in groups {
        writeln!(script, "    /* {title} */").unwrap();
        for pattern in *patterns {
            // What the compiler takes for cold is named apart.
            writeln!(script, "    *(.text.{pattern} .text.unlikely.{pattern})").unwrap();
        }
    }
    script + "  }\n}\nINSERT BEFORE .text;\n"
}
