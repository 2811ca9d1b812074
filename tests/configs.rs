//! Every valid file loads clean; every invalid one says what its `# expect:` lines expect, and no more.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where something is not as it is to be"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

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

// ---- schemas ----

/// Whether a value is as a schema says, as far as the schemas here say anything.
fn is_as(schema: &Value, value: &Value) -> bool {
    let is_of_type = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64(),
        Some(other) => panic!("{other} is not read here"),
        None => true,
    };
    let any_of = schema["anyOf"].as_array();
    let number = value.as_i64().unwrap_or(0);
    let count = value.as_array().map_or(0, |list| list.len() as i64);
    let mut items = value.as_array().into_iter().flatten();
    is_of_type
        && any_of.is_none_or(|any| any.iter().any(|schema| is_as(schema, value)))
        && schema["minimum"].as_i64().is_none_or(|least| number >= least)
        && schema["maximum"].as_i64().is_none_or(|most| number <= most)
        && schema["minItems"].as_i64().is_none_or(|least| count >= least)
        && schema["maxItems"].as_i64().is_none_or(|most| count <= most)
        && items.all(|item| is_as(&schema["items"], item))
        && value.as_object().is_none_or(|object| has_keys(schema, object))
}

fn has_keys(schema: &Value, object: &serde_json::Map<String, Value>) -> bool {
    let required = schema["required"].as_array().into_iter().flatten();
    let mut required = required.filter_map(Value::as_str);
    let is_known =
        |(key, value): (&String, &Value)| match (&schema["properties"][key], &schema["additionalProperties"])
        {
            (Value::Null, Value::Bool(false)) => false,
            (Value::Null, inner) | (inner, _) => is_as(inner, value),
        };
    required.all(|key| object.contains_key(key)) && object.iter().all(is_known)
}

fn matches_schema(path: &Path) -> bool {
    let kind = match path.parent().unwrap().file_name().unwrap().to_str().unwrap() {
        "profiles" => "profile",
        "settings" => "config",
        "themes" => "theme",
        "keys" => "keys",
        other => panic!("{other} is no kind of file"),
    };
    let schema = config::schema(kind, mqttscope::app::keys::DEFAULT_KEYS).unwrap();
    let value = toml::from_str(&fs::read_to_string(path).unwrap());
    value.is_ok_and(|value: Value| is_as(&schema, &value))
}

/// Wrong in what a value means, which a schema does not know.
const BEYOND_SCHEMAS: &[&str] = &[
    "url",
    "url_user",
    "waits",
    "authentication",
    "authentication_data",
    "socket",
    "itself",
    "parent",
];
/// Right, but names actions that are not there: that is not for the reader of the file.
const UNKNOWN_ACTIONS: &[&str] = &["some"];

#[test]
fn schemas_take_what_the_readers_take_and_refuse_what_they_can() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = ["profiles", "themes"].into_iter().flat_map(|folder| {
        let entries = fs::read_dir(root.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path())
    });
    for path in files("valid").into_iter().chain(shipped) {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(
            matches_schema(&path),
            !UNKNOWN_ACTIONS.contains(&stem),
            "{}",
            path.display()
        );
    }
    for path in files("invalid") {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(
            matches_schema(&path),
            BEYOND_SCHEMAS.contains(&stem),
            "{}",
            path.display()
        );
    }
}
