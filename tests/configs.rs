//! Every valid file loads clean; every invalid one says what its `# expect:` lines expect, and no more.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as it is to be"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use mqttscope::config::{self, Faults, KeyBindings, Paths, SHIPPED_PROFILES, Settings, Theme};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/configs")
        .join(name)
}

fn files(name: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for kind in fs::read_dir(folder(name)).unwrap() {
        let entries = fs::read_dir(kind.unwrap().path()).unwrap();
        files.extend(entries.map(|entry| entry.unwrap().path()));
    }
    files.sort();
    assert!(files.len() > 5, "{name}: {files:?}");
    files
}

/// Reads a file as what its folder says it is.
fn load(path: &Path) -> Result<(), Faults> {
    let kind_dir = path.parent().unwrap();
    let stem = path.file_stem().unwrap().to_str().unwrap();
    match kind_dir.file_name().unwrap().to_str().unwrap() {
        "profiles" => {
            let paths = Paths::find(Some(kind_dir.parent().unwrap())).unwrap();
            config::load_profile(&paths, stem).unwrap().map(drop)
        }
        "themes" => Theme::load(kind_dir.parent().unwrap(), stem).map(drop),
        "settings" => Settings::load(path).map(drop),
        "keys" => KeyBindings::load(path).map(drop),
        other => panic!("{other} is no kind of file"),
    }
}

#[test]
fn every_valid_file_loads_clean() {
    for path in files("valid") {
        if let Err(faults) = load(&path) {
            panic!("{faults}");
        }
    }
}

#[test]
fn every_invalid_file_is_told_as_expected() {
    for path in files("invalid") {
        let text = fs::read_to_string(&path).unwrap();
        let expected: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# expect: "))
            .collect();
        assert!(!expected.is_empty(), "{}: expects nothing", path.display());
        let faults = load(&path).expect_err(&path.display().to_string()).to_string();
        for part in &expected {
            assert!(faults.contains(part), "{part}\nis not said by\n{faults}");
        }
        let said = faults.lines().count();
        assert!(
            said <= expected.len(),
            "{said} faults, {} expected:\n{faults}",
            expected.len()
        );
        for line in faults.lines() {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(line.contains(name), "{line}");
        }
    }
}

#[test]
fn no_fault_repeats_a_password() {
    for name in ["password", "url_user"] {
        let path = folder("invalid/profiles").join(name).with_extension("toml");
        let faults = load(&path).unwrap_err().to_string();
        assert!(
            !faults.contains("hunter2") && !faults.contains("secret"),
            "{faults}"
        );
    }
}

#[test]
fn every_shipped_profile_and_theme_is_embedded_and_loads_clean() {
    for kind in ["profiles", "themes"] {
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            let embedded = if kind == "profiles" {
                SHIPPED_PROFILES
            } else {
                config::SHIPPED_THEMES
            };
            let text = embedded
                .iter()
                .find(|(name, _)| *name == stem)
                .map(|(_, text)| *text);
            assert_eq!(
                text,
                Some(fs::read_to_string(&path).unwrap().as_str()),
                "{}",
                path.display()
            );
            load(&path).unwrap();
        }
    }
}

#[test]
fn check_tells_the_faults_of_all_files_at_once() {
    let dir = tempfile::tempdir().unwrap();
    for sub in ["profiles", "themes"] {
        fs::create_dir(dir.path().join(sub)).unwrap();
    }
    for (name, text) in [
        ("config.toml", "theme = \"nope\"\n"),
        ("keys.toml", "[global]\nquit = 1\n"),
        ("profiles/lab.toml", "\nulr = 1\n"),
        ("themes/mine.toml", "[ui]\ntext = \"x\"\n"),
    ] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let faults = config::check(&Paths::find(Some(dir.path())).unwrap())
        .unwrap_err()
        .to_string();
    for part in [
        "config.toml: no theme \"nope\"; known: terminal, harbor, mine",
        "keys.toml:2:",
        "lab.toml:2:",
        "lab.toml: \"url\" is missing",
        "mine.toml:2:",
    ] {
        assert!(faults.contains(part), "{part}\n{faults}");
    }
}
